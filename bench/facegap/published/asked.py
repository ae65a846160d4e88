"""What is asked of published counts."""

from __future__ import annotations

from dataclasses import dataclass

from facegap.errors import InputError
from facegap.estimate.assumed import LARGEST


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of published counts.

    Attributes:
        level: confidence of intervals, and of verdicts together.
        design_effect: assumed; 1 takes trials as independent.
        reference: group that every other is compared with besides; "" for none.
        claims: in words.
        stated: where the margins of claims were stated before the data were seen.
        labels: columns that name groups; none: those that hold no numbers.
        seed: of the simulated intervals of summaries.
    """

    level: float = 0.95
    design_effect: float = 1.0
    reference: str = ""
    claims: tuple[str, ...] = ()
    stated: str = ""
    labels: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError where a number is none that could be meant."""
        if not 0.5 <= self.level < 1:
            raise InputError(f"--level: expected 0.5 or more and below 1, such as 0.95; found {self.level:g}")
        if not 1 <= self.design_effect <= LARGEST:
            raise InputError(f"--design-effect: expected 1 to {LARGEST:g}; found {self.design_effect:g}")
