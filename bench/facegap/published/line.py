"""One line of a published table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One printed line.

    Attributes:
        line: of the file, the header being 1.
        labels: column -> value, without the columns whose value is "all".
        errors, trials: None where only a rate was printed.
        people: None where not printed.
        rate: as printed, None where it was not.
        errors_from_rate: errors were computed from a printed rate and the trials.
    """

    line: int
    model: str
    condition: str
    metric: str
    threshold: str
    labels: Mapping[str, str]
    errors: int | None
    trials: int | None
    people: int | None
    rate: float | None
    errors_from_rate: bool = False

    @property
    def table(self) -> tuple[str, str, str, str]:
        """Which table the line belongs to: model, condition, metric, threshold."""
        return self.model, self.condition, self.metric, self.threshold

    @property
    def columns(self) -> tuple[str, ...]:
        """The grouping that the line is a group of."""
        return tuple(self.labels)

    @property
    def group(self) -> str:
        """The group's name, its labels in the order of the columns."""
        return ", ".join(self.labels.values())
