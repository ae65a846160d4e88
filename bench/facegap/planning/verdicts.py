"""What verdicts a study would reach on claims, and the people that it would take.

Verdicts are simulated: people with the numbers of images that the data set's own people have, their errors drawn at
twice and at half of the claimed rate, and each sample judged by the functions that judge a run (`estimate.at_most`) at
the level that the first step of Holm's adjustment leaves. So the least people, the room for those who err most and the
uneven numbers of images are those of the verdict itself. Of more or fewer people than there are the numbers of images
are the quantiles of those that there are; more than there are take more of them, by as much as the numbers of images of
other people may be more uneven (`_unevenness`).

Errors: of mated comparisons a person's own chance is drawn from a beta distribution whose correlation makes the assumed
design effect; none assumed, all comparisons of a person agree. Of non-mated ones a pair errs at the product of two
people's factors, log-normal with the variance that makes the assumed design effect, in Poisson numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from facegap.cards import Study
from facegap.claims.text import Claim
from facegap.count.groups import exact_dot
from facegap.errors import InputError
from facegap.estimate.at_most import LEAST_PEOPLE, enough_people, p_refute, p_support
from facegap.planning.pilot import Assumed
from facegap.records import ClusterSums, ErrorCounts, ListedTrials, PersonSums, Rows, Trials, has_label
from facegap.words import did_you_mean

TWICE, HALF = 2.0, 0.5
"""Of the claimed rate: what is to be refuted, and what is to be supported."""

POWER, AIM = 0.8, 0.85
"""Promised, and asked of the simulation: other people of the same kind have other numbers of images."""

MOST_PEOPLE = 100_000
_BATCHES, _BATCH = 4, 100
_FAR = 0.12
"""From `AIM`, where more batches would change nothing: three standard errors of one."""

MOST_SPREAD = 2.0
"""Variance of people's factors; an assumed design effect at a rate of few errors would ask for any."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Takers:
    """Of one group: what each person would take part in.

    Attributes:
        mated: (people,) comparisons.
        reference, probe: (people,) images on either side of non-mated comparisons; None where the pairs are listed.
        symmetric: both sides are the same images, each two compared once.
    """

    group: str
    mated: Rows
    reference: Rows | None
    probe: Rows | None
    symmetric: bool

    def grown(self, people: int) -> Takers:
        """So many people, with the quantiles of these people's numbers of images."""
        size = self.mated if self.reference is None or self.probe is None else self.reference + self.probe
        order = np.lexsort((self.mated, size))
        chosen = order[((np.arange(people) + 0.5) * len(order) / people).astype(np.int64)]
        sides = (None if side is None else side[chosen] for side in (self.reference, self.probe))
        reference, probe = sides
        return Takers(
            group=self.group,
            mated=self.mated[chosen],
            reference=reference,
            probe=probe,
            symmetric=self.symmetric,
        )


@dataclass(frozen=True, kw_only=True)
class PlannedVerdict:
    """One group of one claim.

    Attributes:
        people, comparisons: that the study has.
        people_to_refute: with whom that verdict has a chance of 80 % where the true rate is twice the claimed one; None
            where `MOST_PEOPLE` do not have it.
        people_to_support: likewise, where the true rate is half of the claimed one.
        comparisons_to_refute, comparisons_to_support: that so many people make.
        decides: "could decide", "could only refute", "could only support" or "could not decide".
        threshold_is_own: the run sets the threshold, whose own uncertainty takes half of the error.
    """

    claim: str
    grouping: str
    group: str
    metric: str
    people: int
    comparisons: int
    people_to_refute: int | None
    people_to_support: int | None
    comparisons_to_refute: int | None
    comparisons_to_support: int | None
    decides: str
    threshold_is_own: bool


