"""What OFIQ's command writes: read, joined by file, and refused line by line where it is not that."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facegap.errors import InputError
from facegap.outside import read_ofiq

PICTURES = np.array(["photo/001.jpg", "photo/002.jpg", "selfie/001.jpg"])
# The header ends with a semicolon, the lines do not: so OFIQSampleApp.cpp (release 1.0.3) writes them.
HEAD = (
    "Filename;UnifiedQualityScore;Sharpness;LuminanceMean;"
    "UnifiedQualityScore.scalar;Sharpness.scalar;LuminanceMean.scalar;assessment_time_in_ms;\n"
)
GOOD = (
    HEAD
    + "/data/photo/001.jpg;27.1;-18.2;0.31;62;99;91;412\n"
    + "/data/photo/002.jpg;24.5;-3.5;0.22;41;47;63;398\n"
    + "/data/selfie/001.jpg;0;0;0.4;-1;-1;97;120\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "OFIQ.csv"
        path.write_bytes(text.encode())
        return path

    return written


def test_values_are_joined_by_file(write: Callable[[str], Path]) -> None:
    found = read_ofiq(write(GOOD), PICTURES)
    assert list(found.values) == [
        f"OFIQ.{name}{ending}"
        for ending in ("", ".scalar")
        for name in ("UnifiedQualityScore", "Sharpness", "LuminanceMean")
    ]
    np.testing.assert_allclose(found.values["OFIQ.Sharpness"], [-18.2, -3.5, np.nan], rtol=1e-6)
    np.testing.assert_array_equal(found.values["OFIQ.Sharpness.scalar"], [99, 47, np.nan])
    np.testing.assert_allclose(found.values["OFIQ.LuminanceMean"], [0.31, 0.22, 0.4], rtol=1e-6)
    assert found.findings == ()


@pytest.mark.parametrize(
    "names",
    [
        ("photo/001.jpg", "photo/002.jpg", "selfie/001.jpg"),
        ("C:\\data\\photo\\001.jpg", "C:\\data\\photo\\002.jpg", "C:\\data\\selfie\\001.jpg"),
        ("./photo/001.jpg", "002.jpg", "selfie/001.jpg"),
    ],
)
def test_a_file_is_known_by_the_end_of_its_name(write: Callable[[str], Path], names: tuple[str, ...]) -> None:
    lines = "".join(f"{name};{k};1;1;1;1;1;9\n" for k, name in enumerate(names))
    np.testing.assert_array_equal(
        read_ofiq(write(HEAD + lines), PICTURES).values["OFIQ.UnifiedQualityScore"], [0, 1, 2]
    )


def test_what_fits_nothing_is_counted(write: Callable[[str], Path]) -> None:
    found = read_ofiq(write(GOOD.replace("photo/002.jpg", "photo/009.jpg")), PICTURES)
    assert np.isnan(found.values["OFIQ.Sharpness"][1])
    assert [(one.rule, one.count) for one in found.findings] == [("ofiq-no-line", 1), ("ofiq-no-picture", 1)]


LINE = GOOD.splitlines()[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty; expected what OFIQ's command writes, beginning with Filename;"),
        (HEAD, "a header and no line of a picture"),
        (GOOD.replace(";", ","), "line 1: expected OFIQ's header, .* (separated by commas: OFIQ writes semicolons)"),
        (GOOD.removeprefix(HEAD), "line 1: expected OFIQ's header, Filename;UnifiedQualityScore;..., found '/data"),
        ("Filename;assessment_time_in_ms;\nphoto/001.jpg;3\n", "line 1: no quality value"),
        (GOOD.replace("Sharpness.scalar", "Sharpnes.scalar"), "line 1: 'Sharpness' has no column 'Sharpness.scalar'"),
        (GOOD.replace(";LuminanceMean;", ";Sharpness;"), "line 1: column 'Sharpness' is there twice"),
        (HEAD + LINE.rpartition(";")[0].rpartition(";")[0] + "\n", "line 2: expected 8 values, found 6"),
        (HEAD + LINE + ";7;8\n", "line 2: expected 8 values, found 10"),
        (HEAD + LINE.replace("/data/photo/001.jpg", " ") + "\n", "line 2: no file name"),
        (GOOD.replace("27.1", "27,1"), "line 2: UnifiedQualityScore: expected a number, found '27,1'; decimals"),
        (GOOD.replace("27.1", "high"), "line 2: UnifiedQualityScore: expected a number, found 'high'"),
        (GOOD.replace("27.1", ""), "line 2: UnifiedQualityScore: expected a number, found ''"),
        (GOOD.replace("27.1", "nan"), "line 2: UnifiedQualityScore: expected a finite number, found 'nan'"),
        (GOOD.replace(";47;", ";147;"), "line 3: Sharpness.scalar: expected 0 to 100, or -1, found 147"),
        (GOOD + GOOD, "line 5: a second header"),
        (GOOD + LINE + "\n", "lines 2 and 5 are of one picture, '/data/photo/001.jpg'"),
        (HEAD + LINE.replace("/data/photo/", "") + "\n", "line 2: '001.jpg' may be 2 pictures of the data set"),
        (HEAD + LINE.replace("001.jpg", "7.jpg") + "\n", "not one of 1 line is of a picture of the data set"),
        ("PK\x03\x04", "a spreadsheet or an archive"),
        (GOOD.replace("27.1", "\0"), "line 2: a NUL character"),
    ],
)
def test_every_kind_of_bad_file_has_its_line(write: Callable[[str], Path], text: str, said: str) -> None:
    pattern = re.escape(said).replace(r"\.\*", ".*")
    with pytest.raises(InputError, match=pattern) as problem:
        read_ofiq(write(text), PICTURES)
    assert "\n" not in str(problem.value) and "OFIQ.csv" in str(problem.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file"):
        read_ofiq(tmp_path / "none.csv", PICTURES)
