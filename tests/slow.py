"""Every table of counts once more, the slow way: double loops over samples, from the words of docs/results-folder.md.

Shares no code with the package. Vectors in, rows out: {key of a row: its numbers}.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Vectors = Mapping[int, np.ndarray]
Scores = dict[tuple[int, int], float | None]
Key = tuple[object, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """Samples by row, and what a model made of them on either side."""

    subjects: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    references: Sequence[int]
    probes: Sequence[int]
    symmetric: bool
    reference: Vectors
    probe: Vectors
    similarity: str = "cosine"

    def label(self, columns: tuple[str, ...], row: int) -> str:
        return ", ".join(self.groups[column][row] for column in columns) if columns else "everyone"

    def labels(self, columns: tuple[str, ...]) -> list[str]:
        return sorted({self.label(columns, row) for row in range(len(self.subjects))})


def score(a: np.ndarray, b: np.ndarray, similarity: str) -> float:
    """Summed in float64, one component after the other, rounded to float32."""
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    if similarity == "cosine":
        return float(np.float32(sum(x * y for x, y in pairs)))
    return float(np.float32(-math.sqrt(sum((x - y) ** 2 for x, y in pairs))))


@lru_cache
def all_scores(case: Case) -> tuple[Scores, Scores]:
    """Mated and non-mated comparisons: (reference row, probe row) -> score, None where a side failed."""
    mated: Scores = {}
    nonmated: Scores = {}
    for i, j in itertools.product(case.references, case.probes):
        if i == j or (case.symmetric and i > j):
            continue
        both = i in case.reference and j in case.probe
        value = score(case.reference[i], case.probe[j], case.similarity) if both else None
        (mated if case.subjects[i] == case.subjects[j] else nonmated)[i, j] = value
    return mated, nonmated


def threshold_at(scores: Sequence[float | None], target: float) -> tuple[float, int]:
    """The smallest observed score at which at most the share `target` matches, and how many do."""
    known = [value for value in scores if value is not None]
    for value in sorted(set(known)):
        matches = sum(other >= value for other in known)
        if matches / len(scores) <= target:
            return value, matches
    return float(np.nextafter(np.float32(max(known)), np.float32(np.inf))), 0


def rate(errors: int, trials: int) -> float | None:
    return errors / trials if trials else None


def _row(
    trials: Sequence[tuple[float | None, set[str]]], wrong: Callable[[float | None], bool], failures: str
) -> tuple[object, ...]:
    """(errors, trials, completed, failed, subjects, rate, by people) of comparisons with the people behind each."""
    failed = sum(value is None for value, _ in trials)
    kept = [(value, people) for value, people in trials if failures == "counted" or value is not None]
    errors = sum(wrong(value) for value, _ in kept)
    subjects = len(set().union(*(people for _, people in kept))) if kept else 0
    rates = errors, len(kept), len(trials) - failed, failed, subjects, rate(errors, len(kept))
    return *rates, by_people([(wrong(value), people) for value, people in kept])


def by_people(trials: Sequence[tuple[bool, set[str]]]) -> float | None:
    """Mean of the rates of people, or of pairs of people, each of whom counts once; sums without rounding."""
    of: dict[frozenset[str], list[bool]] = {}
    for error, people in trials:
        of.setdefault(frozenset(people), []).append(error)
    return math.fsum(sum(errors) / len(errors) for errors in of.values()) / len(of) if of else None


def fmr_cells(case: Case, nonmated: Scores, columns: tuple[str, ...], at: float, failures: str) -> Iterator[tuple]:
    """((reference group, probe group), row); an unordered pair lies in both cells of a symmetric plan."""
    label = [case.label(columns, row) for row in range(len(case.subjects))]
    for d, e in itertools.product(case.labels(columns), repeat=2):
        trials = []
        for (i, j), value in nonmated.items():
            cell = (label[i], label[j])
            if cell == (d, e) or (case.symmetric and cell == (e, d)):
                trials.append((value, {case.subjects[i], case.subjects[j]}))
        yield (d, e), _row(trials, lambda value: value is not None and value >= at, failures)


def fnmr(case: Case, mated: Scores, columns: tuple[str, ...], at: float, failures: str) -> Iterator[tuple]:
    for d in case.labels(columns):
        trials = [(value, {case.subjects[j]}) for (_, j), value in mated.items() if case.label(columns, j) == d]
        yield d, _row(trials, lambda value: value is None or value < at, failures)


def fta(case: Case, acquired: Sequence[bool], columns: tuple[str, ...]) -> Iterator[tuple]:
    for d in case.labels(columns):
        rows = [row for row in range(len(case.subjects)) if case.label(columns, row) == d]
        trials = [(1.0 if acquired[row] else None, {case.subjects[row]}) for row in rows]
        yield d, _row(trials, lambda value: value is None, "counted")


def fte(case: Case, columns: tuple[str, ...]) -> Iterator[tuple]:
    """People of a group, by the labels of their references, none of whose references has a template."""
    for d in case.labels(columns):
        people = {case.subjects[row] for row in case.references if case.label(columns, row) == d}
        enrolled = {case.subjects[row] for row in case.references if row in case.reference}
        trials = [(1.0 if person in enrolled else None, {person}) for person in sorted(people)]
        yield d, _row(trials, lambda value: value is None, "counted")


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search: the mate's score, ranks against and for it, and the highest other score."""

    probe: int
    mated: bool
    completed: bool
    own: float | None
    rank: int
    optimistic: int
    top: float