def check(claim: Claim, study: Study, listed: bool) -> None:
    """That a plan can say what the claim takes.

    Raises:
        InputError: it is no upper limit of FNMR or FMR, or at a threshold that the study does not set.
    """
    start = f"--claim '{claim.text}'"
    if claim.kind != "at most" or claim.metric not in ("FNMR", "FMR") or not 0 < claim.number < 1 / TWICE:
        raise InputError(
            f"{start}: expected an upper limit of FNMR or FMR above 0 and below {1 / TWICE:g}, such as "
            f"'FNMR <= 1 % in every group'; found {claim.says()}"
        )
    if claim.metric == "FMR" and listed:
        raise InputError(f"{start}: the study's pairs are listed, and what an FMR takes is said of all pairs of people")
    targets = _targets(study)
    if study.thresholds.from_run is None and claim.threshold not in (None, "vendor", *targets, *study.thresholds.fixed):
        raise InputError(f"{start}: the study sets no threshold '{claim.threshold}'; it sets: {', '.join(targets)}")


def _targets(study: Study) -> list[str]:
    """Names of the thresholds that the run would set itself."""
    return [] if study.thresholds.from_run is not None else [f"FMR {target:g}" for target in study.thresholds.fmr]


def columns_of(claim: Claim, study: Study) -> tuple[str, ...]:
    """The grouping that a claim is about; of everyone the empty one."""
    if claim.scope == "overall":
        return ()
    return claim.columns or (study.groups[0] if study.groups else ())


def planned_verdicts(
    claim: Claim, study: Study, groups: Sequence[Takers], assumed: Assumed
) -> Iterator[PlannedVerdict]:
    """Of every group of the claim's grouping that has a label, or of the one that it names.

    Raises:
        InputError: the claim names no group of them.
    """
    columns = columns_of(claim, study)
    names = [one.group for one in groups if has_label(one.group)]
    chosen = names
    if claim.scope not in ("every group", "overall"):
        chosen = [name for name in names if name.lower() == claim.scope.lower()]
        if not chosen:
            meant = did_you_mean(claim.scope, names)
            raise InputError(f"--claim '{claim.text}': no group '{claim.scope}'{meant}; groups: {', '.join(names)}")
    targets = _targets(study)
    own = bool(targets) if claim.threshold is None else claim.threshold in targets
    alpha = (1 - study.statistics.level) / len(chosen) / (2 if own else 1)
    for takers in groups:
        if takers.group in chosen:
            yield _planned(claim, columns, study, takers, assumed, alpha, own)


def _planned(
    claim: Claim, columns: tuple[str, ...], study: Study, takers: Takers, assumed: Assumed, alpha: float, own: bool
) -> PlannedVerdict:
    level, least, here = study.statistics.level, study.statistics.min_subjects, len(takers.mated)
    sampler = _sampler(claim, takers, assumed)
    refute, support = (
        _people(partial(_chance, sampler, takers, claim.number, factor, alpha, level, study.seed), least)
        for factor in (TWICE, HALF)
    )
    beyond = _unevenness(takers.mated if claim.metric == "FNMR" else _strangers(takers), study.seed)
    refute, support = (
        people if people is None or people <= here else math.ceil(people * beyond) for people in (refute, support)
    )
    made = [None if people is None else _comparisons(claim, takers.grown(people)) for people in (refute, support)]
    return PlannedVerdict(
        claim=claim.text,
        grouping=", ".join(columns),
        group=takers.group,
        metric=claim.metric,
        people=here,
        comparisons=_comparisons(claim, takers),
        people_to_refute=refute,
        people_to_support=support,
        comparisons_to_refute=made[0],
        comparisons_to_support=made[1],
        decides=_decides(*(people is not None and people <= here for people in (refute, support))),
        threshold_is_own=own,
    )


def _unevenness(comparisons: Rows, seed: int) -> float:
    """By how much more unevenly than these (people,) other people may take part: their bootstrap's upper end, squared.

    People needed grow with n sum M^2 / (sum M)^2, which few people with many images decide. A sample without such
    people shows too little of how far that goes: by the upper end itself 70 to 93 % were reached where 80 are promised
    (geometric numbers of images of 150 people, a pilot's design effect; `benchmarks/verdicts.py`).
    """
    m = comparisons.astype(np.float64)
    drawn = m[np.random.default_rng(seed).integers(len(m), size=(1000, len(m)))]
    square, total = (drawn**2).sum(1), drawn.sum(1) ** 2
    ratios = square[total > 0] / total[total > 0]
    return max(float(np.quantile(ratios, 0.99)) * m.sum() ** 2 / float(m @ m), 1.0) ** 2 if m.any() else 1.0


