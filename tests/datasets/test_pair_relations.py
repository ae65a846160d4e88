"""A list of pairs that says who is related: people joined by it, and what no relation can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tiny
from facegap import count
from facegap.cards import load_dataset
from facegap.datasets import load_pairs, related
from facegap.errors import DatasetError
from facegap.records import ListedTrials, Samples
from made import make_samples
from made_evidence import evidence_of

CARD = tiny.DATASET.replace('manifest = "index.csv"', 'manifest = "index.csv"\npairs = "pairs.csv"')


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., tuple[Samples, Path]]:
    """A list of lines "a,b,relation" of two samples each of six people."""
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")

    def write(*lines: str) -> tuple[Samples, Path]:
        text = "\n".join(["sample_a,sample_b,relation", *lines]) + "\n"
        (tmp_path / "pairs.csv").write_text(text, encoding="utf-8")
        return make_samples([f"p{k // 2}" for k in range(12)], {"g": ["x"] * 12}), tmp_path

    return write


def read(found: tuple[Samples, Path]) -> Samples:
    samples, root = found
    return related(samples, load_pairs(load_dataset(str(root / "card.toml")), root, samples))


def test_people_are_joined_by_kind(listed: Callable[..., tuple[Samples, Path]]) -> None:
    samples = read(listed("s0,s2,twin", "s1,s3,twin", "s4,s6,twin", "s8,s10,look-alike", "s0,s4,", "s0,s1,"))
    assert list(samples.relations) == ["look-alike", "twin"]
    twin = samples.relations["twin"]
    assert len(set(twin[:4])) == len(set(twin[4:8])) == 1 and twin[0] != twin[4]
    assert twin[8:].tolist() == [""] * 4
    assert (samples.relations["look-alike"] != "").tolist() == [False] * 8 + [True] * 4


def test_a_list_without_relations_has_none(listed: Callable[..., tuple[Samples, Path]]) -> None:
    assert read(listed("s0,s2,", "s1,s3,")).relations == {}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("s0,s2,twin", "s1,s3,"), "relation 'twin': 1 pair of people whom it joins"),
        (
            ("s0,s2,kin", "s2,s4,kin", "s0,s4,"),
            "relation 'kin': 1 pair of people whom it joins, directly or over others",
        ),
        (("s0,s2,kin", "s1,s3,twin"), "relation 'kin': 1 pair"),
        (tuple(f"s{a},s{b},f{a}x{b}" for a in range(0, 12, 2) for b in range(a + 2, 12)), "30 kinds; expected a few"),
    ],
)
def test_what_is_no_relation(
    listed: Callable[..., tuple[Samples, Path]], lines: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(DatasetError, match=expected) as error:
        read(listed(*lines))
    assert "\n" not in str(error.value)


def test_a_relation_to_oneself_is_refused_and_counted(listed: Callable[..., tuple[Samples, Path]]) -> None:
    samples, root = listed("s0,s1,twin", "s0,s2,twin")
    pairs = load_pairs(load_dataset(str(root / "card.toml")), root, samples)
    assert pairs.refused == {"a relation of a person to themselves": 1} and len(pairs) == 1


def test_one_name_is_not_said_twice(listed: Callable[..., tuple[Samples, Path]]) -> None:
    samples, root = listed("s0,s2,twin")
    samples = replace(samples, relations={"twin": np.full(12, "")})
    with pytest.raises(DatasetError, match="relation 'twin': named by the list of pairs and by the card"):
        read((samples, root))


def test_comparisons_of_listed_relatives_are_counted_apart(tmp_path: Path) -> None:
    """The rate of the pairs that the list calls twins, and that of its others, by plain counting."""
    evidence = evidence_of(20, each=2)
    found, n = evidence.comparisons["m", "clean"], 40
    person = evidence.samples.people()
    a, b = np.triu_indices(n, 1)
    keep = (person[a] != person[b]) & ((a + b) % 3 > 0)
    a, b = a[keep], b[keep]
    twins = (person[a] // 2 == person[b] // 2) & (person[a] < 12)
    samples = replace(evidence.samples, ids=np.array([f"s{k}" for k in range(n)]))
    lines = [f"s{x},s{y},{'twin' if one else ''}" for x, y, one in zip(a, b, twins, strict=True)]
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "pairs.csv").write_text("\n".join(["sample_a,sample_b,relation", *lines]), encoding="utf-8")
    samples = read((samples, tmp_path))
    asked = set(zip(a.tolist(), b.tolist(), strict=True))
    tail = found.tail
    mine = np.array([(int(x), int(y)) in asked for x, y in zip(tail.reference, tail.probe, strict=True)])
    tail = replace(tail, reference=tail.reference[mine], probe=tail.probe[mine], score=tail.score[mine])
    found = replace(found, trials=ListedTrials(a, b), tail=tail, completed=np.ones(len(a), bool))
    (row,) = count.relative_counts(found, samples, "twin", (), 1.5)
    of_twins = {(int(x), int(y)) for x, y, one in zip(a, b, twins, strict=True) if one}
    wrong = [
        (int(x), int(y)) in of_twins
        for x, y, score in zip(tail.reference, tail.probe, tail.score, strict=True)
        if score >= 1.5
    ]
    assert (row.kin.errors, row.kin.trials) == (sum(wrong), twins.sum())
    assert (row.strangers.errors, row.strangers.trials) == (len(wrong) - sum(wrong), (~twins).sum())
    assert row.kin.subjects == 6 and row.people == 12
