"""From an adapter's rows to samples: every rule that a row can break, and the account of what was refused.

A refused sample is never dropped silently: it is in `Loaded.refused` with its reason, and a finding counts it. Reasons
name columns and label values only, never people or files, so that they can stand in a results folder; findings show
examples and are for the terminal of whoever holds the data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.cards import DatasetCard
from bench.cards.dataset import GroupColumn
from bench.datasets.files import Tree, leaves_root, near
from bench.records import NO_LABEL, Finding, Samples

ROLES = ("photo", "selfie", "frame")
EXAMPLES = 3
"""Examples that a finding shows before "and n more"."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a data set's folder holds.

    Attributes:
        samples: the samples that can be used.
        refused: sample id -> why it cannot be used, without names or paths; an id that is given twice is followed by
            the place of each.
        findings: one line per rule that was broken.
    """

    samples: Samples
    refused: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One sample as its adapter read it: `where` it stands ("line 3"), `labels` raw, `fault` why it cannot be read."""

    where: str
    id: str
    subject: str
    path: str
    labels: Mapping[str, str]
    session: str = ""
    role: str = ""
    fault: str = ""


class Problem(NamedTuple):
    """A rule that a row breaks: `reason` without names, `detail` as an example for the finding."""

    row: int
    rule: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Source:
    """What the rules look at: the card, its file (for messages), the rows and the tree of files."""

    card: DatasetCard
    name: str
    rows: Sequence[Row]
    tree: Tree
    labels: Mapping[str, Sequence[str]]


def settle(
    card: DatasetCard, root: Path, name: str, rows: Sequence[Row], tree: Tree, remarks: Sequence[Finding] = ()
) -> Loaded:
    """Apply every rule to `rows`; `name` is what the findings call their origin, `remarks` are the adapter's own."""
    labels = {column: _labels(group, column, rows) for column, group in card.groups.items()}
    source = Source(card, name, rows, tree, labels)
    problems = [problem for rule in _RULES for problem in rule(source)]
    reasons: dict[int, str] = {}
    for problem in problems:
        reasons.setdefault(problem.row, problem.reason)
    kept = [number for number in range(len(rows)) if number not in reasons]
    findings = (*_findings(source, problems), *remarks, *_remarks(source))
    return Loaded(_samples(source, root, kept), _refused(rows, reasons), findings)


def _labels(group: GroupColumn, column: str, rows: Sequence[Row]) -> list[str]:
    """The column's labels as the card calls them; "" where the raw value is none of the card's."""
    known: dict[str, str] = {"": NO_LABEL, NO_LABEL: NO_LABEL}

    def label(raw: str) -> str:
        if raw not in known:
            known[raw] = _label(group, raw)
        return known[raw]

    return [label(row.labels.get(column, "")) for row in rows]


def _label(group: GroupColumn, raw: str) -> str:
    value = group.map.get(raw, raw)
    if group.bands:
        return _band(group, value)
    return value if value in group.values or value == NO_LABEL else ""


def _band(group: GroupColumn, raw: str) -> str:
    """The band that a number lies in: edges[k] <= number < edges[k + 1]; "" for no number or outside the bands."""
    try:
        number = float(raw)
    except ValueError:
        return ""
    for label, low, high in zip(group.values, group.bands, group.bands[1:], strict=False):
        if low <= number < high:
            return label
    return ""


