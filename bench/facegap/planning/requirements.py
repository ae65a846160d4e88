"""Whether a study could decide the requirements of a policy, before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from facegap.cards import DatasetCard, Requirement, Study
from facegap.cards.policy import EVERY_CONDITION
from facegap.claims.requirements import claim_of
from facegap.claims.text import Claim
from facegap.errors import InputError
from facegap.planning.groups import takers
from facegap.planning.pilot import Assumed
from facegap.planning.verdicts import PlannedVerdict, check, columns_of, planned_verdicts
from facegap.records import ListedTrials, Samples, Trials
from facegap.words import did_you_mean

NOT_PLANNED = "not planned"
_WORST = (NOT_PLANNED, "could not decide", "could only refute", "could only support", "could decide")


@dataclass(frozen=True, kw_only=True)
class PlannedRequirement:
    """One requirement at one of its levels.

    Attributes:
        decides: as of the group of which the study could decide least: "could decide", "could only refute", "could only
            support", "could not decide"; or "not planned", with the reason in `why`.
        verdicts: by group, with the people that either verdict takes.
    """

    requirement: str
    level: str
    metric: str
    limit: float
    decides: str
    why: str = ""
    verdicts: tuple[PlannedVerdict, ...] = ()


def planned_requirements(
    required: Sequence[Requirement],
    study: Study,
    card: DatasetCard,
    samples: Samples,
    rule: Trials,
    assumption: Assumed,
) -> Iterator[PlannedRequirement]:
    """Every requirement at each of its levels; what the study has not, or the plan does not simulate, with a reason."""
    for one in required:
        for level, limit in one.limits.items():
            nothing = PlannedRequirement(
                requirement=one.name, level=level, metric=one.metric, limit=limit, decides=NOT_PLANNED
            )
            try:
                verdicts = tuple(_verdicts(one, limit, study, card, samples, rule, assumption))
            except InputError as error:
                yield replace(nothing, why=str(error).partition("': ")[2] or str(error))
                continue
            yield _decided(nothing, one, verdicts)


def _verdicts(
    one: Requirement,
    limit: float,
    study: Study,
    card: DatasetCard,
    samples: Samples,
    rule: Trials,
    assumption: Assumed,
) -> Iterator[PlannedVerdict]:
    unknown = [name for name in one.conditions if name != EVERY_CONDITION and name not in study.conditions]
    if unknown:
        raise InputError(f"the study has no condition '{unknown[0]}'{did_you_mean(unknown[0], study.conditions)}")
    if one.summary or one.rate not in ("FNMR", "FMR"):
        raise InputError(f"the plan simulates limits on FNMR and FMR, and this one is on {one.metric}")
    claim, asked = _as_planned(claim_of(one, limit), study)
    check(claim, asked, isinstance(rule, ListedTrials))
    columns = columns_of(claim, asked)
    strange = [name for name in columns if name not in samples.groups]
    if strange:
        raise InputError(f"no label column '{strange[0]}'{did_you_mean(strange[0], samples.groups)}")
    yield from planned_verdicts(claim, asked, takers(samples, card, rule, columns), assumption)


def _as_planned(claim: Claim, study: Study) -> tuple[Claim, Study]:
    """The claim at an operating point of the study: a target that the policy alone names is set by the run too; a score
    that is given is one that the run did not set, as the vendor's.
    """
    at = claim.threshold or ""
    if at in ("scores", "fixed"):
        return replace(claim, threshold="vendor"), study
    target = float(at.removeprefix("FMR ")) if at.startswith("FMR ") else None
    if target is None or target in study.thresholds.fmr or study.thresholds.from_run is not None:
        return claim, study
    thresholds = study.thresholds.model_copy(update={"fmr": (*study.thresholds.fmr, target)})
    return claim, study.model_copy(update={"thresholds": thresholds})


def _decided(nothing: PlannedRequirement, one: Requirement, verdicts: tuple[PlannedVerdict, ...]) -> PlannedRequirement:
    decides = min((verdict.decides for verdict in verdicts), key=_WORST.index, default="could not decide")
    few = [verdict for verdict in verdicts if one.people is not None and verdict.people < one.people]
    if few:
        why = f"the policy asks for {one.people} people, and {few[0].group} has {few[0].people}"
        return replace(nothing, decides="could not decide", why=why, verdicts=verdicts)
    return replace(nothing, decides=decides, why="" if verdicts else "no group has a label", verdicts=verdicts)
