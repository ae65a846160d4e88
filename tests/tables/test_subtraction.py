"""An attack on what is hidden: the published whole numbers, added and subtracted over all tables at once.

Every count of a table is a sum over the finest groups, so that whoever reads the tables has linear equations. What is
hidden must not follow from them, in any condition, whatever the sizes of groups there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.cards import Study
from facegap.cards.study import Identification, Transactions
from facegap.evidence import Evidence
from facegap.records import Attempts, ScoredPairs, Searches
from facegap.schema import (
    AcquisitionRow,
    CmcRow,
    CrossRow,
    DetRow,
    EdcRow,
    IdentificationRow,
    PolicyRow,
    QualityRow,
    RateRow,
    RelativeRow,
    Row,
    ScoreShiftRow,
    ThroughputRow,
    TransactionRow,
    VersusRow,
    columns_of,
    keys_of,
)
from facegap.tables import (
    Workbench,
    acquisition,
    det,
    edc,
    identification,
    policies,
    rates,
    relatives,
    score_shifts,
    throughput,
    transactions,
    versus_rest,
)
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


OTHERS: dict[type[Row], Any] = {
    AcquisitionRow: acquisition.rows,
    QualityRow: acquisition.quality_rows,
    IdentificationRow: identification.rows,
    CmcRow: identification.cmc_rows,
    TransactionRow: transactions.rows,
    ThroughputRow: throughput.rows,
    ScoreShiftRow: score_shifts.rows,
    DetRow: det.rows,
}
"""Tables of one group a row, whose counts, or means times counts, are sums over the finest groups."""


PER_SEARCH = ("probe", "mated", "completed", "mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate")


def with_every_stage(evidence: Evidence, found: Sequence[bool], searched: Sequence[bool]) -> Evidence:
    """The same people with failures to acquire, searches of some of them and transactions of the others."""
    person, n = evidence.samples.people(), len(evidence.samples)
    outcome = np.where(np.array(found)[person], "ok", "no_face")
    acquisitions = {
        key: replace(one, outcome=outcome, reason=np.where(outcome == "ok", "", "none")) if key[1] == "dim" else one
        for key, one in evidence.acquisitions.items()
    }
    probe = np.flatnonzero(np.array(searched)[person])
    mated = person[probe] % 3 > 0
    top = np.linspace(0, 3, len(probe), dtype=np.float32)
    searches = Searches(
        model="m",
        condition="dim",
        protocol="open",
        probe=probe,
        mated=mated,
        completed=np.ones(len(probe), bool),
        mate_score=np.where(mated, 2.5, np.nan).astype(np.float32),
        mate_rank=np.where(mated, 1 + (top > 2.5), 0),
        mate_rank_optimistic=np.where(mated, 1 + (top > 2.5), 0),
        top_nonmate=top,
        gallery_size=48,
        gallery_failed=0,
    )
    asked = np.flatnonzero((np.arange(n) % 2 == 1) & ~np.array(searched)[person])
    attempts = Attempts(
        model="m",
        condition="dim",
        policy="first",
        frames=1,
        per_transaction=1,
        reference=asked - 1,
        probe=asked,
        outcome=outcome[asked],
        score=np.where(outcome[asked] == "ok", 1.5, np.nan).astype(np.float32),
        sent=np.full(len(asked), 1e5, np.float32),
        seconds=np.full(len(asked), 4.0, np.float32),
    )
    study = evidence.study.model_copy(
        update={"identification": Identification(fpir=(0.1,)), "transactions": Transactions()}
    )
    return replace(
        evidence,
        study=study,
        acquisitions=acquisitions,
        searches={("m", "dim", "open"): searches, ("m", "dim", "closed"): closed_of(searches)},
        attempts={("m", "dim"): attempts},
    )


def closed_of(searches: Searches) -> Searches:
    """The mated ones alone, against the same gallery."""
    rows = {name: getattr(searches, name)[searches.mated] for name in PER_SEARCH}
    return replace(searches, protocol="closed", **rows)


def blocks(rows: Sequence[Any]) -> dict[tuple[Any, ...], list[Any]]:
    """Rows that differ in nothing but their group."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in keys_of(type(row)) if name not in ("grouping", "group"))
        found.setdefault(key, []).append(row)
    return found


def said(row: Any) -> bool:
    """Whether it holds any number that is not its key."""
    numbers = (column for column in columns_of(type(row)) if column.kind != "text" and not column.says.key)
    return any(getattr(row, column.name) is not None for column in numbers)


def behind(evidence: Evidence, row: Any) -> int:
    """How many people a row's numbers are of: what it says, or everyone of its group."""
    for name in ("subjects", "people"):
        if getattr(row, name, None) is not None:
            return int(getattr(row, name))
    of_group = evidence.samples.grouping(tuple(row.grouping.split(", ")) if row.grouping else ()) == row.group
    return len(np.unique(evidence.samples.people()[of_group]))


@pytest.mark.parametrize("row_class", OTHERS, ids=lambda row: row.table)
def test_nothing_hidden_follows_in_tables_of_other_stages(row_class: type[Row]) -> None:
    rng, few = np.random.default_rng(7), 0
    for _ in range(5):
        labels = list(zip(rng.choice(list("rrrrrrrggggb"), 48), rng.choice(list("sssssslll"), 48), strict=True))
        taking_part, found, searched = (list(rng.random(48) < share) for share in (0.7, 0.7, 0.6))
        evidence = with_every_stage(study_of(labels, taking_part, [0] * 48), found, searched)
        few += attacked(evidence, row_class)
    assert few, "no group was too small: nothing was tried"


def attacked(evidence: Evidence, row_class: type[Row]) -> int:
    """How many rows of too few people there were, none of which follows from those that are shown."""
    bench, few = Workbench(evidence), 0
    raw: Tables = {row: tuple(make(bench)) for row, make in (MADE | OTHERS).items()}
    shown = tuple(suppressed(evidence, row_class, raw[row_class], bench.hidden, raw))
    attack, kept = Attack(evidence), blocks([row for row in shown if said(row)])
    for key, rows in blocks(raw[row_class]).items():
        known = [attack.of(row.grouping, row.group) for row in kept.get(key, [])]
        for row in rows:
            if said(row) and 0 < behind(evidence, row) < LEAST:
                few += 1
                assert not attack.solves(known, attack.of(row.grouping, row.group)), row
    return few
