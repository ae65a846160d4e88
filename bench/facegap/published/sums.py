"""Sums in a published table: those that were printed, held against their parts, and those that were not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from facegap.errors import InputError
from facegap.published.line import PublishedRow


def groupings_of(path: Path, rows: Sequence[PublishedRow]) -> dict[tuple[str, ...], tuple[PublishedRow, ...]]:
    """Every grouping of one table: as printed, then each label alone, summed up where it was not printed.

    Raises:
        InputError: a printed sum is not that of its parts.
    """
    printed: dict[tuple[str, ...], list[PublishedRow]] = defaultdict(list)
    for row in rows:
        if row.labels:
            printed[row.columns].append(row)
    found = {columns: tuple(some) for columns, some in printed.items()}
    finest = max(printed, key=len, default=())
    parts = found.get(finest, ())
    for row in rows:
        _check_sum(path, row, parts, finest)
    if len(finest) > 1:
        for column in finest:
            if (column,) not in found:
                found[(column,)] = tuple(_summed(parts, column))
    return found


def _check_sum(path: Path, row: PublishedRow, parts: Sequence[PublishedRow], finest: tuple[str, ...]) -> None:
    """A printed sum against the rows that it sums up; these may be a choice of groups, and then add up to less."""
    if row.columns == finest:
        return
    inside = [part for part in parts if all(part.labels.get(name) == value for name, value in row.labels.items())]
    for what in ("errors", "trials"):
        said, counts = getattr(row, what), [getattr(part, what) for part in inside]
        if said is None or not counts or None in counts or any(p.errors_from_rate for p in (row, *inside)):
            continue
        if sum(counts) > said:
            lines = ", ".join(str(part.line) for part in inside[:6])
            raise InputError(
                f"{path}: line {row.line}: {said} {what} over {row.group or 'everyone'}, but the lines that it sums up "
                f"({lines}) have {sum(counts)}"
            )


def _summed(parts: Sequence[PublishedRow], column: str) -> Iterator[PublishedRow]:
    """Rows of one label, summed over the others; none where a part has no counts."""
    of: dict[str, list[PublishedRow]] = defaultdict(list)
    for part in parts:
        of[part.labels[column]].append(part)
    for value, some in of.items():
        errors = _sum(part.errors for part in some)
        trials = _sum(part.trials for part in some)
        if errors is None or trials is None:
            continue
        first = some[0]
        yield PublishedRow(
            line=first.line,
            model=first.model,
            condition=first.condition,
            metric=first.metric,
            threshold=first.threshold,
            labels={column: value},
            errors=errors,
            trials=trials,
            people=_sum(part.people for part in some),
            rate=errors / trials if trials else None,
            errors_from_rate=any(part.errors_from_rate for part in some),
        )


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)
