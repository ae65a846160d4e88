"""Which groups are hidden: small ones, and those that would give one away. Held against brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.cards import Study
from facegap.cards.study import LEAST_SHOWN, Statistics
from facegap.evidence import Evidence
from facegap.records import Comparisons, RuledTrials, ScoredPairs
from facegap.tables.hidden import hidden_groups
from made import make_samples
from made_evidence import STUDY


def evidence_with(sizes: dict[Any, int], groupings: list[list[str]], least: int = 5) -> Evidence:
    """People by their labels a, b, ...; one sample each, so that there is nothing mated."""
    columns = [chr(ord("a") + k) for k in range(len(next(iter(sizes))))]
    people = [labels for labels, n in sizes.items() for _ in range(n)]
    groups = {column: [labels[k] for labels in people] for k, column in enumerate(columns)}
    content: dict[str, Any] = {**STUDY, "groups": groupings, "statistics": {"suppress_below": least}}
    return Evidence(
        study=Study.model_validate(content, strict=False),
        samples=make_samples([f"p{k}" for k in range(len(people))], groups),
        images=np.full(len(people), ""),
        acquisitions={},
        comparisons={},
        searches={},
        vendor={},
        given=(),
        identities=True,
    )


def found(evidence: Evidence) -> dict[str, tuple[set[str], set[str]]]:
    return {name: (set(one.small), set(one.along)) for name, one in hidden_groups(evidence).items()}


def test_one_small_group_of_two_takes_the_other_along() -> None:
    """Everyone less the other would be the small one."""
    one = found(evidence_with({("m",): 40, ("f",): 3}, [["a"]]))
    assert one == {"": (set(), set()), "a": ({"f"}, {"m"})}


def test_of_several_the_smallest_goes_along() -> None:
    one = found(evidence_with({("x",): 40, ("y",): 3, ("z",): 9, ("w",): 20}, [["a"]]))
    assert one["a"] == ({"y"}, {"z"})


def test_two_small_groups_hide_each_other_where_they_are_people_enough() -> None:
    assert found(evidence_with({("x",): 40, ("y",): 3, ("z",): 4}, [["a"]]))["a"] == ({"y", "z"}, set())
    # One and two people: their sum is a group of three.
    assert found(evidence_with({("x",): 40, ("y",): 1, ("z",): 2}, [["a"]]))["a"] == ({"y", "z"}, {"x"})


def test_a_cell_of_a_crossing_is_hidden_from_both_of_its_margins() -> None:
    sizes = {("m", "x"): 30, ("f", "x"): 3, ("m", "y"): 20, ("f", "y"): 25, ("m", "z"): 12, ("f", "z"): 14}
    one = found(evidence_with(sizes, [["a"], ["b"], ["a", "b"]]))
    assert one["a"] == one["b"] == (set(), set())
    small, along = one["a, b"]
    # With the other of its column, and two of another column that complete the rectangle.
    assert small == {"f, x"} and along == {"m, x", "m, z", "f, z"}


def test_nothing_is_hidden_unless_a_group_is_small_or_the_study_asks() -> None:
    sizes = {("m",): 40, ("f",): 5}
    assert found(evidence_with(sizes, [["a"]]))["a"] == (set(), set())
    assert found(evidence_with(sizes, [["a"]], least=0)) == {}


def test_a_group_with_mated_comparisons_of_one_person_is_small() -> None:
    """No rate of one person is shown, however many are in the group."""
    evidence = evidence_with({("x",): 30, ("y",): 12, ("z",): 20}, [["a"]])
    rows = np.array([31, 45, 46, 47, 48, 49, 0, 1, 2, 3, 4])
    nothing = np.zeros(0, dtype=np.int64)
    comparisons = Comparisons(
        model="m",
        condition="clean",
        trials=RuledTrials(np.arange(62), np.arange(62), symmetric=True),
        reference_ok=np.ones(62, bool),
        probe_ok=np.ones(62, bool),
        mated=ScoredPairs(rows, rows, np.zeros(len(rows), np.float32)),
        tail=ScoredPairs(nothing, nothing, np.zeros(0, np.float32)),
        floor=0.0,
        histogram=np.zeros((1, 1, 1), np.int64),
        cells=np.zeros(62, np.int64),
        cell_names=("everyone",),
        edges=np.zeros(2),
    )
    assert found(replace(evidence, comparisons={("m", "clean"): comparisons}))["a"] == ({"y"}, {"z"})


cells = st.dictionaries(
    st.tuples(st.sampled_from("mf"), st.sampled_from("xyz")), st.integers(1, 14), min_size=1, max_size=6
)


@settings(max_examples=60)
@given(sizes=cells)
def test_no_small_group_can_be_computed_from_shown_ones(sizes: dict[tuple[str, ...], int]) -> None:
    """By brute force over sums and differences of up to three shown groups, as a reader would try."""
    evidence = evidence_with(sizes, [["a"], ["b"], ["a", "b"]])
    hidden = hidden_groups(evidence)
    people = {name: evidence.samples.grouping(tuple(name.split(", ")) if name else ()) for name in hidden}
    shown = [
        (labels == group).astype(int)
        for name, labels in people.items()
        for group in np.unique(labels)
        if group not in hidden[name].every
    ]
    small = [people[name] == group for name, one in hidden.items() for group in one.small]
    for count in (1, 2, 3):
        for some in itertools.combinations(shown, count):
            for signs in itertools.product((1, -1), repeat=count):
                total = sum(sign * one for sign, one in zip(signs, some, strict=True))
                for wanted in small:
                    assert not np.array_equal(total, wanted), (sizes, hidden)


def test_the_default_is_for_real_people() -> None:
    asked, real, drawn = Statistics(min_subjects=3), Statistics().showing(real=True), Statistics().showing(real=False)
    assert (real.suppress_below, real.min_subjects, drawn.suppress_below) == (LEAST_SHOWN, 10, 0)
    assert asked.showing(real=True).min_subjects == LEAST_SHOWN == asked.showing(real=True).suppress_below
    stated = Statistics(suppress_below=0, min_subjects=3)
    assert stated.showing(real=True) is stated


def test_raising_it_leaves_hidden_groups_out_of_summaries() -> None:
    assert Statistics().hiding(20).min_subjects == 20
    with pytest.raises(ValueError, match="suppress_below: 20 is above min_subjects 10"):
        Statistics(suppress_below=20)
