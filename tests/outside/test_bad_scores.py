"""Wrong files of scores of a list: each kind with its line and its message."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facegap.cards.outside import ScoresCard
from facegap.errors import FacegapError, InputError
from facegap.outside import read_listed
from made_scores import IDS, PAIRS, SAMPLES, SCORES, TRIALS, card, pair_lines, sample_lines

Lines = list[str]


def changed(number: int, line: str, lines: Callable[[], Lines] = pair_lines) -> bytes:
    """The good file with another line `number`."""
    found = lines()
    found[number - 1] = line
    return text(found)


def added(*lines: str, to: Callable[[], Lines] = pair_lines) -> bytes:
    return text([*to(), *lines])


def text(lines: Lines) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def scored(score: str, number: int = 5) -> bytes:
    """The good file with another score in line `number`."""
    return changed(number, f"{PAIRS[number - 2]},{score}")


A, B = (str(IDS.exported[side[0]]) for side in (TRIALS.reference, TRIALS.probe))
C = str(IDS.exported[70])
P = PAIRS.tolist()
ALL = len(P)

SIMILARITY = card()
CASES: dict[str, tuple[bytes, str, ScoresCard]] = {
    "empty": (b"", r"empty; expected scores", SIMILARITY),
    "empty lines": (b"\n \n\n", r"only empty lines", SIMILARITY),
    "header alone": (b"pair,score\n", r"no row behind its header", SIMILARITY),
    "byte order mark alone": (b"\xef\xbb\xbf", r"only empty lines", SIMILARITY),
    "no header": (text(pair_lines()[1:]), rf"line 1: no header: expected pair,score .* found '{P[0]}'", SIMILARITY),
    "near name": (changed(1, "pair,scores"), r"line 1: no column 'score', is it 'scores'\?", SIMILARITY),
    "near name of a pair": (changed(1, "pairs,score"), r"line 1: no column 'pair', is it 'pairs'\?", SIMILARITY),
    "other columns": (changed(1, "left,right"), r"line 1: no header: expected pair,score", SIMILARITY),
    "no probe": (
        text(["reference,score", f"{A},1"]),
        r"line 1: no column '(probe|pair)'.*found 'reference', 'score'",
        SIMILARITY,
    ),
    "column twice": (changed(1, "score,score"), r"line 1: column 'score' stands twice", SIMILARITY),
    "one line missing": (
        text(pair_lines()[:-1]),
        rf"1 of {ALL} comparisons missing, the first pair {P[-1]}",
        SIMILARITY,
    ),
    "many missing": (text(pair_lines()[:-10]), rf"10 of {ALL} comparisons missing, the first pair p", SIMILARITY),
    "twice": (added(f"{P[3]},0.5"), rf"line {ALL + 2}: pair {P[3]} .*: has a score already", SIMILARITY),
    "twice and the same": (added(pair_lines()[4]), rf"line {ALL + 2}: pair {P[3]} .*already", SIMILARITY),
    "unknown pair": (added("p00,0.5"), rf"line {ALL + 2}: no pair 'p00'", SIMILARITY),
    "pair that a spreadsheet changed": (changed(5, "1.23E+15,0.5"), r"line 5: no pair '1.23E\+15'", SIMILARITY),
    "pair in place of a sample": (
        changed(5, f"{P[0]},{B},0.5", sample_lines),
        rf"line 5: reference: no sample '{P[0]}'",
        SIMILARITY,
    ),
    "stranger": (added(f"{A},nobody,0.5", to=sample_lines), r"probe: no sample 'nobody'", SIMILARITY),
    "stranger that is near": (
        added(f"{A.upper()},{C},0.5", to=sample_lines),
        rf"line {ALL + 2}: reference: no sample .*there is '{A}'",
        SIMILARITY,
    ),
    "itself": (
        added(f"{A},{A},1", to=sample_lines),
        rf"line {ALL + 2}: '{A}' with '{A}': a sample with itself",
        SIMILARITY,
    ),
    "turned": (changed(2, f"{B},{A},0.5", sample_lines), r"line 2: .*: wanted the other way round", SIMILARITY),
    "not asked": (added(f"{A},{C},0.5", to=sample_lines), rf"line {ALL + 2}: .*: not asked for", SIMILARITY),
    "word": (scored("high"), r"line 5: the score 'high' is not a number; write a number", SIMILARITY),
    "nan": (scored("nan"), r"line 5: the score is not a number \('nan'\).*name it in the card's failures", SIMILARITY),
    "infinite": (scored("inf"), r"line 5: the score is infinite \('inf'\)", SIMILARITY),
    "minus infinity": (scored("-Infinity"), r"line 5: the score is infinite", SIMILARITY),
    "too large for double precision": (scored("1e999"), r"line 5: the score '1e999' has no place", SIMILARITY),
    "too large for single precision": (scored("1e300"), r"line 5: the score 1e\+300 has no place", SIMILARITY),
    "underscore": (scored("1_0"), r"line 5: the score '1_0' is not a number", SIMILARITY),
    "digits of another script": (scored("٠.٥"), r"line 5: the score .* is not a number", SIMILARITY),
    "hexadecimal": (scored("0x1p-1"), r"line 5: the score '0x1p-1' is not a number", SIMILARITY),
    "two numbers": (scored("0.5 0.6"), r"line 5: the score '0.5 0.6' is not a number", SIMILARITY),
    "percent": (scored("50%"), r"line 5: the score '50%' is not a number", SIMILARITY),
    "above the range": (scored("1.5"), r"line 5: the score 1.5 is outside the card's \[0, 1\]", card(range=(0, 1))),
    "below the range": (scored("-0.1"), r"line 5: the score -0.1 is outside", card(range=(0, 1))),
    "unknown failure word": (scored("FTE"), r"line 5: the score 'FTE' is not a number", card(failures=("FAIL",))),
    "all failed": (
        text(["pair,score", *(f"{p}," for p in P)]),
        rf"not one of {ALL} comparisons has a score",
        SIMILARITY,
    ),
    "constant": (text(["pair,score", *(f"{p},0.5" for p in P)]), rf"all {ALL} scores are 0.5", SIMILARITY),
    "turned around": (text(pair_lines(-SCORES)), r"in 0.0% of the cases.*is its direction 'distance'", SIMILARITY),
    "distance turned around": (text(pair_lines()), r"is its direction 'similarity'", card("distance")),
    "too few fields": (changed(5, P[3]), r"line 5: 1 fields, expected 2", SIMILARITY),
    "too many fields": (changed(5, f"{P[3]},0.5,x"), r"line 5: 3 fields, expected 2; write every", SIMILARITY),
    "decimal comma without quotes": (
        changed(5, f"{P[3]},0,5"),
        r"line 5: 3 fields, expected 2: a decimal comma\?",
        SIMILARITY,
    ),
    "comma and point": (
        changed(5, f'{P[3]},"0,5"'),
        r"line 5: '0,5' has a comma, others in this file a decimal",
        SIMILARITY,
    ),
    "point after commas": (
        text(["pair;score", f"{P[0]};0,5", *(f"{p};0.25" for p in P[1:])]),
        r"line 3: '0.25' has a decimal point",
        SIMILARITY,
    ),
    "thousands": (
        text(["pair;score", f"{P[0]};1,234"]),
        r"line 2: '1,234': a decimal comma, or thousands\?",
        SIMILARITY,
    ),
    "both marks": (text(["pair;score", f"{P[0]};1.234,5"]), r"line 2: the score '1.234,5' is not a number", SIMILARITY),
    "UTF-16": ("\ufeffpair,score\n".encode("utf-16-le"), r"UTF-16; save it as UTF-8", SIMILARITY),
    "UTF-16 without a mark": ("pair,score\n".encode("utf-16-le"), r"line 1: a NUL character", SIMILARITY),
    "Latin-1": (
        added("Jürgen,0.5").decode().encode("latin-1"),
        rf"line {ALL + 2}: not UTF-8 \(byte 0xfc\)",
        SIMILARITY,
    ),
    "NUL": (scored("0.5\0"), r"line 5: a NUL character", SIMILARITY),
    "line break in a field": (changed(5, f'"{P[3]}\n",0.5'), r"line 5: a quoted field does not end", SIMILARITY),
    "quote that never ends": (changed(5, f'"{P[3]},0.5'), r"line 5: a quoted field does not end", SIMILARITY),
    "text behind a quote": (changed(5, f'"{P[3]}"x,0.5'), r"line 5: a quoted field does not end", SIMILARITY),
    "gigantic line": (scored("0" * 70_000), r"line 5: more than 65,536 characters", SIMILARITY),
    "gigantic file of one line": (b"pair,score" * 1_000_000, r"line 1: more than 65,536 characters", SIMILARITY),
    "gzip": (b"\x1f\x8b\x08", r"packed with gzip; unpack it first", SIMILARITY),
    "spreadsheet": (b"PK\x03\x04", r"a spreadsheet or an archive; save it as CSV", SIMILARITY),
    "array": (b"\x93NUMPY", r"a NumPy array, which belongs to trials by rule", SIMILARITY),
    "text of six columns": (b"a b c d e 0.5\n", r"line 1: 6 fields and no header", SIMILARITY),
    "a name with a space": (
        f"{A} {B} 0.5\n{A} the probe 0.5\n".encode(),
        r"line 2: 4 fields, expected 3: a name with",
        SIMILARITY,
    ),
    "client without a reference": (
        f"nobody nobody {B} 0.5\n".encode(),
        r"line 1: claimed: no sample 'nobody'",
        SIMILARITY,
    ),
    "another real identity": (
        text([f"{A} - {B} 0.9", f"{A} {SAMPLES.subjects[70].replace(' ', '_')} {B} 0.9"]),
        r"line 2: .*has a score already",
        SIMILARITY,
    ),
    "pair of other samples": (
        text(["pair,reference,probe,score", f"{P[0]},{A},{C},0.5"]),
        rf"line 2: pair '{P[0]}' is of other samples",
        SIMILARITY,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_is_one_line_that_says_where(case: str, tmp_path: Path) -> None:
    data, message, own = CASES[case]
    path = tmp_path / "scores.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_listed([path], own, IDS, TRIALS, PAIRS)
    said = str(caught.value)
    assert said.startswith(f"{path}: ") and "\n" not in said
    assert re.search(message, said), said


def test_the_first_problem_comes_first_and_all_are_counted(tmp_path: Path) -> None:
    lines = pair_lines()
    lines[7], lines[3] = f"{P[6]},inf", "p00,0.5"
    path = tmp_path / "scores.csv"
    path.write_bytes(text([*lines, f"{P[0]},0.1", f"{P[0]},0.2"]))
    with pytest.raises(InputError) as caught:
        read_listed([path], card(), IDS, TRIALS, PAIRS)
    assert str(caught.value) == (
        f"{path}: line 4: no pair 'p00'; use the ids in pairs.csv; in all: 1 x unknown pair (first: line 4), 1 x "
        "infinite score (first: line 8), 2 x comparison that has a score already "
        f"(first: line {ALL + 2}), 1 x missing comparison"
    )


def test_faults_of_several_files_are_of_the_file_where_they_stand(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(text(pair_lines()[:50]))
    second.write_bytes(text(["pair,score", *pair_lines()[49:]]))
    with pytest.raises(InputError, match=rf"b.csv: line 2: pair {P[48]} .*: has a score already"):
        read_listed([first, second], card(), IDS, TRIALS, PAIRS)


@pytest.mark.parametrize(
    ("path", "message"), [("none.csv", "cannot be read: No such file"), (".", "cannot be read: Is a")]
)
def test_what_cannot_be_opened_is_one_line(path: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read_listed([tmp_path / path], card(), IDS, TRIALS, PAIRS)


def test_no_file_is_said() -> None:
    with pytest.raises(InputError, match="no file; give the files that the vendor sent"):
        read_listed([], card(), IDS, TRIALS, PAIRS)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    path.write_bytes(b"PAR1 and so on PAR1")
    with pytest.raises(FacegapError, match=r"install facegap\[parquet\]|cannot be read as Parquet"):
        read_listed([path], card(), IDS, TRIALS, PAIRS)


def test_every_line_end_and_every_block_counts_lines_alike(tmp_path: Path) -> None:
    """The line of a fault does not depend on how the file ends its lines."""
    for end in ("\n", "\r\n", "\r"):
        lines = pair_lines()
        lines[41] = f"{P[40]},x"
        path = tmp_path / "scores.csv"
        path.write_bytes(end.join(lines).encode())
        with pytest.raises(InputError, match="line 42: the score 'x'"):
            read_listed([path], card(), IDS, TRIALS, PAIRS)


def test_a_listed_pair_that_is_named_by_its_id_is_not_lent_to_its_double(tmp_path: Path) -> None:
    """Of a comparison that is listed twice each has a score of its own where ids name them."""
    from facegap.outside import pair_ids
    from facegap.records import ListedTrials

    again = ListedTrials(np.append(TRIALS.reference, TRIALS.reference[0]), np.append(TRIALS.probe, TRIALS.probe[0]))
    pairs = pair_ids(IDS, again)
    path = tmp_path / "scores.csv"
    path.write_bytes(text(pair_lines()))
    with pytest.raises(InputError, match=rf"1 of {ALL + 1} comparisons missing, the first pair {pairs[-1]}"):
        read_listed([path], card(), IDS, again, pairs)
    path.write_bytes(text(sample_lines()))
    found = read_listed([path], card(), IDS, again, pairs)
    assert found.score[-1] == found.score[0]
    path.write_bytes(added(f"{A},{B},0.123", to=sample_lines))
    with pytest.raises(
        InputError, match=rf"line {ALL + 2}: .*another score than before; name comparisons by their pair"
    ):
        read_listed([path], card(), IDS, again, pairs)
