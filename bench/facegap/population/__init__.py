"""Population: what becomes of applicants of a stated mix, by a run's own rates."""

from facegap.population.applicants import applicants
from facegap.population.folder import write_population

__all__ = ["applicants", "write_population"]