def _samples(source: Source, root: Path, kept: Sequence[int]) -> Samples:
    rows = [source.rows[number] for number in kept]

    def column(values: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        return np.array(values, dtype=np.str_)

    return Samples(
        ids=column([row.id for row in rows]),
        subjects=column([row.subject for row in rows]),
        paths=column([row.path for row in rows]),
        sessions=column([row.session for row in rows]),
        roles=column([row.role for row in rows]),
        groups={name: column([values[number] for number in kept]) for name, values in source.labels.items()},
        root=root,
    )


def _refused(rows: Sequence[Row], reasons: Mapping[int, str]) -> dict[str, str]:
    """Reasons by sample id; an id that does not say which row is meant gets its place added."""
    ids = Counter(row.id for row in rows)
    refused: dict[str, str] = {}
    for number, reason in sorted(reasons.items()):
        row = rows[number]
        place = f"{row.id} ({row.where})" if row.id else row.where
        refused[row.id if row.id and ids[row.id] == 1 else place] = reason
    return refused


def _findings(source: Source, problems: Sequence[Problem]) -> Iterator[Finding]:
    """One finding per rule and reason: how many samples, a few examples, what to do."""
    grouped: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        grouped[problem.rule, problem.reason].append(problem)
    for (rule, reason), group in grouped.items():
        examples = list(dict.fromkeys(problem.detail for problem in group))
        message = f"{source.name}: {plural(len(group), 'sample')} refused: {reason}: {some(examples)}"
        yield Finding("error", rule, f"{message}; {_ADVICE[rule]}")


def some(examples: Sequence[str]) -> str:
    """A few examples and how many more there are."""
    more = len(examples) - EXAMPLES
    return "; ".join(examples[:EXAMPLES]) + (f"; and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """ "1 sample", "2 samples"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def links_left_out(name: str, tree: Tree) -> list[Finding]:
    """A warning where links below the root were not followed: what lies behind them is not in the data set."""
    if not tree.links:
        return []
    examples = [f"'{path}' is {problem}" for path, problem in sorted(tree.links.items())]
    message = f"{name}: {plural(len(examples), 'symbolic link')} not followed: {some(examples)}"
    return [Finding("warning", "symlink", f"{message}; {_ADVICE['symlink']}")]


def _unreadable(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.fault:
            yield Problem(number, "layout", row.fault, row.where)


def _nameless(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.fault:
            continue
        for column, value in (("path", row.path), ("sample_id", row.id), ("subject_id", row.subject)):
            if not value:
                yield Problem(number, "empty", f"no {column}", row.where)
                break


def _same_id(source: Source) -> Iterator[Problem]:
    for value, numbers in _sharing(source, [row.id for row in source.rows]):
        if len({source.rows[number].path for number in numbers}) > 1:
            yield from _shared(source, "duplicate-id", "sample_id given twice", value, numbers)


def _same_path(source: Source) -> Iterator[Problem]:
    for value, numbers in _sharing(source, [row.path for row in source.rows]):
        yield from _shared(source, "duplicate-path", "path given twice", value, numbers)


def _sharing(source: Source, values: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Values that more than one row has, with those rows."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, value in enumerate(values):
        if value and not source.rows[number].fault:
            places[value].append(number)
    return [(value, numbers) for value, numbers in places.items() if len(numbers) > 1]


def _shared(source: Source, rule: str, reason: str, value: str, numbers: Sequence[int]) -> Iterator[Problem]:
    """Every row that shares its value with another: nobody can tell which one is right."""
    detail = f"'{value}' ({some([source.rows[number].where for number in numbers])})"
    return (Problem(number, rule, reason, detail) for number in numbers)


def _elsewhere(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.path and _odd(row.path):
            reason = "path leaves the root" if leaves_root(row.path) else "path is not written with /"
            yield Problem(number, "path", reason, f"{row.where} {row.path!r}")


def _odd(path: str) -> bool:
    return leaves_root(path) or "\\" in path or "\0" in path


def _absent(source: Source) -> Iterator[Problem]:
    folded: dict[str, str] = {}
    for number, row in enumerate(source.rows):
        path = row.path
        if row.fault or not path or path in source.tree.files or _odd(path):
            continue
        link = _link_on_the_way(source.tree, path)
        if link:
            yield Problem(number, "symlink", f"path is {source.tree.links[link]}", f"{row.where} '{path}'")
            continue
        if not folded:
            folded = {name.casefold(): name for name in source.tree.files}
        other = folded.get(path.casefold())
        hint = f", there is '{other}'" if other else ""
        yield Problem(number, "missing-file", "no such file", f"{row.where} '{path}'{hint}")


def _link_on_the_way(tree: Tree, path: str) -> str:
    """The unusable link that `path` is or leads through, "" where there is none."""
    if not tree.links:
        return ""
    parts = path.split("/")
    ways = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return next((way for way in ways if way in tree.links), "")


def _unknown_label(source: Source) -> Iterator[Problem]:
    for column, group in source.card.groups.items():
        hints: dict[str, str] = {}
        expected = f"a number from {group.bands[0]:g} to below {group.bands[-1]:g}" if group.bands else ""
        reason = f"{column}: expected {expected or ', '.join(group.values)}"
        for number, label in enumerate(source.labels[column]):
            if label:
                continue
            raw = source.rows[number].labels[column]
            if raw not in hints:
                hint = "" if group.bands else near(raw, [*group.values, *group.map])
                hints[raw] = f"'{raw}'{hint} ({source.rows[number].where})"
            yield Problem(number, "unknown-label", reason, hints[raw])


def _unknown_role(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.role and row.role not in ROLES:
            detail = f"'{row.role}'{near(row.role, ROLES)} ({row.where})"
            yield Problem(number, "unknown-role", f"role: expected {', '.join(ROLES)}", detail)


def _contradiction(source: Source) -> Iterator[Problem]:
    """All samples of a subject that has two labels in a column that belongs to the subject."""
    if not source.card.identities:
        return
    for column, labels in _per_subject(source):
        first: dict[str, tuple[str, int]] = {}
        details: dict[str, str] = {}
        for number, row in enumerate(source.rows):
            label = labels[number]
            if not label or label == NO_LABEL or not row.subject:
                continue
            known, place = first.setdefault(row.subject, (label, number))
            if known != label and row.subject not in details:
                there = source.rows[place].where
                details[row.subject] = f"'{row.subject}' is {known} ({there}) and {label} ({row.where})"
        for number, row in enumerate(source.rows):
            if row.subject in details:
                yield Problem(number, "contradiction", f"{column}: the subject has two labels", details[row.subject])


def _per_subject(source: Source) -> Iterator[tuple[str, Sequence[str]]]:
    return ((column, source.labels[column]) for column, group in source.card.groups.items() if group.per == "subject")


def _remarks(source: Source) -> Iterator[Finding]:
    """What is worth a look and refuses nothing."""
    for column, labels in _per_subject(source):
        yield from _half_labelled(source, column, labels)
    named = {row.path for row in source.rows}
    extra = [path for path in source.tree.images() if path not in named]
    if extra:
        message = f"{source.name}: {plural(len(extra), 'image')} below the root not named: {some(extra)}; not used"
        yield Finding("info", "extra-file", message)


def _half_labelled(source: Source, column: str, labels: Sequence[str]) -> Iterator[Finding]:
    labelled: set[str] = set()
    bare: dict[str, int] = {}
    for row, label in zip(source.rows, labels, strict=True):
        if label == NO_LABEL:
            bare[row.subject] = bare.get(row.subject, 0) + 1
        elif label:
            labelled.add(row.subject)
    half = [subject for subject in bare if subject in labelled]
    if half:
        count = sum(bare[subject] for subject in half)
        yield Finding(
            "warning",
            "half-labelled",
            f"{source.name}: {column}: {plural(count, 'sample')} without the label that other samples of the same "
            f"subject have: {some([repr(subject) for subject in half])}; counted as '{NO_LABEL}', never filled in",
        )


_RULES: tuple[Callable[[Source], Iterator[Problem]], ...] = (
    _unreadable,
    _nameless,
    _same_id,
    _same_path,
    _elsewhere,
    _absent,
    _unknown_label,
    _unknown_role,
    _contradiction,
)

_ADVICE = {
    "empty": "fill it in or delete the row",
    "duplicate-id": "give each sample an id of its own",
    "duplicate-path": "name each file once",
    "path": "write it relative to the root, with /, without ..",
    "symlink": "put the file itself below the root",
    "missing-file": "restore the file or delete the row",
    "layout": "correct it",
    "unknown-label": "correct it, or map it in the card",
    "unknown-role": "correct it",
    "contradiction": "correct the labels; all samples of the subject are left out",
}
