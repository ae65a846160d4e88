"""Lists of pairs in CSV, and seeded draws of people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.cards import DatasetCard
from facegap.datasets import draw_subjects, load, load_pairs
from facegap.datasets.draw import draw_images
from facegap.errors import DatasetError
from facegap.records import Samples

MANIFEST = "sample_id,subject_id,path,gender\ns1,ann,a1.jpg,female\ns2,ann,a2.jpg,female\ns3,bob,b1.jpg,male\n"


@pytest.fixture
def make_root(folder: Callable[..., Path]) -> Callable[[str], Path]:
    def make(pairs: str) -> Path:
        root = folder("a1.jpg", "a2.jpg", "b1.jpg")
        (root / "index.csv").write_text(MANIFEST, encoding="utf-8")
        (root / "pairs.csv").write_text(pairs, encoding="utf-8")
        return root

    return make


@pytest.fixture
def paired(make_card: Callable[..., DatasetCard]) -> DatasetCard:
    return make_card(files={"manifest": "index.csv", "pairs": "pairs.csv"})


def test_pairs_by_sample_id(paired: DatasetCard, make_root: Callable[[str], Path]) -> None:
    root = make_root("sample_a,sample_b\ns1,s2\ns3,s1\n")
    pairs = load_pairs(paired, root, load(paired, root).samples)
    assert (pairs.reference.tolist(), pairs.probe.tolist()) == ([0, 2], [1, 0])
    assert pairs.findings == ()


def test_what_the_list_says_of_a_pair_is_checked(
    paired: DatasetCard, make_root: Callable[[str], Path], lines_of: Callable[..., list[str]]
) -> None:
    root = make_root("mated,sample_a,sample_b\nyes,s1,s2\n0,s3,s1\n1,s2,s3\nmaybe,s1,s3\nno,s2,s1\nno,s2\n,s3,s2\n")
    pairs = load_pairs(paired, root, load(paired, root).samples)
    assert (pairs.reference.tolist(), pairs.probe.tolist()) == ([0, 2, 2], [1, 0, 1])
    assert lines_of(pairs.findings) == [
        "error: pairs.csv: 1 pair refused: called mated, but the subjects are not the same: line 4",
        "error: pairs.csv: 1 pair refused: mated: expected 1, true, yes, 0, false, no: line 5",
        "error: pairs.csv: 1 pair refused: called non-mated, but the subjects are the same: line 6",
        "error: pairs.csv: 1 pair refused: 2 fields where the header has 3: line 7",
    ]


def test_non_mated_by_the_list_and_mated_by_the_subjects(paired: DatasetCard, make_root: Callable[[str], Path]) -> None:
    root = make_root("sample_a,sample_b,mated\ns1,s2,false\n")
    pairs = load_pairs(paired, root, load(paired, root).samples)
    assert pairs.refused == {"called non-mated, but the subjects are the same": 1}


def test_a_column_missing_or_called_otherwise(
    make_card: Callable[..., DatasetCard], paired: DatasetCard, make_root: Callable[[str], Path]
) -> None:
    root = make_root("p1,p2,label\ns1,s2,1\n")
    samples = load(paired, root).samples
    with pytest.raises(DatasetError, match=r"pairs.csv: line 1: no column 'sample_a'; there are: p1, p2, label$"):
        load_pairs(paired, root, samples)
    columns = {"sample_a": "p1", "sample_b": "p2", "mated": "label"}
    renamed = make_card(files=paired.files, columns=columns)
    assert len(load_pairs(renamed, root, samples)) == 1


def test_a_card_without_a_list(
    make_card: Callable[..., DatasetCard], paired: DatasetCard, make_root: Callable[[str], Path]
) -> None:
    root = make_root("sample_a,sample_b\n")
    message = "data set 'tiny': it has no list of pairs; name it in the card: files.pairs"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        load_pairs(make_card(), root, load(paired, root).samples)


def people(sizes: dict[str, int], each: int = 2) -> Samples:
    names = [f"{group}{number}" for group, size in sizes.items() for number in range(size) for _ in range(each)]
    ids = [f"{name}-{place}" for place, name in enumerate(names)]
    none = np.full(len(ids), "")
    labels = np.array([name.rstrip("0123456789") for name in names], dtype=np.str_)
    return Samples(
        ids=np.array(ids),
        subjects=np.array(names),
        paths=np.array(ids),
        sessions=none,
        roles=none,
        groups={"group": labels},
        root=Path(),
    )


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 5), st.integers(0, 3))
def test_at_most_so_many_images_of_a_person(sizes: list[int], most: int, seed: int) -> None:
    everyone = uneven(sizes)
    drawn = draw_images(everyone, most, seed)
    names, images = np.unique(drawn.subjects, return_counts=True)
    owned = dict(zip(names.tolist(), images.tolist(), strict=True))
    assert owned == {f"p{k}": min(size, most) for k, size in enumerate(sizes)}
    shuffled = everyone.take(np.random.default_rng(1).permutation(len(everyone)))
    assert sorted(draw_images(shuffled, most, seed).ids.tolist()) == sorted(drawn.ids.tolist())
    assert [row for row in everyone.ids.tolist() if row in set(drawn.ids.tolist())] == drawn.ids.tolist()


def test_images_are_drawn_by_chance_and_of_each_role() -> None:
    seeds = [draw_images(uneven([20, 3]), 2, seed) for seed in range(60)]
    assert len({one.ids.tolist()[0] for one in seeds}) > 8
    samples = uneven([6, 6])
    roles = np.array(["photo", "selfie"] * 6)
    drawn = draw_images(replace(samples, roles=roles), 2, 0, by_role=True)
    assert sorted(zip(drawn.subjects.tolist(), drawn.roles.tolist(), strict=True)) == [
        (name, role) for name in ("p0", "p1") for role in ("photo", "selfie") for _ in range(2)
    ]


def uneven(sizes: list[int]) -> Samples:
    """So many images of each person."""
    names = [f"p{k}" for k, size in enumerate(sizes) for _ in range(size)]
    none = np.full(len(names), "")
    return Samples(
        ids=np.array([f"{name}-{place}" for place, name in enumerate(names)]),
        subjects=np.array(names),
        paths=none,
        sessions=none,
        roles=none,
        groups={"group": np.full(len(names), "x")},
        root=Path(),
    )


def shares(samples: Samples) -> dict[str, int]:
    _, first = np.unique(samples.subjects, return_index=True)
    names, counts = np.unique(samples.groups["group"][first], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def test_a_draw_keeps_the_shares_and_all_samples_of_a_subject() -> None:
    drawn = draw_subjects(people({"a": 60, "b": 30, "c": 10}), 20, seed=1)
    assert shares(drawn) == {"a": 12, "b": 6, "c": 2}
    assert len(drawn) == 40


def test_a_draw_depends_on_its_seed_and_not_on_the_order_of_rows() -> None:
    everyone = people({"a": 60, "b": 30})
    shuffled = everyone.take(np.random.default_rng(0).permutation(len(everyone)))
    one = sorted(draw_subjects(everyone, 9, seed=1).ids.tolist())
    assert one == sorted(draw_subjects(shuffled, 9, seed=1).ids.tolist())
    assert one != sorted(draw_subjects(everyone, 9, seed=2).ids.tolist())


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 9), st.floats(0, 1))
def test_a_draw_has_the_size_asked_for_and_each_share_within_one(sizes: list[int], seed: int, part: float) -> None:
    groups = {chr(97 + place): size for place, size in enumerate(sizes)}
    n = max(1, round(part * sum(sizes)))
    drawn = shares(draw_subjects(people(groups), n, seed))
    assert sum(drawn.values()) == n
    for group, size in groups.items():
        assert abs(drawn.get(group, 0) - size * n / sum(sizes)) < 1


def test_every_subject_can_be_drawn() -> None:
    everyone = people({"a": 5, "b": 4})
    seen = {name for seed in range(60) for name in draw_subjects(everyone, 3, seed).subjects.tolist()}
    assert seen == set(everyone.subjects.tolist())


def test_a_draw_of_more_people_than_there_are() -> None:
    message = "a draw of 9 subjects: the data set has 5; ask for that many or fewer"
    with pytest.raises(DatasetError, match=f"^{re.escape(message)}$"):
        draw_subjects(people({"a": 5}), 9, seed=0)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ("s1,t1\nt1,s1\ns3,t3\n", "all 3 non-mated pairs join people of one group by gender"),
        ("s1,t1\ns3,t3\nu1,s1\nu1,s3\n", "all 2 non-mated pairs join people of one group by gender"),
        ("s1,t1\ns3,t3\ns1,s3\n", ""),
        ("s1,t1\nt1,s1\n", ""),
        ("s1,s2\n", ""),
    ],
    ids=["within two groups", "and of no label", "across", "one group alone", "mated only"],
)
def test_a_list_within_groups_says_so(
    pairs: str, said: str, paired: DatasetCard, make_root: Callable[[str], Path], lines_of: Callable[..., list[str]]
) -> None:
    root = make_root(f"reference,probe\n{pairs}")
    more = "t1,cam,t1.jpg,female\nt3,dan,t3.jpg,male\nu1,eve,u1.jpg,\n"
    (root / "index.csv").write_text(MANIFEST + more, encoding="utf-8")
    for name in ("t1", "t3", "u1"):
        (root / f"{name}.jpg").write_bytes(b"")
    found = load_pairs(paired, root, load(paired, root).samples)
    lines = [line for line in lines_of(found.findings) if "one group" in line]
    whole = f"warning: pairs.csv: {said}: the list says nothing of false matches across groups"
    assert lines == ([whole] if said else [])
