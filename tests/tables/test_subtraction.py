"""An attack on what is hidden: the published whole numbers, added and subtracted over all tables at once.

Every count of a table is a sum over the finest groups, so that whoever reads the tables has linear equations. What is
hidden must not follow from them, in any condition, whatever the sizes of groups there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.cards import Study
from facegap.evidence import Evidence
from facegap.records import ScoredPairs
from facegap.schema import CrossRow, EdcRow, PolicyRow, RateRow, RelativeRow, Row, VersusRow
from facegap.tables import Workbench, edc, policies, rates, relatives, versus_rest
from facegap.tables.suppress import suppressed
from made_evidence import STUDY, evidence_of

LEAST = 5
Tables = dict[type[Row], tuple[Row, ...]]
BASE = evidence_of(48, each=2)


def study_of(labels: Sequence[tuple[str, str]], kept: Sequence[bool], families: Sequence[int]) -> Evidence:
    """People with two labels; in "dim" only those of `kept` have mated comparisons; families by number, 0 for none.

    Relatives have the same labels, so that theirs are sums over the finest groups as well.
    """
    person = BASE.samples.people()
    values = {name: np.array([labels[k][column] for k in person]) for column, name in enumerate(("colour", "size"))}
    family = np.array([f"{labels[k]}{families[k]}" if families[k] else "" for k in person])
    samples = replace(BASE.samples, groups=values, relations={"family": family})
    clean = BASE.comparisons["m", "clean"]
    keep = np.array(kept)[person[clean.mated.probe]]
    mated = ScoredPairs(*(side[keep] for side in (clean.mated.reference, clean.mated.probe, clean.mated.score)))
    dim = replace(clean, condition="dim", mated=mated)
    content: dict[str, Any] = {**STUDY, "groups": [["colour"], ["size"], ["colour", "size"]]}
    content |= {"thresholds": {"fmr": [0.02]}, "statistics": {"suppress_below": LEAST, "min_subjects": LEAST}}
    study = Study.model_validate(content, strict=False)
    acquired = BASE.acquisitions["d", "clean"]
    return replace(
        BASE,
        study=study,
        samples=samples,
        comparisons={("m", "clean"): clean, ("m", "dim"): dim},
        acquisitions={("d", "clean"): acquired, ("d", "dim"): replace(acquired, condition="dim")},
    )


MADE: dict[type[Row], Any] = {
    RateRow: rates.rows,
    CrossRow: rates.cross_rows,
    VersusRow: versus_rest.rows,
    PolicyRow: policies.rows,
    EdcRow: edc.rows,
    RelativeRow: relatives.rows,
}


def tables_of(evidence: Evidence) -> tuple[Tables, Tables]:
    """What was counted, and what of it is shown."""
    bench = Workbench(evidence)
    raw = {row: tuple(make(bench)) for row, make in MADE.items()}
    return raw, {row: tuple(suppressed(evidence, row, rows, bench.hidden, raw)) for row, rows in raw.items()}


class Attack:
    """Equations over the finest groups, or over pairs of them."""

    def __init__(self, evidence: Evidence) -> None:
        self.samples = evidence.samples
        names, self.cell = np.unique(evidence.samples.grouping(("colour", "size")), return_inverse=True)
        self.size = len(names)

    def of(self, grouping: str, group: str) -> np.ndarray:
        """(cells,) 1 where a cell is in the group."""
        inside = self.samples.grouping(tuple(grouping.split(", ")) if grouping else ()) == group
        return np.array([inside[self.cell == k].any() for k in range(self.size)], float)

    def of_pair(self, grouping: str, a: str, b: str) -> np.ndarray:
        """(pairs of cells,) of two groups, either of them the reference."""
        both = np.outer(self.of(grouping, a), self.of(grouping, b))
        return np.asarray(np.maximum(both, both.T)[np.triu_indices(self.size)])

    @staticmethod
    def solves(known: Sequence[np.ndarray], wanted: np.ndarray) -> bool:
        """Whether `wanted` is a combination of what is known."""
        if not known:
            return False
        equations = np.array(known).T
        found = np.linalg.lstsq(equations, wanted, rcond=None)[0]
        return bool(np.abs(equations @ found - wanted).max() < 1e-6)


def by_group(attack: Attack, shown: Tables, raw: Tables, condition: str) -> Iterator[np.ndarray]:
    """Every equation over mated comparisons of a condition at the one threshold."""
    entering: dict[str, set[str]] = {}
    for row in wanted(raw[VersusRow], condition, "FNMR"):
        entering.setdefault(row.grouping, set()).update([row.group] if row.trials else [])
    for row in wanted(shown[RateRow], condition, "FNMR"):
        if row.trials is not None:
            yield attack.of(row.grouping, row.group)
    for row in wanted(shown[VersusRow], condition, "FNMR"):
        if row.trials is not None:
            yield attack.of(row.grouping, row.group)
            yield sum((attack.of(row.grouping, g) for g in entering[row.grouping] - {row.group}), np.zeros(attack.size))
    for row in wanted(shown[PolicyRow], condition):
        if row.mated is not None:
            yield attack.of(row.grouping, row.group)
    for row in wanted(shown[EdcRow], condition):
        if row.kept is not None and row.discard == 0:
            yield attack.of(row.grouping, row.group)


def wanted(rows: Sequence[Any], condition: str, metric: str = "") -> list[Any]:
    return [row for row in rows if row.condition == condition and (not metric or row.metric == metric)]


people = st.lists(
    st.tuples(st.sampled_from("rrrrrrrggggb"), st.sampled_from("sssssslll")), min_size=48, max_size=48
).map(list)


@settings(max_examples=10, deadline=None)
@given(
    labels=people,
    kept=st.lists(st.sampled_from([True, True, False]), min_size=48, max_size=48),
    families=st.lists(st.integers(0, 9), min_size=48, max_size=48),
)
def test_no_hidden_number_follows_from_the_shown_ones(
    labels: list[tuple[str, str]], kept: list[bool], families: list[int]
) -> None:
    evidence = study_of(labels, kept, families)
    raw, shown = tables_of(evidence)
    attack = Attack(evidence)
    for condition in ("clean", "dim"):
        known = list(by_group(attack, shown, raw, condition))
        for row in wanted(raw[RateRow], condition, "FNMR"):
            if 0 < row.subjects < LEAST:
                assert not attack.solves(known, attack.of(row.grouping, row.group)), (condition, row)
        pairs = [row for row in wanted(shown[CrossRow], condition) if row.trials is not None]
        known = [attack.of_pair(row.grouping, row.reference_group, row.probe_group) for row in pairs]
        known.append(attack.of_pair("", "everyone", "everyone"))
        for row in wanted(raw[CrossRow], condition):
            if 0 < row.subjects < LEAST:
                which = attack.of_pair(row.grouping, row.reference_group, row.probe_group)
                assert not attack.solves(known, which), (condition, row)
        kin = [row for row in wanted(shown[RelativeRow], condition) if row.trials is not None]
        there = {(row.grouping, row.group) for row in wanted(raw[RelativeRow], condition)}
        empty = [name for name in groups_of(evidence) if name not in there]
        known = [attack.of(row.grouping, row.group) for row in kin] + [attack.of(*name) for name in empty]
        for row in wanted(raw[RelativeRow], condition):
            if 0 < row.people < LEAST:
                assert not attack.solves(known, attack.of(row.grouping, row.group)), (condition, row)


def groups_of(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for columns in evidence.groupings:
        for name in np.unique(evidence.samples.grouping(columns)):
            yield ", ".join(columns), str(name)
