"""A table of counts as somebody printed it: `group, errors, trials` and what else is known, read from a CSV file.

Columns that are no number or name of this list are labels, so that "ethnicity" and "gender" beside each other name a
group. A label of "all" (total, overall, everyone) marks a sum over that label: rows are then compared with what they
sum up, and a table that contradicts itself is refused with its lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facegap.datasets.tables import separator_of
from facegap.errors import InputError
from facegap.published.line import PublishedRow
from facegap.published.printed import errors_of, printed_rate, whole_number
from facegap.published.sums import groupings_of
from facegap.words import did_you_mean, plural

NUMBERS = ("errors", "trials", "people", "rate")
NAMES = ("metric", "threshold", "condition", "model")
KNOWN = (*NUMBERS, *NAMES)

METRICS = ("FNMR", "FMR", "FTA", "FTE", "FNIR", "FPIR", "FRR", "FAR")
"""FRR and FAR are those of whole transactions and stay what the table calls them: no FNMR, no FMR."""
OF_TWO_PEOPLE = ("FMR", "FAR")
ANY_ERROR = "error rate"
"""The metric of a table that names none."""

ALL = ("all", "total", "overall", "everyone", "sum")
MOST_BYTES, MOST_ROWS = 16 << 20, 20_000
_LONGEST_LABEL = 200


@dataclass(frozen=True, kw_only=True)
class PublishedCounts:
    """A file of counts as read.

    Attributes:
        groupings: each set of label columns that groups can be compared by, as printed or summed up from finer rows;
            the file's own first.
        rows: table -> grouping -> its groups, in the order of the file.
        totals: table -> the row over everyone, where one was printed.
        remarks: what was done to read the file, one line each.
    """

    name: str
    content: bytes
    groupings: tuple[tuple[str, ...], ...]
    rows: Mapping[tuple[str, str, str, str], Mapping[tuple[str, ...], tuple[PublishedRow, ...]]]
    totals: Mapping[tuple[str, str, str, str], PublishedRow]
    remarks: tuple[str, ...]


def read_counts(path: Path, labels: Sequence[str] = ()) -> PublishedCounts:
    """The counts in `path`.

    Args:
        labels: columns that name the groups, others that are not known are then left aside; every unknown column where
            none is named.

    Raises:
        InputError: it cannot be read, breaks a rule, or contradicts itself; one line with the line of the file.
    """
    content = _content(path)
    lines, delimiter = _lines(path, content)
    header = _header(path, lines[0])
    numbered = list(_numbered(path, lines, len(header)))
    wanted = _labels_of(path, header, labels, [cells for _, cells in numbered])
    rows = [_row(path, number, header, wanted, cells) for number, cells in numbered]
    if not rows:
        raise InputError(f"{path}: no line below the header; expected a line for each group")
    _no_duplicates(path, rows)
    remarks = list(_remarks(header, wanted, delimiter, rows))
    by_table: dict[tuple[str, str, str, str], list[PublishedRow]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row)
    found: dict[tuple[str, str, str, str], dict[tuple[str, ...], tuple[PublishedRow, ...]]] = {}
    totals: dict[tuple[str, str, str, str], PublishedRow] = {}
    for table, some in by_table.items():
        found[table] = groupings_of(path, some)
        everyone = [row for row in some if not row.labels]
        if everyone:
            totals[table] = everyone[0]
    groupings = tuple(dict.fromkeys(columns for by_columns in found.values() for columns in by_columns))
    if not groupings:
        raise InputError(f"{path}: every line is over everyone; expected lines of groups")
    return PublishedCounts(
        name=path.name,
        content=content,
        groupings=groupings,
        rows=found,
        totals=totals,
        remarks=tuple(remarks),
    )


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file; expected a CSV file of counts")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES >> 20} MiB; a table of counts has a line for each group")
    return content


def _lines(path: Path, content: bytes) -> tuple[list[list[str]], str]:
    """The cells of every line, and the character between them: what the header has most of."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the table as CSV in UTF-8") from None
    if "\0" in text:
        raise InputError(f"{path}: holds NUL characters: no CSV file; save the table as CSV in UTF-8")
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InputError(f"{path}: the file is empty; expected a header with group, errors, trials")
    delimiter = separator_of(text)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)), delimiter
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV table: {error}") from None


def _header(path: Path, cells: Sequence[str]) -> list[str]:
    names = [" ".join(cell.split()) for cell in cells]
    names = [name.lower() if name.lower() in KNOWN else name for name in names]
    blank = [str(k + 1) for k, name in enumerate(names) if not name]
    if blank:
        raise InputError(f"{path}: line 1: column {blank[0]} has no name")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: line 1: column '{twice[0]}' stands there twice")
    labels = [name for name in names if name not in KNOWN]
    if "rate" not in names:
        for needed in ("errors", "trials"):
            if needed not in names:
                near = did_you_mean(needed, labels)
                raise InputError(
                    f"{path}: line 1: no column '{needed}'{near}; expected group, errors, trials, and if known people, "
                    "metric, threshold, condition, model"
                )
    elif "errors" in names and "trials" not in names:
        raise InputError(f"{path}: line 1: errors without a column 'trials'")
    if not labels:
        raise InputError(
            f"{path}: line 1: no column that names the groups; expected 'group' or labels such as 'gender'"
        )
    return names


