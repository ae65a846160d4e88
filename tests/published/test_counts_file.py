"""Published tables as they are printed: what is read, and one bad file for every rule with its message."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap.errors import InputError
from facegap.published import PublishedCounts, read_counts

Write = Callable[..., Path]

HEAD = "group,errors,trials"


def groups(read: PublishedCounts, *columns: str) -> dict[str, tuple[int | None, int | None]]:
    """Group -> errors, trials of one grouping of the first table."""
    by_columns = next(iter(read.rows.values()))
    return {row.group: (row.errors, row.trials) for row in by_columns[columns]}


def test_the_smallest_table(write: Write) -> None:
    read = read_counts(write(HEAD, "a,1,100", "b,2,100"))
    assert groups(read, "group") == {"a": (1, 100), "b": (2, 100)}
    assert read.remarks == ("groups by group", "the table does not say which error rate it holds")


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), (";", "utf-16")]
)
def test_what_spreadsheets_save(write: Write, delimiter: str, encoding: str) -> None:
    lines = [delimiter.join(cells.split(",")) for cells in (HEAD, "Schwarz,1,100", "Weiß,2,100", ",,")]
    assert groups(read_counts(write(*lines, encoding=encoding)), "group") == {"Schwarz": (1, 100), "Weiß": (2, 100)}


def test_labels_beside_each_other_are_summed_up_by_each(write: Write) -> None:
    read = read_counts(
        write("race,sex,errors,trials", "b,f,4,100", "b,m,3,100", "w,f,2,100", "w,m,1,100", "all,all,10,400")
    )
    assert read.groupings == (("race", "sex"), ("race",), ("sex",))
    assert groups(read, "race", "sex")["b, f"] == (4, 100)
    assert groups(read, "race") == {"b": (7, 200), "w": (3, 200)}
    assert groups(read, "sex") == {"f": (6, 200), "m": (4, 200)}


def test_groupings_printed_one_beneath_the_other(write: Write) -> None:
    read = read_counts(write("race,sex,errors,trials", "b,all,7,200", "w,all,3,200", "total,f,6,200", "total,m,4,200"))
    assert read.groupings == (("race",), ("sex",))
    assert groups(read, "sex") == {"f": (6, 200), "m": (4, 200)}


def test_a_rate_in_place_of_errors(write: Write) -> None:
    """0.12 % of 2,500 is three errors and of no other number; 1/60000 has no trials, so nothing is counted."""
    read = read_counts(write("group,rate,trials", "a,0.12 %,2500", "b,1/60000,"))
    assert groups(read, "group") == {"a": (3, 2500), "b": (None, None)}
    rows = next(iter(read.rows.values()))[("group",)]
    assert rows[1].rate == pytest.approx(1 / 60000)
    assert [row.errors_from_rate for row in rows] == [True, False]
    assert "errors computed from the printed rate and the trials in line 2" in read.remarks


def test_columns_that_name_no_groups_are_left_aside_by_name(write: Write) -> None:
    path = write("group,errors,trials,low,source", "a,1,100,0.001,x", "b,2,100,0.002,y")
    read = read_counts(path, ["group"])
    assert groups(read, "group") == {"a": (1, 100), "b": (2, 100)}
    assert "not read: low, source" in read.remarks


def test_several_tables_in_one_file(write: Write) -> None:
    read = read_counts(write(f"{HEAD},metric,model", "a,1,100,fnmr,x", "a,1,90,FMR,x", "a,2,100,FNMR,y"))
    assert list(read.rows) == [("x", "", "FNMR", ""), ("x", "", "FMR", ""), ("y", "", "FNMR", "")]


BAD = [
    ([], "the file is empty; expected a header with group, errors, trials"),
    ([HEAD], "no line below the header"),
    (["group,error,trials", "a,1,2"], "line 1: no column 'errors', did you mean 'error'?"),
    (["group,errors", "a,1"], "line 1: no column 'trials'"),
    (["errors,trials", "1,2"], "line 1: no column that names the groups"),
    (["group,errors,trials,", "a,1,2,"], "line 1: column 4 has no name"),
    (["group,errors,errors,trials", "a,1,1,2"], "line 1: column 'errors' stands there twice"),
    (["group,errors,rate", "a,1,0.1"], "line 1: errors without a column 'trials'"),
    ([f"{HEAD},low", "a,1,100,0.1"], "line 1: column 'low' holds numbers and would name groups; say which columns do"),
    ([HEAD, "a,1"], "line 2: 2 cells, expected 3 as in the header"),
    ([HEAD, ",1,2"], "line 2: group: blank; expected the group's name, or 'all' for a sum over this label"),
    ([HEAD, f"{'x' * 300},1,2"], "line 2: group: 300 characters; expected a name of at most 200"),
    ([HEAD, 'a,"1,263",2000'], "line 2: errors: '1,263'; write 1263, without thousands marks"),
    ([HEAD, "a,1.263,2000"], "line 2: errors: '1.263'; write 1263, without thousands marks"),
    ([HEAD, "a,1 263,2000"], "line 2: errors: '1 263'; write 1263, without thousands marks"),
    ([HEAD, "a,-1,2"], "line 2: errors: expected a whole number of 0 or more, found '-1'"),
    ([HEAD, "a,1.5,2"], "line 2: errors: expected a whole number of 0 or more, found '1.5'"),
    ([HEAD, "a,nan,2"], "line 2: errors: expected a whole number of 0 or more, found 'nan'"),
    ([HEAD, "a,3,2"], "line 2: 3 errors among 2 trials"),
    ([HEAD, "a,3,"], "line 2: 3 errors and no trials; without trials give the rate alone"),
    ([HEAD, "a,,3"], "line 2: neither errors nor a rate"),
    ([HEAD, "a,1,2", "a,1,2"], "line 3: 'a' stands in line 2 already"),
    ([f"{HEAD},people", "a,1,20,30"], "line 2: 30 people behind 20 trials; give the people who took part"),
    ([f"{HEAD},people", "a,1,20,0"], "line 2: people: 0 behind 20 trials; leave it blank where it is not known"),
    ([f"{HEAD},metric", "a,1,20,FNRM"], "line 2: metric: 'FNRM', did you mean 'FNMR'?; expected one of FNMR, FMR"),
    (["group,rate,trials", "a,0.12 %,7"], "line 2: no number of errors among 7 trials has the rate 0.12 %"),
    (["group,rate,trials", "a,12,"], "line 2: rate: '12' is more than all; write a share such as 0.0012, or 0.12 %"),
    (["group;rate;trials", "a;0,12 %;7"], "line 2: rate: '0,12' has a comma, and the decimal mark is a point"),
    (["group,rate,trials", "a,low,7"], "line 2: rate: 'low' is no number; write 0.0012, 0.12 % or 1/10000"),
    ([f"{HEAD},rate", "a,5,100,0.5 %"], "line 2: the rate 0.5 % is not that of 5 errors among 100 trials"),
    (
        [HEAD, "a,6,100", "b,5,100", "all,10,200"],
        "line 4: 10 errors over everyone, but the lines that it sums up (2, 3)",
    ),
    ([HEAD, "all,1,2"], "every line is over everyone; expected lines of groups"),
    ([HEAD, 'a,"1,2'], "not a CSV table: unexpected end of data"),
    ([HEAD, "a\0,1,2"], "holds NUL characters"),
]


@pytest.mark.parametrize(("lines", "message"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_every_rule_has_its_line(write: Write, lines: list[str], message: str) -> None:
    path = write(*lines)
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        read_counts(path)


def test_labels_that_are_not_there(write: Write) -> None:
    with pytest.raises(InputError, match="line 1: no label 'grup', did you mean 'group'"):
        read_counts(write(HEAD, "a,1,2"), ["grup"])


def test_files_that_are_none(tmp_path: Path, write: Write) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_counts(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no such file"):
        read_counts(tmp_path)
    with pytest.raises(InputError, match="byte 20 is not UTF-8"):
        read_counts(write(HEAD, "\xe9,1,2", encoding="latin-1"))
