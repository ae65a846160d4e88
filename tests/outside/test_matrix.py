"""Scores of every reference with every probe: matrices and lines, good and wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from facegap.cards.outside import ScoresCard
from facegap.errors import InputError, StoreError
from facegap.outside import MatrixScores, matrix, read_matrix
from facegap.records import RuledTrials
from made_scores import IDS, RULED, N, card, scores_of, written

SOME = RuledTrials(np.arange(0, N, 3), np.array([row for row in range(N) if row % 3]), False)
Matrix = npt.NDArray[Any]


def full(trials: RuledTrials = RULED) -> npt.NDArray[np.float32]:
    """(r, p) scores, in the order of the trials."""
    i, j = np.meshgrid(trials.reference, trials.probe, indexing="ij")
    return scores_of(i.ravel().tolist(), j.ravel().tolist()).reshape(i.shape)


def expected(trials: RuledTrials = RULED) -> npt.NDArray[np.float32]:
    found = full(trials)
    found[trials.reference[:, None] == trials.probe[None, :]] = np.nan
    return found


def lists(folder: Path, trials: RuledTrials, seed: int = 3) -> tuple[list[Path], Any, Any]:
    """enrol.csv and probe.csv in an order of their own, and that order."""
    rng = np.random.default_rng(seed)
    a, b = rng.permutation(len(trials.reference)), rng.permutation(len(trials.probe))
    names = IDS.exported[trials.reference[a]], IDS.exported[trials.probe[b]]
    files = [
        written(folder / f"{word}.csv", [head, *own])
        for word, head, own in (("enrol", "reference", names[0]), ("probe", "probe", names[1]))
    ]
    return files, a, b


def saved(folder: Path, values: Matrix, trials: RuledTrials = RULED) -> list[Path]:
    """The matrix in the order of its lists."""
    files, a, b = lists(folder, trials)
    np.save(folder / "scores.npy", values[np.ix_(a, b)])
    return [folder / "scores.npy", *files]


def read(files: Sequence[Path], trials: RuledTrials = RULED, own: ScoresCard | None = None) -> MatrixScores:
    return read_matrix(files, own or card(), IDS, trials, files[0].parent / "map")


def lines_of(trials: RuledTrials = RULED, both: bool = True) -> list[str]:
    values = full(trials)
    return [
        f"{IDS.exported[a]},{IDS.exported[b]},{values[i, j]:.9g}"
        for i, a in enumerate(trials.reference)
        for j, b in enumerate(trials.probe)
        if a != b and (both or a < b)
    ]


HEAD = "reference,probe,score"


@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f4"])
@pytest.mark.parametrize("trials", [RULED, SOME], ids=["symmetric", "two sides"])
def test_a_matrix_is_read_in_the_order_of_the_trials(dtype: str, trials: RuledTrials, tmp_path: Path) -> None:
    found = read(saved(tmp_path, full(trials).astype(dtype), trials), trials)
    assert isinstance(found.score, np.memmap) and found.score.dtype == np.float32
    np.testing.assert_array_equal(found.score, expected(trials))
    assert not found.reference_failed.any() and not found.probe_failed.any() and found.single == 0


@pytest.mark.parametrize("size", [1, 7, 64])
def test_tiles_and_blocks_change_nothing(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = full().astype(np.float64)
    values[5] = values[:, 5] = np.nan
    values[9, 11] = values[11, 9] = np.nan
    files = saved(tmp_path, values)
    wanted = read(files)
    monkeypatch.setattr(matrix, "TILE", size)
    monkeypatch.setattr("facegap.outside.arrays.CELLS", size * 10)
    found = read(files)
    np.testing.assert_array_equal(found.score, wanted.score)
    assert np.flatnonzero(found.reference_failed).tolist() == [5] == np.flatnonzero(found.probe_failed).tolist()
    assert (found.single, found.single_examples) == (1, ((9, 11),)) == (wanted.single, wanted.single_examples)
    assert [f.message for f in found.findings] == [f.message for f in wanted.findings]


def test_half_precision_is_read_and_its_ties_are_noted(tmp_path: Path) -> None:
    found = read(saved(tmp_path, full().astype(np.float16)))
    off = ~np.eye(N, dtype=bool)
    np.testing.assert_array_equal(found.score[off], full().astype(np.float16).astype(np.float32)[off])
    assert [finding.rule for finding in found.findings] == ["scores-tied"]


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("mark", [",", ";", " "])
def test_lines_fill_the_matrix_whichever_way_round_they_name_a_pair(both: bool, mark: str, tmp_path: Path) -> None:
    lines = [line.replace(",", mark) for line in (HEAD, *lines_of(both=both))]
    if not both:
        lines[1::2] = [mark.join((b, a, s)) for a, b, s in (line.split(mark) for line in lines[1::2])]
    found = read([written(tmp_path / "scores.csv", lines)])
    np.testing.assert_array_equal(found.score, expected())


def test_lines_of_two_sides_fill_the_matrix(tmp_path: Path) -> None:
    found = read([written(tmp_path / "scores.csv", [HEAD, *lines_of(SOME)])], SOME)
    np.testing.assert_array_equal(found.score, expected(SOME))


def test_a_distance_is_negated_and_failures_stay(tmp_path: Path) -> None:
    lines = [HEAD, *lines_of(both=False)]
    lines = [lines[0], *(f"{a},{b},{1 - float(s):.9g}" for a, b, s in (line.split(",") for line in lines[1:]))]
    one = str(IDS.exported[0])
    lines = [f"{line.rpartition(',')[0]},FTE" if line.startswith(one) else line for line in lines]
    found = read([written(tmp_path / "scores.csv", lines)], own=card("distance", failures=("FTE",)))
    assert np.flatnonzero(found.reference_failed).tolist() == [0]
    np.testing.assert_allclose(found.score[1, 2:], full()[1, 2:] - 1, atol=1e-6)


def test_the_last_digits_of_the_two_scores_of_a_pair_are_a_note(tmp_path: Path) -> None:
    values = full().astype(np.float64)
    values[4, 9] += 2e-5
    found = read(saved(tmp_path, values))
    assert found.score[4, 9] == found.score[9, 4] == np.float32(values[4, 9])
    assert found.findings[0].rule == "scores-asymmetric" and "1 pair with two scores that differ by up to" in (
        found.findings[0].message
    )


def spoilt(change: Callable[[Matrix], None]) -> Matrix:
    values = full().astype(np.float64)
    change(values)
    return values


def put(i: int, j: int, value: float) -> Callable[[Matrix], None]:
    def change(values: Matrix) -> None:
        values[i, j] = values[j, i] = value

    return change


def half(values: Matrix) -> None:
    values[np.tril_indices(N)] = 0


BAD_MATRICES: dict[str, tuple[Matrix, str]] = {
    "infinite": (spoilt(put(3, 50, np.inf)), r"row \d+, column \d+: the score is infinite \(inf\)"),
    "too large": (spoilt(put(3, 50, 1e200)), r"row \d+, column \d+: the score 1e\+200 has no place"),
    "outside the range": (spoilt(put(3, 50, 1.5)), r"row \d+, column \d+: the score 1.5 is outside"),
    "half a matrix": (spoilt(half), r"the other way 0; each pair counts once"),
    "asymmetric": (spoilt(lambda v: v.__setitem__((3, 50), 0.9)), r" with i\w+ 0.899999976, and the other way 0"),
    "constant": (np.full((N, N), 0.25), r"all .* scores are 0.25"),
    "all failed": (np.full((N, N), np.nan), r"not one of 5,184 comparisons has a score"),
    "turned around": (1 - full(), r"is its direction 'distance'"),
    "whole numbers": (np.ones((N, N), dtype=int), r"numbers of the type int64; expected float16"),
    "objects": (np.full((N, N), None), r"cannot be read as a NumPy array: Array can't be memory-mapped"),
    "complex": (np.ones((N, N), dtype=complex), r"numbers of the type complex128"),
}


@pytest.mark.parametrize("case", BAD_MATRICES)
def test_a_wrong_matrix_is_one_line(case: str, tmp_path: Path) -> None:
    values, message = BAD_MATRICES[case]
    with pytest.raises(InputError) as caught:
        read(saved(tmp_path, values), own=card(range=(0, 1)))
    assert re.search(message, str(caught.value)) and "\n" not in str(caught.value), caught.value


def test_a_failure_in_one_direction_has_the_score_of_the_other(tmp_path: Path) -> None:
    values = full()
    values[3, 50] = np.nan
    found = read(saved(tmp_path, values))
    np.testing.assert_array_equal(found.score, expected())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, b: (a[:-1], b), r"a matrix of 24 x 48, but enrol.csv names 23 references and probe.csv 48 probes"),
        (lambda a, b: (b, a), r"24 x 48, but enrol.csv names 48 .* 24 probes; is it turned round\?"),
        (lambda a, b: ([*a[:-1], "nobody"], b), r"enrol.csv: line 25: no sample 'nobody'"),
        (lambda a, b: ([*a[:-1], a[0]], b), r"enrol.csv: line 25: '\w+' stands in the list already"),
        (lambda a, b: ([*a[:-1], b[0]], b), r"enrol.csv: line 25: '\w+' is no reference here"),
        (lambda a, b: ([*a[:-1], f"{a[-1]},x"], b), r"enrol.csv: line 25: 2 fields; expected one id a line"),
        (lambda _, b: ([], b), r"but enrol.csv names 0 references"),
    ],
)
def test_lists_that_do_not_fit_are_one_line(change: Callable[..., Any], message: str, tmp_path: Path) -> None:
    files = saved(tmp_path, full(SOME), SOME)
    a, b = (path.read_text().split()[1:] for path in files[1:])
    a, b = change(a, b)
    written(files[1], ["reference", *a])
    written(files[2], ["probe", *b])
    with pytest.raises(InputError, match=message):
        read(files, SOME)


def test_a_matrix_without_a_list_says_which(tmp_path: Path) -> None:
    files = saved(tmp_path, full(SOME), SOME)
    with pytest.raises(InputError, match=r"no list of the probe ids.*give probe.csv \(lists given: enrol.csv\)"):
        read(files[:2], SOME)
    with pytest.raises(InputError, match="several lists of the reference ids"):
        read([*files, written(tmp_path / "enrolled.csv", ["reference", "x"])], SOME)
    with pytest.raises(InputError, match="a second matrix; join them into one"):
        read([*files, files[0]], SOME)


def test_lists_without_a_header_are_told_by_their_names(tmp_path: Path) -> None:
    files = saved(tmp_path, full(SOME), SOME)
    bare = [written(tmp_path / f"{p.stem}_ids.txt", p.read_text().split()[1:]) for p in files[1:]]
    np.testing.assert_array_equal(read([files[0], *bare], SOME).score, expected(SOME))


def test_a_matrix_of_other_dimensions_or_cut_off_is_one_line(tmp_path: Path) -> None:
    files = saved(tmp_path, full(SOME), SOME)
    data = files[0].read_bytes()
    files[0].write_bytes(data[:-100])
    with pytest.raises(InputError, match=r"cannot be read as a NumPy array: .*; is it whole\?"):
        read(files, SOME)
    np.save(files[0], full(SOME)[None])
    with pytest.raises(InputError, match="3 dimensions; expected references x probes"):
        read(files, SOME)


A, B = str(IDS.exported[0]), str(IDS.exported[1])
BAD_LINES: dict[str, tuple[list[str], str]] = {
    "missing": (lines_of(SOME)[:-3], r"3 comparisons missing, the first reference i\w+ with probe"),
    "twice": ([*lines_of(SOME), lines_of(SOME)[7]], r"line 1154: '\w+' with '\w+': has a score already"),
    "itself": ([f"{A},{A},1", *lines_of(SOME)], rf"line 2: '{A}' with '{A}': a sample with itself"),
    "turned": ([f"{B},{A},1", *lines_of(SOME)], rf"line 2: '{B}' with '{A}': wanted the other way round"),
    "not asked": ([f"{A},{IDS.exported[3]},1", *lines_of(SOME)], r"line 2: .*: not asked for"),
    "stranger": ([f"{A},nobody,1", *lines_of(SOME)], r"line 2: probe: no sample 'nobody'"),
    "constant": ([f"{line.rpartition(',')[0]},1" for line in lines_of(SOME)], r"all 1,152 scores are 1"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_wrong_lines_are_one_line(case: str, tmp_path: Path) -> None:
    lines, message = BAD_LINES[case]
    with pytest.raises(InputError, match=message):
        read([written(tmp_path / "scores.csv", [HEAD, *lines])], SOME)


def test_twice_within_a_block_is_found_too(tmp_path: Path) -> None:
    lines = [HEAD, *lines_of(SOME)[:5], *lines_of(SOME)]
    with pytest.raises(InputError, match=r"line 7: .*already; .*$"):
        read([written(tmp_path / "scores.csv", lines)], SOME)


def test_symmetric_trials_miss_a_pair_that_neither_direction_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"1 comparisons missing, the first reference {IDS.exported[70]} with probe"):
        read([written(tmp_path / "scores.csv", [HEAD, *lines_of(both=False)[:-1]])])


def test_a_map_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    files = saved(tmp_path, full())
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        read_matrix(files, card(), IDS, RULED, tmp_path / "none" / "map")