def searches(case: Case, gallery: Sequence[int], probes: Sequence[int]) -> list[Search]:
    found = []
    for j in probes:
        mate = next((g for g in gallery if case.subjects[g] == case.subjects[j]), None)
        scores = {
            g: score(case.probe[j], case.reference[g], case.similarity)
            for g in gallery
            if g in case.reference and j in case.probe
        }
        own = scores.pop(mate, None) if mate is not None else None
        others = list(scores.values())
        found.append(
            Search(
                probe=j,
                mated=mate is not None,
                completed=j in case.probe,
                own=own,
                rank=0 if own is None else 1 + sum(other >= own for other in others),
                optimistic=0 if own is None else 1 + sum(other > own for other in others),
                top=max(others, default=-math.inf),
            )
        )
    return found


def fnir(
    case: Case, found: Sequence[Search], columns: tuple[str, ...], rank: int | None, at: float | None, failures: str
) -> Iterator[tuple]:
    """A mated search misses where its mate is below the threshold or beyond the rank."""

    def missed(one: Search) -> bool:
        return one.own is None or (at is not None and one.own < at) or (rank is not None and one.rank > rank)

    for d in case.labels(columns):
        mine = [one for one in found if one.mated and case.label(columns, one.probe) == d]
        failed = sum(one.own is None for one in mine)
        kept = [one for one in mine if failures == "counted" or one.own is not None]
        trials = [(missed(one), {case.subjects[one.probe]}) for one in kept]
        yield d, _search_row(trials, len(mine), failed)


def fpir(
    case: Case, found: Sequence[Search], columns: tuple[str, ...], at: float, failures: str, watchlist: bool
) -> Iterator[tuple]:
    """A stranger's search alarms where anyone scores at or above the threshold; on a watchlist also where it fails."""
    for d in case.labels(columns):
        mine = [one for one in found if not one.mated and case.label(columns, one.probe) == d]
        failed = sum(not one.completed for one in mine)
        kept = [one for one in mine if failures == "counted" or one.completed]
        trials = [(one.top >= at if one.completed else watchlist, {case.subjects[one.probe]}) for one in kept]
        yield d, _search_row(trials, len(mine), failed)


def _search_row(trials: Sequence[tuple[bool, set[str]]], asked: int, failed: int) -> tuple[object, ...]:
    """As `_row`, of searches that are known to err or not."""
    errors = sum(error for error, _ in trials)
    people = len(set().union(*(people for _, people in trials))) if trials else 0
    return errors, len(trials), asked - failed, failed, people, rate(errors, len(trials)), by_people(trials)


def cmc(case: Case, found: Sequence[Search], columns: tuple[str, ...], ranks: int) -> Iterator[tuple]:
    for d in case.labels(columns):
        mine = [one for one in found if one.mated and case.label(columns, one.probe) == d]
        for rank in range(1, ranks + 1):
            hits = sum(0 < one.rank <= rank for one in mine)
            optimistic = sum(0 < one.optimistic <= rank for one in mine)
            yield (d, rank), (hits, len(mine), rate(hits, len(mine)), rate(optimistic, len(mine)))


