"""Every form in which scores of a list may come gives the same scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet as parquet_file
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facegap.outside import as_score, ids_of, pair_ids, read_listed
from facegap.outside import text as blocks_of_text
from facegap.outside.faults import Faults
from facegap.outside.ids import pair_numbers
from facegap.outside.numbers import Numbers
from facegap.outside.sources import Block
from facegap.records import ListedTrials, matches
from made_scores import IDS, KEY, PAIRS, SAMPLES, SCORES, TRIALS, card, pair_lines, sample_lines, written

OWN = SAMPLES.ids.tolist()


def rows() -> list[tuple[str, str, str]]:
    """Reference and probe by their exported ids, and the score."""
    a, b = (IDS.exported[side].tolist() for side in (TRIALS.reference, TRIALS.probe))
    return [(x, y, f"{s:.9g}") for x, y, s in zip(a, b, SCORES, strict=True)]


def own_rows() -> list[tuple[str, str, str]]:
    return [
        (OWN[a], OWN[b], f"{s:.9g}") for a, b, s in zip(TRIALS.reference, TRIALS.probe, SCORES.tolist(), strict=True)
    ]


FORMS: dict[str, Callable[[], list[str]]] = {
    "pairs": pair_lines,
    "samples": sample_lines,
    "names of columns in capitals": lambda: ["Pair, SCORE", *pair_lines()[1:]],
    "spaces": lambda: [line.replace(",", " , ") for line in pair_lines()],
    "empty lines between": lambda: [part for line in pair_lines() for part in (line, "", "  ")],
    "other order": lambda: ["score,pair", *(",".join(reversed(line.split(","))) for line in pair_lines()[1:])],
    "shuffled": lambda: [pair_lines()[0], *sorted(pair_lines()[1:])],
    "a column more": lambda: [f"{line},{'ms' if k == 0 else k}" for k, line in enumerate(pair_lines())],
    "quotes": lambda: [",".join(f'"{field}"' for field in line.split(",")) for line in pair_lines()],
    "semicolons": lambda: [line.replace(",", ";") for line in pair_lines()],
    "decimal commas": lambda: [line.replace(",", ";").replace(".", ",") for line in pair_lines()],
    "decimal commas in quotes": lambda: [
        "pair,score",
        *('{},"{}"'.format(*line.replace(".", ",").split(",", 1)) for line in pair_lines()[1:]),
    ],
    "what Excel writes first": lambda: ["sep=;", *(line.replace(",", ";") for line in pair_lines())],
    "tabs": lambda: [line.replace(",", "\t") for line in pair_lines()],
    "pair and samples": lambda: [
        "pair,reference,probe,score",
        *(f"{p},{','.join(r)}" for p, r in zip(PAIRS, rows(), strict=True)),
    ],
    "NIST, no header": lambda: [" ".join(row) for row in rows()],
    "NIST, a header": lambda: ["enrol probe score", *("  ".join(row) for row in rows())],
    "file names": lambda: ["reference,probe,score", *(f"images/clean/{a}.jpg,{b}.png,{s}" for a, b, s in rows())],
    "own ids": lambda: ["reference,probe,score", *(",".join(row) for row in own_rows())],
    "own ids without their ending": lambda: [
        "reference,probe,score",
        *(f"{a.removesuffix('.jpg')},{b},{s}" for a, b, s in own_rows()),
    ],
    "bob, four columns": lambda: [f"{a} - {b} {s}" for a, b, s in rows()],
    "bob, five columns": lambda: [f"client {a} somebody {b} {s}" for a, b, s in rows()],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_scores(form: str, tmp_path: Path) -> None:
    path = written(tmp_path / "scores.txt", FORMS[form]())
    found = read_listed([path], card(), IDS, TRIALS, PAIRS)
    np.testing.assert_array_equal(found.score, SCORES)
    assert found.findings == () and set(found.reason) == {""}


def test_bobs_clients_stand_for_their_one_reference(tmp_path: Path) -> None:
    one = [0, 3, 6, 9]
    trials = ListedTrials(np.repeat(one, 2), np.array([1, 4, 4, 7, 7, 10, 10, 1]))
    samples = SAMPLES.take(np.arange(len(SAMPLES)))
    named = ids_of(type(samples)(**{**vars(samples), "subjects": np.char.replace(samples.subjects, " ", "_")}), KEY)
    lines = [
        f"{named.subjects[a]} {named.subjects[b]} {named.own[b].removesuffix('.jpg').replace(' ', '_')} {k}.5"
        for k, (a, b) in enumerate(zip(trials.reference, trials.probe, strict=True))
    ]
    own = type(named)(
        exported=named.exported, own=np.char.replace(named.own, " ", "_"), subjects=named.subjects, secret=KEY
    )
    found = read_listed([written(tmp_path / "scores", lines)], card(), own, trials, None)
    assert found.score.tolist() == [k + 0.5 for k in range(8)]
    lines[0] = lines[0].replace("person_00 person_00", "person_00 person_05")
    with pytest.raises(Exception, match="line 1: real identity 'person_05', but the probe is another's"):
        read_listed([written(tmp_path / "scores", lines)], card(), own, trials, None)


def test_several_files_and_forms_are_one_set(tmp_path: Path) -> None:
    pairs, samples = pair_lines(), sample_lines()
    files = [
        written(tmp_path / "a.csv", pairs[:40]),
        written(tmp_path / "b.csv", [samples[0], *samples[40:70]]),
        written(tmp_path / "c.txt", [line.replace(",", " ") for line in samples[70:]]),
    ]
    np.testing.assert_array_equal(read_listed(files, card(), IDS, TRIALS, PAIRS).score, SCORES)


def test_line_ends_a_byte_order_mark_and_small_blocks_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scores.csv"
    for size in (1 << 22, 100, 31, 7):
        monkeypatch.setattr(blocks_of_text, "BLOCK", size)
        for end in (b"\n", b"\r\n", b"\r"):
            path.write_bytes(b"\xef\xbb\xbf" + end.join(line.encode() for line in pair_lines()) + end)
            found = read_listed([path], card(), IDS, TRIALS, PAIRS)
            np.testing.assert_array_equal(found.score, SCORES)
            assert not found.findings


def test_a_last_line_without_an_end_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes("\n".join(pair_lines()).encode())
    (finding,) = read_listed([path], card(), IDS, TRIALS, PAIRS).findings
    assert finding.rule == "scores-cut" and "was the file cut off within its last number?" in finding.message
    assert finding.kept()["message"] == "files of scores whose last line has no end"


def test_failures_stay_failures_with_their_reasons(tmp_path: Path) -> None:
    lines = [f"{line},{'reason' if k == 0 else ''}" for k, line in enumerate(pair_lines())]
    lines[1], lines[2], lines[3] = f"{PAIRS[0]},,no face", f"{PAIRS[1]},FTE,", f"{PAIRS[2]},-1.0,no face"
    path = written(tmp_path / "scores.csv", lines)
    found = read_listed([path], card(failures=("fte", "-1"), range=(0, 1)), IDS, TRIALS, PAIRS)
    assert np.flatnonzero(np.isnan(found.score)).tolist() == [0, 1, 2]
    assert found.reason[:4].tolist() == ["no face", "", "no face", ""]
    np.testing.assert_array_equal(found.score[3:], SCORES[3:])


def test_a_distance_is_negated(tmp_path: Path) -> None:
    lines = ["pair,score", *(f"{p},{1 - s:.9g}" for p, s in zip(PAIRS, SCORES.astype(float), strict=True))]
    found = read_listed([written(tmp_path / "d.csv", lines)], card("distance"), IDS, TRIALS, PAIRS)
    np.testing.assert_allclose(found.score, SCORES - 1, atol=1e-6)


def test_a_drawn_pair_may_be_named_either_way_round(tmp_path: Path) -> None:
    lines = ["reference,probe,score", *(f"{b},{a},{s}" for a, b, s in rows())]
    found = read_listed([written(tmp_path / "s.csv", lines)], card(), IDS, TRIALS, PAIRS, "drawn")
    np.testing.assert_array_equal(found.score, SCORES)


def test_few_values_among_the_highest_are_noted_with_the_rates_that_can_be_reached(tmp_path: Path) -> None:
    lines = ["pair,score", *(f"{p},{s:.1f}" for p, s in zip(PAIRS, SCORES.tolist(), strict=True))]
    found = read_listed([written(tmp_path / "s.csv", lines)], card(), IDS, TRIALS, PAIRS)
    (tied,) = found.findings
    assert tied.rule == "scores-tied"
    nonmated = np.round(SCORES.astype(float), 1)[SAMPLES.subjects[TRIALS.reference] != SAMPLES.subjects[TRIALS.probe]]
    values, counts = np.unique(nonmated, return_counts=True)
    steps = ", ".join(f"{rate:.3g}" for rate in np.cumsum(counts[::-1])[:3] / len(nonmated))
    assert tied.message == (
        f"the 60 highest of 60 non-mated scores have {len(values)} different values: the lowest FMRs above 0 that a "
        f"threshold can reach are {steps}"
    )


def test_scores_that_single_precision_does_not_tell_apart_are_noted(tmp_path: Path) -> None:
    lines = [
        "pair,score",
        *(f"{p},{1 - (1 - s) * 1e-9:.17g}" for p, s in zip(PAIRS, SCORES.astype(float), strict=True)),
    ]
    with pytest.raises(Exception, match="all 90 scores are 1"):
        read_listed([written(tmp_path / "s.csv", lines)], card(), IDS, TRIALS, PAIRS)
    lines[-1] = f"{PAIRS[-1]},0.5"
    found = read_listed([written(tmp_path / "s.csv", lines)], card(), IDS, TRIALS, PAIRS)
    assert [finding.rule for finding in found.findings] == ["scores-rounded", "scores-tied"]
    assert "60 different values as given, 2 in single precision" in found.findings[0].message


@pytest.mark.parametrize("text", ["0.7", "0.1", "0.30000001", "1e-3", "0.999999"])
@pytest.mark.parametrize("direction", ["similarity", "distance"])
def test_a_score_at_the_threshold_as_printed_is_a_match(text: str, direction: str, tmp_path: Path) -> None:
    """Whatever reaches the threshold in the vendor's own numbers reaches it here."""
    own = card(direction, vendor_threshold=float(text))
    sign = 1 if direction == "similarity" else -1
    better = np.nextafter(float(text), sign * math.inf)
    lines = [f"{PAIRS[0]},{text}", f"{PAIRS[1]},{float(better)!r}", *pair_lines()[3:]]
    if direction == "distance":
        lines[2:] = [f"{name},{1 - score:.9g}" for name, score in zip(PAIRS[2:], SCORES[2:].astype(float), strict=True)]
    found = read_listed([written(tmp_path / "s.csv", ["pair,score", *lines])], own, IDS, TRIALS, PAIRS)
    assert own.score_threshold is not None
    assert matches(found.score[:2], as_score(own.score_threshold)).all()
    assert as_score(float(text), own) == as_score(own.score_threshold)


