"""Relatives and strangers: against brute force over every pair of samples, by rule and by list."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from facegap import count
from facegap.count.relatives import families
from facegap.records import ClusterSums, Comparisons, ErrorCounts, ListedTrials, RuledTrials, Samples
from made_evidence import evidence_of

THRESHOLD = 1.4


def related(each: int = 3, people: int = 30) -> tuple[Comparisons, Samples]:
    """Thirty people: a family of four across both colours, four pairs, one alone in its family, the others without."""
    evidence = evidence_of(people, each=each)
    person = np.arange(people * each) // each
    of = {"f1": (1, 2, 3, 4), "f2": (5, 7), "f3": (8, 9), "f4": (10, 11), "f5": (12, 15), "alone": (13,)}
    name = {one: family for family, members in of.items() for one in members}
    family = np.array([name.get(int(one), "") for one in person])
    samples = replace(evidence.samples, relations={"family": family})
    found = evidence.comparisons["m", "clean"]
    ok = found.reference_ok.copy()
    ok[[1, 5, 20]] = False
    kept = ok[found.tail.reference] & ok[found.tail.probe]
    tail = replace(
        found.tail,
        reference=found.tail.reference[kept],
        probe=found.tail.probe[kept],
        score=found.tail.score[kept],
    )
    return replace(found, reference_ok=ok, probe_ok=ok, tail=tail), samples


def split(found: Comparisons, samples: Samples) -> Comparisons:
    """The same with the first half of each person's samples as references and the others as probes."""
    rows = np.arange(len(samples))
    reference, probe = rows[rows % 3 == 0], rows[rows % 3 > 0]
    a, b = np.minimum(found.tail.reference, found.tail.probe), np.maximum(found.tail.reference, found.tail.probe)
    first, second = np.where(a % 3 == 0, a, b), np.where(a % 3 == 0, b, a)
    kept = (first % 3 == 0) & (second % 3 > 0)
    tail = replace(found.tail, reference=first[kept], probe=second[kept], score=found.tail.score[kept])
    return replace(found, trials=RuledTrials(reference, probe, symmetric=False), tail=tail)


def listed(found: Comparisons, samples: Samples) -> Comparisons:
    """The same comparisons as a list, every fifth left out."""
    a, b = (np.array(side) for side in zip(*combinations(range(len(samples)), 2), strict=True))
    keep = np.arange(len(a)) % 5 > 0
    a, b = a[keep], b[keep]
    place = {(int(x), int(y)) for x, y in zip(a, b, strict=True)}
    tail = found.tail
    mine = np.array([(int(x), int(y)) in place for x, y in zip(tail.reference, tail.probe, strict=True)])
    tail = replace(tail, reference=tail.reference[mine], probe=tail.probe[mine], score=tail.score[mine])
    done = found.reference_ok[a] & found.probe_ok[b]
    return replace(found, trials=ListedTrials(a, b), tail=tail, completed=done)


def pairs_of(found: Comparisons) -> list[tuple[int, int]]:
    trials = found.trials
    if isinstance(trials, ListedTrials):
        return [(int(a), int(b)) for a, b in zip(trials.reference, trials.probe, strict=True)]
    if trials.symmetric:
        return list(combinations(map(int, trials.reference), 2))
    return [(int(a), int(b)) for a in trials.reference for b in trials.probe]


def slow(found: Comparisons, samples: Samples, columns: tuple[str, ...], group: str) -> dict[bool, dict[str, object]]:
    """Kin (True) and strangers (False) of a group by a loop over every comparison."""
    person, family, label = samples.people(), samples.relations["family"], samples.grouping(columns)
    tail = zip(found.tail.reference, found.tail.probe, found.tail.score, strict=True)
    wrong = {(int(a), int(b)) for a, b, score in tail if score >= THRESHOLD}
    cells: dict[bool, dict[tuple[int, int], list[int]]] = {True: {}, False: {}}
    failed = {True: 0, False: 0}
    for a, b in pairs_of(found):
        if person[a] == person[b] or label[a] != group or label[b] != group:
            continue
        kin = bool(family[a] != "" and family[a] == family[b])
        cell = cells[kin].setdefault((min(person[a], person[b]), max(person[a], person[b])), [0, 0])
        cell[0] += (a, b) in wrong
        cell[1] += 1
        failed[kin] += not (found.reference_ok[a] and found.probe_ok[b])
    answer: dict[bool, dict[str, object]] = {}
    for kin, by_pair in cells.items():
        of: dict[object, list[int]] = {}
        for (i, j), (x, m) in by_pair.items():
            name = str(family[np.flatnonzero(person == i)[0]])
            for cluster in [name] if kin else [i, j]:
                mine = of.setdefault(cluster, [0, 0])
                mine[0] += x
                mine[1] += m
        answer[kin] = {
            "errors": sum(x for x, _ in by_pair.values()),
            "trials": sum(m for _, m in by_pair.values()),
            "failed": failed[kin],
            "subjects": len(of),
            "by_subject": sums(list(of.values())),
            "by_pair": None if kin else sums(list(by_pair.values())),
            "people": len({one for pair in by_pair for one in pair}),
        }
    return answer


def sums(cells: list[list[int]]) -> ClusterSums:
    return ClusterSums(sum(x * x for x, _ in cells), sum(x * m for x, m in cells), sum(m * m for _, m in cells))


def said(counts: ErrorCounts) -> dict[str, object]:
    return {name: getattr(counts, name) for name in ("errors", "trials", "failed", "subjects", "by_subject", "by_pair")}


@pytest.mark.parametrize("form", ["all pairs", "sides", "list"])
@pytest.mark.parametrize("columns", [(), ("colour",)])
def test_against_every_pair(form: str, columns: tuple[str, ...]) -> None:
    found, samples = related()
    found = {"all pairs": found, "sides": split(found, samples), "list": listed(found, samples)}[form]
    rows = count.relative_counts(found, samples, "family", columns, THRESHOLD)
    assert [row.kin.group for row in rows] == (["green", "red"] if columns else ["everyone"])
    for row in rows:
        expected = slow(found, samples, columns, row.kin.group)
        assert said(row.kin) | {"people": row.people} == expected[True]
        assert said(row.strangers) == {name: value for name, value in expected[False].items() if name != "people"}
        assert expected[True]["trials"] and expected[False]["errors"]


def test_relatives_and_strangers_are_everyone() -> None:
    found, samples = related()
    for columns in ((), ("colour",), ("colour", "size")):
        whole = {c.group: c for c in count.fmr_counts(found, samples, columns, THRESHOLD)}
        for row in count.relative_counts(found, samples, "family", columns, THRESHOLD):
            of_all = whole[row.kin.group]
            for name in ("errors", "trials", "completed", "failed"):
                assert getattr(row.kin, name) + getattr(row.strangers, name) == getattr(of_all, name)


def test_without_relatives_there_is_nothing() -> None:
    found, samples = related()
    alone = replace(samples, relations={"family": np.where(samples.relations["family"] == "alone", "x", "")})
    assert count.relative_counts(found, alone, "family", (), THRESHOLD) == ()
    assert len(np.unique(families(alone, "family"))) == 30