def galleries(case: Case, protocol: str, enrolled: float, seed: int) -> tuple[list[int], list[int]]:
    """Gallery and probe rows: the first reference of each person; everyone, or a seeded draw of the share."""
    first: dict[str, int] = {}
    for row in sorted(case.references):
        first.setdefault(case.subjects[row], row)
    people = sorted(first)
    if protocol == "open":
        count = max(1, round(enrolled * len(people)))
        people = [people[k] for k in np.random.default_rng([seed, 0x5EA2C4]).permutation(len(people))[:count]]
    gallery = sorted(first[person] for person in people)
    probes = [row for row in sorted(case.probes) if row not in gallery]
    if protocol == "closed":
        probes = [row for row in probes if case.subjects[row] in people]
    return gallery, probes


BOTH = ("counted", "excluded")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a study asks for, as far as the tables of counts go."""

    groupings: tuple[tuple[str, ...], ...]
    fmr: tuple[float, ...]
    ranks: tuple[int, ...] = ()
    fpir: tuple[float, ...] = ()
    enrolled: float = 0.5
    seed: int = 0
    same_group: bool = False


def points(case: Case, asked: Asked, extra: Mapping[str, float]) -> dict[str, tuple[float, int | None, int | None]]:
    """Name -> (threshold, false matches, comparisons): at target FMRs, then the given ones."""
    _, nonmated = all_scores(case)
    columns = asked.groupings[0] if asked.same_group else ()
    pool = [value for (i, j), value in nonmated.items() if case.label(columns, i) == case.label(columns, j)]
    found: dict[str, tuple[float, int | None, int | None]] = {}
    for target in asked.fmr:
        found[f"FMR {target:g}"] = (*threshold_at(pool, target), len(pool))
    return found | {name: (value, None, None) for name, value in extra.items()}


def verification(
    case: Case, asked: Asked, at: Mapping[str, float], acquired: Sequence[bool]
) -> tuple[dict[Key, tuple], dict[Key, tuple]]:
    """Rows of rates.csv and of cross_fmr.csv by (metric, failures, grouping, group..., threshold)."""
    mated, nonmated = all_scores(case)
    rates: dict[Key, tuple] = {}
    cross: dict[Key, tuple] = {}
    for columns in ((), *asked.groupings):
        grouping = ", ".join(columns)
        rates.update({("FTA", "counted", grouping, d, "none"): row for d, row in fta(case, acquired, columns)})
        rates.update({("FTE", "counted", grouping, d, "none"): row for d, row in fte(case, columns)})
        for (name, value), failures in itertools.product(at.items(), BOTH):
            for (d, e), row in fmr_cells(case, nonmated, columns, value, failures):
                if d == e:
                    rates["FMR", failures, grouping, d, name] = row
                if columns:
                    cross[failures, grouping, d, e, name] = row
            for d, row in fnmr(case, mated, columns, value, failures):
                rates["FNMR", failures, grouping, d, name] = row
    return rates, cross


def identification(
    case: Case, asked: Asked, at: Mapping[str, float], protocol: str
) -> tuple[dict[Key, tuple], dict[Key, tuple], dict[str, float]]:
    """Rows of identification.csv, of cmc.csv, and the thresholds at target FPIRs."""
    gallery, probes = galleries(case, protocol, asked.enrolled, asked.seed)
    found = searches(case, gallery, probes)
    at = dict(at)
    strangers = [one.top for one in found if not one.mated and one.completed]
    fpir_points = {f"FPIR {target:g}": threshold_at(strangers, target)[0] for target in asked.fpir if strangers}
    if protocol == "open":
        at.update(fpir_points)
    rows: dict[Key, tuple] = {}
    curves: dict[Key, tuple] = {}
    for columns in ((), *asked.groupings):
        grouping = ", ".join(columns)
        for failures in BOTH:
            wanted = [(rank, "none") for rank in asked.ranks] + [(r, name) for r in ("N", 1) for name in at]
            for rank, name in wanted if any(one.mated for one in found) else []:
                limit = None if rank == "N" else int(rank)
                for d, row in fnir(case, found, columns, limit, at.get(name), failures):
                    rows[protocol, "FNIR", failures, grouping, d, str(rank), name] = row
            for name, value in at.items() if not all(one.mated for one in found) else []:
                for d, row in fpir(case, found, columns, value, failures, protocol == "open"):
                    rows[protocol, "FPIR", failures, grouping, d, "", name] = row
        if protocol == "closed":
            for (d, rank), row in cmc(case, found, columns, min(20, len(gallery))):
                curves[grouping, d, rank] = row
    return rows, curves, fpir_points