@given(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30))
def test_rounding_never_turns_a_match_into_a_non_match(score: float, threshold: float) -> None:
    if score >= threshold:
        assert bool(matches(np.array([score], dtype=np.float32), as_score(threshold))[0])


def test_scores_just_below_the_vendors_threshold_are_counted(tmp_path: Path) -> None:
    lines = [*pair_lines()[:-2], f"{PAIRS[-2]},0.69999999", f"{PAIRS[-1]},0.6999999"]
    found = read_listed([written(tmp_path / "s.csv", lines)], card(vendor_threshold=0.7), IDS, TRIALS, PAIRS)
    messages = [finding.message for finding in found.findings]
    assert messages[0].startswith("1 score below the vendor's threshold by less than single precision tells")


def parquet(path: Path, **columns: object) -> Path:
    parquet_file.write_table(pyarrow.table(columns), path)
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64", "text"])
def test_parquet_is_read_as_csv_is(dtype: str, tmp_path: Path) -> None:
    scores = [None if k == 3 else float(score) for k, score in enumerate(SCORES)]
    texts = ["" if score is None else f"{score:.9g}" for score in scores]
    column = texts if dtype == "text" else pyarrow.array(scores, type=getattr(pyarrow, dtype)())
    path = parquet(tmp_path / "s", pair=PAIRS.tolist(), score=column, reason=["lost"] * len(PAIRS))
    found = read_listed([path], card(), IDS, TRIALS, PAIRS)
    wanted = SCORES.copy()
    wanted[3] = np.nan
    np.testing.assert_array_equal(found.score, wanted)
    assert found.reason[3] == "lost" and found.reason[4] == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [0.5]}, r"line 1: no column 'score', is it 'scores'\?"),
        ({"score": [math.nan]}, "line 1: the score is not a number"),
        ({"score": [math.inf]}, "line 1: the score is infinite"),
        ({"score": ["x"]}, "line 1: the score 'x' is not a number"),
    ],
)
def test_wrong_parquet_is_one_line(change: dict[str, object], message: str, tmp_path: Path) -> None:
    path = parquet(tmp_path / "s", pair=[str(PAIRS[0])], **change)
    with pytest.raises(Exception, match=message):
        read_listed([path], card(), IDS, TRIALS, PAIRS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Exception, match="cannot be read as Parquet"):
        read_listed([path], card(), IDS, TRIALS, PAIRS)