def _decides(refutes: bool, supports: bool) -> str:
    if refutes and supports:
        return "could decide"
    return "could only refute" if refutes else "could only support" if supports else "could not decide"


def _people(chance: Callable[[int], float], least: int) -> int | None:
    """The fewest people that reach `AIM`, to within three in a hundred; None where `MOST_PEOPLE` do not."""
    low, high = 0, max(least, LEAST_PEOPLE)
    while chance(high) < AIM:
        low, high = high, 2 * high
        if high > MOST_PEOPLE:
            return None
    while low and high - low > max(1, 0.03 * high):
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle) >= AIM else (middle, high)
    return high


Sampler = Callable[[Takers, float, np.random.Generator], ErrorCounts]


def _chance(
    sampler: Sampler, takers: Takers, limit: float, factor: float, alpha: float, level: float, seed: int, people: int
) -> float:
    """Share of simulated samples of so many people whose verdict is the right one."""
    grown, decided, made = takers.grown(people), 0, 0
    p_value = p_refute if factor > 1 else p_support
    rng = np.random.default_rng([seed, people])
    for _ in range(_BATCHES):
        for _ in range(_BATCH):
            counts = sampler(grown, min(limit * factor, 1.0), rng)
            decided += counts.trials > 0 and enough_people(counts) and p_value(counts, limit, level) < alpha
        made += _BATCH
        if abs(decided / made - AIM) > _FAR:
            break
    return decided / made


def _sampler(claim: Claim, takers: Takers, assumed: Assumed) -> Sampler:
    if claim.metric == "FNMR":
        return partial(_mated, correlation=correlation_of(takers.mated, assumed.mated))
    name = f"FMR {claim.number:g}" if claim.threshold is None else claim.threshold
    effect = assumed.by_threshold.get(name, assumed.nonmated)
    reference = takers if assumed.people is None else takers.grown(max(round(assumed.people), 4))
    return partial(_nonmated, spread=spread_of(reference, claim.number, effect))


def _comparisons(claim: Claim, takers: Takers) -> int:
    return int(takers.mated.sum()) if claim.metric == "FNMR" else int(_strangers(takers).sum()) // 2


def correlation_of(mated: Rows, effect: float | None) -> float:
    """Of two comparisons of one person, which gives these (people,) comparisons this design effect; 1 without one."""
    sizes = mated[mated > 0].astype(np.float64)
    if effect is None or not len(sizes) or sizes.max() == 1:
        return 1.0
    return float(min(max(effect - 1, 0.0) / ((sizes @ sizes) / sizes.sum() - 1), 1.0))


def spread_of(takers: Takers, rate: float, effect: float) -> float:
    """Variance of people's factors that gives non-mated comparisons at `rate` this design effect; at most 2."""
    own = _strangers(takers).astype(np.float64)
    shared = rate * float(own @ own) / max(own.sum() / 2, 1.0)
    return min(max(effect - 1, 0.0) / shared, MOST_SPREAD) if shared > 0 else 0.0


