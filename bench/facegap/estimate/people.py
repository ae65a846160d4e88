"""From effective comparisons to people: what a study of a given size can see, and how many people a better one needs.

People who take part in more comparisons make more comparisons, not as many more independent ones. Mated comparisons
grow with people, and so does their effective number. Non-mated comparisons grow with the square of people; of the
variance of their rate one part, the pairs' own, shrinks with that square, and the other, what pairs share through their
people, with people alone (see `clustered.variance`).
"""

from __future__ import annotations

import math


def effective_trials(trials: float, design_effect: float) -> float:
    """Independent comparisons worth as much as `trials` that share people; `design_effect` >= 1."""
    return trials / max(design_effect, 1.0)


def design_effect_at(design_effect: float, people_ratio: float) -> float:
    """Design effect of non-mated comparisons after people grow by `people_ratio`: the shared part grows with them."""
    return 1 + (max(design_effect, 1.0) - 1) * people_ratio


def people_for_mated(effective_needed: float, effective: float, people: float) -> int | None:
    """People who give `effective_needed` mated comparisons, each as many as `people` gave; None where none would."""
    if not math.isfinite(effective_needed) or effective <= 0:
        return None
    return math.ceil(people * effective_needed / effective - 1e-9)


def people_for_nonmated(effective_needed: float, trials: float, design_effect: float, people: float) -> int | None:
    """People who give `effective_needed` non-mated comparisons inside a group; None where none would.

    With people grown by s the effective number is trials s^2 / (1 + (design_effect - 1) s); this solves it for s.
    """
    if not math.isfinite(effective_needed) or trials <= 0:
        return None
    shared = (max(design_effect, 1.0) - 1) * effective_needed
    growth = (shared + math.sqrt(shared * shared + 4 * trials * effective_needed)) / (2 * trials)
    return max(math.ceil(people * growth - 1e-9), 2)
