"""The data dictionary: what every table is and what its columns mean, from the row classes alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

from facegap.schema.column import BESIDE, JUDGED, ROWS, Column, Row, columns_of

_HEAD = """\
# What the tables mean

A rate stands beside its errors, trials, people and interval; a blank rate has its reason in `note`. Every rate exists
twice: by comparisons, errors / trials, as NIST prints it; and by people (`by_people`), where someone with 500 pictures
counts as much as someone with two. `caution` says why to read a row with care. Numbers are written in full; what is
shown to people is rounded to the digits below. Keys say which row it is.
`samples.csv` is the trace of the input: opaque ids of sample and subject, the digest of the picture's file, its role,
a column `group <label>` for each label, `relation <name>` for each relation, whose values are opaque too, and
`observed <name>` for each recorded condition that the study states.
"""


def dictionary(names: Sequence[str] | None = None) -> str:
    """The declared tables of these names, or all of a run, with their columns, in Markdown."""
    rows = ROWS.values() if names is None else [(ROWS | JUDGED | BESIDE)[name] for name in names]
    return "\n".join([*([_HEAD] if names is None else []), *(line for row in rows for line in _table(row))])


def about(row: type[Row]) -> str:
    """What a row of the table is: the first paragraph of the class."""
    return " ".join(inspect.cleandoc(row.__doc__ or "").split("\n\n")[0].split())


def _table(row: type[Row]) -> Iterator[str]:
    without = f" No cautions: {row.no_caution}." if row.no_caution else ""
    yield from (f"## {row.table}.csv", "", about(row) + without, "", "| column | kind | unit | digits | meaning |")
    yield "|---|---|---|---|---|"
    yield from (_line(column) for column in columns_of(row))
    yield ""


def _line(column: Column) -> str:
    says = column.says
    kind = (
        f"{column.kind}, key"
        if says.key
        else f"{column.kind} or blank"
        if column.blank and column.kind != "text"
        else column.kind
    )
    meaning = says.meaning.replace("|", "\\|")
    return f"| `{column.name}` | {kind} | {says.unit} | {says.digits if says.digits is not None else ''} | {meaning} |"