def _strangers(takers: Takers) -> Rows:
    """(people,) non-mated comparisons that each takes part in."""
    assert takers.reference is not None
    assert takers.probe is not None
    a, b = takers.reference, takers.probe
    both = a * (b.sum() - b) + b * (a.sum() - a)
    return np.asarray(both // 2 if takers.symmetric else both)


def _mated(takers: Takers, rate: float, rng: np.random.Generator, correlation: float) -> ErrorCounts:
    m = takers.mated[takers.mated > 0]
    if correlation >= 1:
        x = m * (rng.random(len(m)) < rate)
    elif correlation <= 0:
        x = rng.binomial(m, rate)
    else:
        size = 1 / correlation - 1
        x = rng.binomial(m, rng.beta(rate * size, (1 - rate) * size, len(m)))
    return _counts("FNMR", x, m, int(x.sum()), int(m.sum()), None)


def _nonmated(takers: Takers, rate: float, rng: np.random.Generator, spread: float) -> ErrorCounts:
    assert takers.reference is not None
    assert takers.probe is not None
    m, a, b = _strangers(takers), *(side.astype(np.float64) for side in (takers.reference, takers.probe))
    sigma, share = math.sqrt(math.log1p(spread)), 0.5 if takers.symmetric else 1.0
    factor = np.exp(rng.normal(-sigma * sigma / 2, sigma, len(m)))
    i, j, x = _pairs(a * factor, b * factor, rate * share, rng)
    compared = share * (a[i] * b[j] + a[j] * b[i])
    x = np.minimum(x, compared).astype(np.int64)
    squares = share**2 * float((a @ a) * (b @ b) - 2 * ((a * a) @ (b * b)) + (a @ b) ** 2)
    rows = np.bincount(i, x, len(m)) + np.bincount(j, x, len(m))
    pairs = ClusterSums(int(x @ x), int(x @ compared), round(squares))
    return _counts("FMR", rows.astype(np.int64), m, int(x.sum()), int(m.sum()) // 2, pairs)


def _pairs(one: Floats, other: Floats, rate: float, rng: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Pairs of people who err and how often, in Poisson numbers of mean rate (one_i other_j + one_j other_i).

    Pair by pair, or where there are fewer errors than pairs as many as all pairs together make, each dealt to one.
    """
    n, mean = len(one), rate * float(one.sum() * other.sum())
    if mean > n * n / 2:
        i, j = np.triu_indices(n, 1)
        x = rng.poisson(rate * (one[i] * other[j] + one[j] * other[i]))
        return i[x > 0], j[x > 0], x[x > 0]
    i, j = (_dealt(side, rng.random(count)) for count in [rng.poisson(mean)] for side in (one, other))
    low, high = np.minimum(i, j)[i != j], np.maximum(i, j)[i != j]
    pair, x = np.unique(low * n + high, return_counts=True)
    return pair // n, pair % n, x


def _dealt(weights: Floats, places: Floats) -> Rows:
    """(k,) people, each as often as its weight asks, of `places` in 0 to 1."""
    ends = np.cumsum(weights)
    return np.asarray(np.searchsorted(ends, places * ends[-1], side="right").clip(max=len(ends) - 1), dtype=np.int64)


def _counts(metric: str, x: Rows, m: Rows, errors: int, trials: int, pairs: ClusterSums | None) -> ErrorCounts:
    # Who errs most beyond the common rate errs; to sort all of many people would take most of the time.
    who = np.flatnonzero(x)
    who = who[np.argsort(x.sum() / max(int(m.sum()), 1) * m[who] - x[who], kind="stable")[:2]]
    return ErrorCounts(
        metric=metric,
        model="",
        condition="",
        grouping="",
        group="",
        threshold=None,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=len(m),
        by_subject=ClusterSums(exact_dot(x, x), exact_dot(x, m), exact_dot(m, m)),
        by_pair=pairs,
        heaviest=tuple(PersonSums(int(x[k]), int(m[k])) for k in who),
    )


def takers_of(
    group: str, people: int, subject: Rows, inside: npt.NDArray[np.bool_], rule: Trials, mated: Rows
) -> Takers:
    """Of the people of a group.

    Args:
        subject: (n samples,) numbers of their people, of whom there are `people`.
        inside: (n samples,) True where a sample is of the group.
        mated: (m,) the sample of each mated comparison.
    """
    here = np.unique(subject[inside])
    per_person = np.bincount(subject[mated[inside[mated]]], minlength=people)[here]
    if isinstance(rule, ListedTrials):
        return Takers(group=group, mated=per_person, reference=None, probe=None, symmetric=True)
    a, b = (np.bincount(subject[side[inside[side]]], minlength=people)[here] for side in (rule.reference, rule.probe))
    return Takers(group=group, mated=per_person, reference=a, probe=b, symmetric=rule.symmetric)
