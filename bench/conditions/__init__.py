"""Phone, light and network as physics: what a picture goes through between the face and the matcher."""

from bench.conditions.chain import STEPS, apply, digest, photograph, rng_for, stochastic, validate
from bench.conditions.profiles import load
from bench.conditions.stages import Unreadable

__all__ = ["STEPS", "Unreadable", "apply", "digest", "load", "photograph", "rng_for", "stochastic", "validate"]
