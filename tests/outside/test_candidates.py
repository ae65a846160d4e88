"""Candidate lists: what they say, what they leave unknown, and wrong ones."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from facegap import search
from facegap.compare import exact_scores
from facegap.errors import InputError
from facegap.outside import CandidateScores, read_candidates
from facegap.records import Templates
from made_scores import IDS, SAMPLES, SEARCHES, candidate_lines, candidates, card, scores_of, written

HEAD = "search,rank,gallery,score"
G = len(SEARCHES.gallery)
K = len(SEARCHES.probe)


def read(path: Path, lines: list[str], direction: str = "similarity") -> CandidateScores:
    return read_candidates([written(path / "candidates.csv", lines)], card(direction), IDS, SEARCHES)


def table() -> tuple[np.ndarray, np.ndarray]:
    """(k, g) scores, and where the mate is."""
    scores = np.array([scores_of([row] * G, SEARCHES.gallery.tolist()) for row in SEARCHES.probe.tolist()])
    return scores, SAMPLES.subjects[SEARCHES.probe][:, None] == SAMPLES.subjects[SEARCHES.gallery][None, :]


def test_whole_lists_say_what_a_search_says(tmp_path: Path) -> None:
    found = read(tmp_path, candidate_lines(G))
    scores, mate = table()
    mated = SEARCHES.mate >= 0
    np.testing.assert_array_equal(found.mate_score[mated], scores[mate])
    assert np.isnan(found.mate_score[~mated]).all()
    np.testing.assert_array_equal(found.top_nonmate, np.where(mate, -np.inf, scores).max(axis=1).astype(np.float32))
    better = (scores >= np.where(mate, scores, -np.inf).max(axis=1)[:, None]).sum(axis=1)
    np.testing.assert_array_equal(found.mate_rank, np.where(mated, better, 0))
    assert not found.cut.any() and found.completed.all()
    assert (found.floor, found.nonmate_floor, found.rank_limit) == (-np.inf, -np.inf, G)
    assert found.findings == ()


def test_ties_count_for_and_against_the_mate_as_in_a_search(tmp_path: Path) -> None:
    """The same searches by `search.search` on templates that tie, and by lists of what those score."""
    rng = np.random.default_rng(0)
    vectors = rng.integers(0, 2, (len(SAMPLES), 6)).astype(np.float32) + 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.arange(len(SAMPLES))
    made = Templates(rows=rows, vectors=vectors, model="m", condition="clean", similarity="cosine")
    wanted = search.search("open", SEARCHES.gallery, SEARCHES.probe, SEARCHES.mate, made, made, exact_scores)
    lines = [HEAD]
    for row in SEARCHES.probe.tolist():
        scores = exact_scores(vectors, vectors, SEARCHES.gallery, np.full(G, row), "cosine")
        for rank, place in enumerate(np.argsort(-scores, kind="stable").tolist(), 1):
            lines.append(f"{IDS.exported[row]},{rank},{IDS.exported[SEARCHES.gallery[place]]},{scores[place]:.9g}")
    found = read(tmp_path, lines)
    for name in ("mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate", "completed"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_cut_lists_say_what_cannot_be_known(length: int, tmp_path: Path) -> None:
    lines = candidate_lines(length)
    # Mates of two searches are pushed out of their lists.
    names = {str(IDS.exported[row]) for row in SEARCHES.probe[SEARCHES.mate >= 0][:2]}
    own = dict(
        zip(IDS.exported[SEARCHES.probe].tolist(), IDS.exported[SEARCHES.gallery[SEARCHES.mate]].tolist(), strict=True)
    )
    kept = {name: [] for name in names}  # type: dict[str, list[tuple[str, float]]]
    for s, _, g, x in candidates(length + 1):
        if s in names and g != own[s]:
            kept[s].append((g, x))
    lines = [line for line in lines if line.split(",")[0] not in names]
    lines += [f"{s},{rank},{g},{x:.9g}" for s, row in kept.items() for rank, (g, x) in enumerate(row, 1)]
    found = read(tmp_path, lines)
    lost = np.isin(IDS.exported[SEARCHES.probe], sorted(names))
    assert (found.mate_rank[lost] == 0).all() and np.isnan(found.mate_score[lost]).all()
    assert found.cut.all() and found.rank_limit == length
    assert found.floor == pytest.approx(max(row[-1][1] for row in kept.values()))
    messages = " ".join(finding.message for finding in found.findings)
    assert f"2 of {K} searches whose lists are cut, the shortest of them after {length} of {G} candidates" in messages
    alone = int((SEARCHES.mate >= 0).sum()) - 2
    assert "nobody knows whether it would have been missed" in messages
    assert (f"{alone} searches list nobody but the mate" in messages) == (length == 1)
    assert (found.nonmate_floor > -np.inf) == (length == 1)


def test_a_mate_at_the_cut_has_no_sure_pessimistic_rank(tmp_path: Path) -> None:
    found = read(tmp_path, candidate_lines(1))
    assert any("its pessimistic rank is not known" in finding.message for finding in found.findings)
    assert found.rank_limit == 1


def test_failed_searches_and_searches_that_found_nobody_are_told_apart(tmp_path: Path) -> None:
    a, b = IDS.exported[SEARCHES.probe[:2]]
    lines = [line for line in candidate_lines() if line.split(",")[0] not in (a, b)]
    found = read(tmp_path, [*lines, f"{a},,,", f"{b},0,,0.25"])
    assert np.flatnonzero(~found.completed).tolist() == [0]
    assert found.length[:2].tolist() == [0, 0] and np.isnan(found.top_nonmate[:2]).all()
    assert np.isnan(found.lowest[0]) and found.lowest[1] == 0.25
    assert found.nonmate_floor >= 0.25


def test_a_distance_is_negated(tmp_path: Path) -> None:
    lines = [HEAD, *(f"{s},{r},{g},{1 - x:.9g}" for s, r, g, x in candidates(3))]
    found = read(tmp_path, lines, "distance")
    np.testing.assert_allclose(found.lowest, read(tmp_path, candidate_lines(3)).lowest - 1, atol=1e-6)


FIRST = candidates(5)
S, GALLERY = FIRST[0][0], FIRST[0][2]
OUTSIDE = str(IDS.exported[SEARCHES.probe[5]])


def with_line(number: int, *fields: object) -> list[str]:
    lines = candidate_lines()
    lines[number - 1] = ",".join(map(str, fields))
    return lines


BAD: dict[str, tuple[list[str], str]] = {
    "no rank": ([HEAD.replace("rank", "ranks"), *candidate_lines()[1:]], r"line 1: no column 'rank', is it 'ranks'\?"),
    "no header": (candidate_lines()[1:], r"line 1: no header: expected search,rank,gallery,score"),
    "unknown search": (with_line(2, "x", 1, GALLERY, 0.9), r"line 2: search: no sample 'x'"),
    "no search": (with_line(2, GALLERY, 1, GALLERY, 0.9), rf"line 2: no search: '{GALLERY}'"),
    "unknown candidate": (with_line(2, S, 1, "x", 0.9), r"line 2: gallery: no sample 'x'"),
    "not enrolled": (with_line(2, S, 1, OUTSIDE, 0.9), rf"line 2: not enrolled: '{OUTSIDE}'"),
    "rank from 0": (with_line(2, S, 0, GALLERY, 0.9), r"line 2: rank '0' with a candidate, with a score"),
    "a gap": (with_line(3, S, 3, FIRST[1][2], FIRST[1][3]), r"line 3: rank 3, expected 2"),
    "a rank twice": ([*candidate_lines(), f"{S},5,{candidates(6)[5][2]},0.01"], r"line \d+: rank 5, expected 6"),
    "no number": (with_line(2, S, "first", GALLERY, 0.9), r"line 2: rank 'first' with a candidate"),
    "no rank at all": (with_line(2, S, "", GALLERY, 0.9), r"line 2: rank '' with a candidate, with a score"),
    "no score": (with_line(2, S, 1, GALLERY, ""), r"line 2: rank '1' with a candidate, without a score"),
    "score without a candidate": (with_line(2, S, 1, "", 0.9), r"line 2: rank '1' without a candidate, with a score"),
    "rising": (with_line(3, S, 2, FIRST[1][2], 2), r"line 3: rank 2 is more alike than rank 1"),
    "twice": (with_line(3, S, 2, GALLERY, FIRST[1][3]), r"line 3: the candidate of rank 2 is listed before"),
    "failed and not": ([*candidate_lines(), f"{S},,,"], r"another row of a search that failed"),
    "missing": (candidate_lines()[:-5], rf"1 of {K} searches missing, the first i"),
    "all failed": ([HEAD, *(f"{name},,," for name in IDS.exported[SEARCHES.probe])], rf"not one of {K} comparisons"),
    "constant": ([HEAD, *(f"{s},{r},{g},0.5" for s, r, g, _ in candidates(5))], r"scores are 0.5; a constant"),
    "not a number": (with_line(2, S, 1, GALLERY, "nan"), r"line 2: the score is not a number"),
    "ranks of a distance": (candidate_lines(), "more alike than rank 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_lists_are_one_line(case: str, tmp_path: Path) -> None:
    lines, message = BAD[case]
    with pytest.raises(InputError) as caught:
        read(tmp_path, lines, "distance" if "distance" in case else "similarity")
    assert re.search(message, str(caught.value)) and "\n" not in str(caught.value), caught.value


ALONE = next(name for name in IDS.exported[SEARCHES.gallery].tolist() if name != GALLERY)


def without(name: str, length: int = 5) -> list[str]:
    """Lists in which one reference is not, as if it had failed: the others move up."""
    rows: dict[str, list[tuple[str, float]]] = {}
    for s, _, g, x in candidates(length + 1):
        rows.setdefault(s, []).extend([(g, x)] if g != name else [])
    return [
        HEAD, *(f"{s},{k},{g},{x:.9g}" for s, found in rows.items() for k, (g, x) in enumerate(found[:length], 1))
    ]  # fmt: skip


def test_a_reference_that_failed_stands_alone_and_is_not_left_out_of_lists(tmp_path: Path) -> None:
    """Its person's searches are failed and no list is cut because of it."""
    found = read(tmp_path, [*without(GALLERY, G), f",,{GALLERY},"])
    place = SEARCHES.gallery.tolist().index(IDS.exported.tolist().index(GALLERY))
    assert np.flatnonzero(~found.enrolled).tolist() == [place] and not found.cut.any()
    own = SEARCHES.mate == place
    assert own.any() and np.isnan(found.mate_score[own]).all() and (found.rank_limit, found.findings) == (G - 1, ())
    unsaid = read(tmp_path, without(GALLERY, G))
    assert unsaid.enrolled.all() and unsaid.cut.all() and unsaid.findings


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([",,s00-9,"], "gallery: no sample 's00-9'"),
        ([f",,{OUTSIDE},"], f"not enrolled: '{OUTSIDE}'"),
        ([f",,{GALLERY},"], f"'{GALLERY}': listed, but it failed"),
        ([f",,{ALONE},", f",,{ALONE},"], f"'{ALONE}': named before as failed"),
    ],
)
def test_wrong_lines_of_failed_references(lines: list[str], says: str, tmp_path: Path) -> None:
    base = without(ALONE)
    with pytest.raises(InputError, match=re.escape(says)):
        read(tmp_path, [*base, *lines])


def test_a_reference_that_failed_is_in_no_list_after_it(tmp_path: Path) -> None:
    lines = candidate_lines()
    with pytest.raises(InputError, match=re.escape(f"line 3: '{GALLERY}': listed, but it failed")):
        read(tmp_path, [lines[0], f",,{GALLERY},", *lines[1:]])