WORDS = st.text(alphabet='ab1.,;\t "\x1c\u00a0', max_size=5)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from(",;\t "))
@example([["1", "1\x1c"]], " ")
def test_columns_that_are_cut_at_once_are_those_of_single_lines(rows: list[list[str]], mark: str) -> None:
    lines = [mark.join(row) for row in rows]
    width = lines[0].count(mark) + 1
    found = blocks_of_text.even_columns(lines, mark, width)
    if found is not None and width > 1:
        single = blocks_of_text.rows_of(Path("x"), lines, mark, 1)
        assert [list(column) for column in zip(*single, strict=True)] == found


NUMBER = st.one_of(
    st.floats(-1e30, 1e30).map(repr),
    st.sampled_from(
        ["", "FTE", "-1", "1.", ".5", "+2", "1e3", "1E-3", " 7 ", "1,5", "nan", "inf", "1e400", "1_0", "0x1", "--1"]
    ),
)


@given(st.lists(NUMBER, min_size=1, max_size=5))
def test_numbers_that_are_read_at_once_are_those_of_single_ones(texts: list[str]) -> None:
    """A block by itself, and each of its texts as a block of its own."""
    own = card(failures=("FTE", "-1"))

    def read(part: list[str]) -> tuple[list[float], list[bool], int]:
        faults = Faults()
        block = Block(path=Path("x"), file=0, lines=np.arange(len(part)), columns={"score": part})
        found = Numbers(own, faults).read(block)
        return found.exact.tolist(), found.usable.tolist(), len(faults)

    marks = {mark for text in texts for mark in ",." if mark in text}
    if len(marks) < 2:
        whole, single = read(texts), [read([text]) for text in texts]
        np.testing.assert_array_equal(whole[0], [one[0][0] for one in single])
        assert whole[1] == [one[1][0] for one in single] and whole[2] == sum(one[2] for one in single)
        for text, value, usable in zip(texts, whole[0], whole[1], strict=True):
            if usable and not math.isnan(value):
                assert value == float(text.replace(",", "."))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_ids_of_pairs_are_numbers_and_nothing_else_is(numbers: list[int]) -> None:
    names = [f"p{number:016x}" for number in numbers]
    assert pair_numbers(names).tolist() == numbers
    assert pair_numbers([*names, "p 123456789abcdef", "p1234", "", "q0123456789abcdef"]).tolist() == [
        *numbers,
        0,
        0,
        0,
        0,
    ]


def test_ids_are_those_of_no_results_folder_and_of_no_other_kind() -> None:
    from facegap.evidence import opaque

    ours = {name[1:] for name in IDS.exported} | {name[1:] for name in PAIRS}
    assert len(ours) == len(SAMPLES) + len(TRIALS)
    assert not ours & set(opaque(SAMPLES, KEY).ids) and not ours & set(opaque(SAMPLES, KEY).subjects)
    assert not set(ids_of(SAMPLES, bytes(range(1, 33))).exported) & set(IDS.exported)
    again = ListedTrials(np.append(TRIALS.reference, TRIALS.reference[0]), np.append(TRIALS.probe, TRIALS.probe[0]))
    assert len(set(pair_ids(IDS, again))) == len(again)