def _numbered(path: Path, lines: Sequence[Sequence[str]], width: int) -> Iterator[tuple[int, Sequence[str]]]:
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            raise InputError(f"{path}: line {number}: {plural(len(cells), 'cell')}, expected {width} as in the header")
        if number > MOST_ROWS:
            raise InputError(f"{path}: more than {MOST_ROWS} lines; a table of counts has a line for each group")
        yield number, cells


def _labels_of(
    path: Path, header: Sequence[str], asked: Sequence[str], lines: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    """The columns that name the groups.

    Raises:
        InputError: one that was asked for is not there, or one that was not looks like numbers.
    """
    unknown = [name for name in header if name not in KNOWN]
    for name in asked:
        if name not in unknown:
            raise InputError(
                f"{path}: line 1: no label '{name}'{did_you_mean(name, unknown)}; there: {', '.join(unknown)}"
            )
    if asked:
        return tuple(asked)
    for name in unknown:
        cells = [line[header.index(name)].strip() for line in lines]
        if name.lower() != "group" and any(cells) and all(_is_number(cell) for cell in cells if cell):
            raise InputError(
                f"{path}: line 1: column '{name}' holds numbers and would name groups; say which columns do, with "
                f"--labels {next((other for other in unknown if other != name), name)}"
            )
    return tuple(unknown)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9.,]+(?:[eE][-+]?[0-9]+)?\s*%?", cell) is not None


def _row(path: Path, line: int, header: Sequence[str], labels: Sequence[str], cells: Sequence[str]) -> PublishedRow:
    of = {name: " ".join(cell.split()) for name, cell in zip(header, cells, strict=True)}
    where = f"{path}: line {line}"
    errors, trials, people = (whole_number(where, name, of.get(name, "")) for name in ("errors", "trials", "people"))
    rate = printed_rate(where, of.get("rate", ""))
    errors, computed = errors_of(where, errors, trials, rate, of.get("rate", ""))
    metric = _metric(where, of.get("metric", ""))
    _check_people(where, people, trials, metric)
    return PublishedRow(
        line=line,
        model=of.get("model", ""),
        condition=of.get("condition", ""),
        metric=metric,
        threshold=of.get("threshold", ""),
        labels=_labels(where, {name: of[name] for name in labels}),
        errors=errors,
        trials=trials,
        people=people,
        rate=errors / trials if errors is not None and trials else rate,
        errors_from_rate=computed,
    )


def _labels(where: str, cells: Mapping[str, str]) -> dict[str, str]:
    for name, cell in cells.items():
        if not cell:
            raise InputError(f"{where}: {name}: blank; expected the group's name, or 'all' for a sum over this label")
        if len(cell) > _LONGEST_LABEL:
            raise InputError(f"{where}: {name}: {len(cell)} characters; expected a name of at most {_LONGEST_LABEL}")
    return {name: cell for name, cell in cells.items() if cell.lower() not in ALL}


def _metric(where: str, cell: str) -> str:
    if not cell:
        return ANY_ERROR
    name = cell.upper()
    if name not in METRICS:
        raise InputError(
            f"{where}: metric: '{cell}'{did_you_mean(name, METRICS)}; expected one of {', '.join(METRICS)}"
        )
    return name


def _check_people(where: str, people: int | None, trials: int | None, metric: str) -> None:
    if people is None or trials is None:
        return
    most = 2 * trials if metric in OF_TWO_PEOPLE else trials
    if people > most:
        raise InputError(
            f"{where}: {plural(people, 'person') if people == 1 else f'{people} people'} behind "
            f"{plural(trials, 'trial')}; give the people who took part"
        )
    if trials and not people:
        raise InputError(f"{where}: people: 0 behind {plural(trials, 'trial')}; leave it blank where it is not known")


def _no_duplicates(path: Path, rows: Iterable[PublishedRow]) -> None:
    seen: dict[object, int] = {}
    for row in rows:
        key = row.table, tuple(row.labels.items())
        if key in seen:
            name = row.group or "everyone"
            raise InputError(f"{path}: line {row.line}: '{name}' stands in line {seen[key]} already")
        seen[key] = row.line


def _remarks(
    header: Sequence[str], labels: Sequence[str], delimiter: str, rows: Sequence[PublishedRow]
) -> Iterator[str]:
    yield f"groups by {', '.join(labels)}"
    aside = [name for name in header if name not in KNOWN and name not in labels]
    if aside:
        yield f"not read: {', '.join(aside)}"
    if delimiter != ",":
        yield f"columns are separated by {'tabs' if delimiter == chr(9) else 'semicolons'}"
    if "metric" not in header:
        yield "the table does not say which error rate it holds"
    computed = [row.line for row in rows if row.errors_from_rate]
    if computed:
        many = ", ".join(map(str, computed[:6])) + (f" and {len(computed) - 6} more" if len(computed) > 6 else "")
        yield f"errors computed from the printed rate and the trials in line{'s' * (len(computed) > 1)} {many}"
    without = [row for row in rows if row.trials is None]
    if without:
        yield f"{plural(len(without), 'line')} with a rate and no trials: nothing can be said about their uncertainty"
