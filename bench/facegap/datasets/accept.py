"""From an adapter's rows to samples: every rule that a row can break, and the account of what was refused.

A refused sample is never dropped silently: it is in `Loaded.refused` with its reason, and a finding counts it. Reasons
name columns and label values only, never people or files, so that they can stand in a results folder; findings show
examples and are for the terminal of whoever holds the data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from facegap.cards import DatasetCard
from facegap.cards.dataset import GroupColumn
from facegap.datasets.files import Tree
from facegap.datasets.row import Loaded, Problem, Row, Source
from facegap.datasets.rules import ADVICE, RULES
from facegap.datasets.values import label_of
from facegap.datasets.warnings import remarks
from facegap.records import NO_LABEL, Finding, Samples
from facegap.words import plural


def settle(
    card: DatasetCard,
    root: Path,
    name: str,
    rows: Sequence[Row],
    tree: Tree,
    own: Sequence[Finding] = (),
    left_out: Collection[str] = (),
    images: bool = True,
) -> Loaded:
    """Apply every rule to `rows`.

    Args:
        name: what the findings call the origin of the rows.
        own: the adapter's findings.
        left_out: paths that the card leaves out, so that no row names them.
        images: whether the file of every row must be there.
    """
    labels = {column: _labels(group, column, rows) for column, group in card.groups.items()}
    source = Source(card=card, name=name, rows=rows, tree=tree, labels=labels, left_out=left_out, images=images)
    problems = [problem for rule in RULES for problem in rule(source)]
    reasons: dict[int, str] = {}
    for problem in problems:
        reasons.setdefault(problem.row, problem.reason)
    kept = [number for number in range(len(rows)) if number not in reasons]
    findings = (*_findings(source, problems), *own, *remarks(source))
    lost = sorted(reasons)
    return Loaded(
        _samples(source, root, kept),
        _refused(rows, reasons),
        findings,
        _samples(source, root, lost),
        tuple(reasons[number] for number in lost),
    )


def _labels(group: GroupColumn, column: str, rows: Sequence[Row]) -> list[str]:
    """The column's labels as the card calls them; "" where the raw value is none of the card's."""
    known: dict[str, str] = {}

    def label(raw: str) -> str:
        if raw not in known:
            known[raw] = label_of(group, raw)
        return known[raw]

    return [label(row.labels.get(column, "")) for row in rows]


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
        groups={
            name: column([values[number] or NO_LABEL for number in kept]) for name, values in source.labels.items()
        },
        root=root,
        relations={name: column([row.relations[name] for row in rows]) for name in source.card.relations},
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
        examples = tuple(dict.fromkeys(problem.detail for problem in group))
        message = f"{source.name}: {plural(len(group), 'sample')} refused: {reason}"
        yield Finding(
            level="error",
            rule=rule,
            message=message,
            examples=examples,
            advice=ADVICE[rule],
            count=len(group),
            lines=tuple(sorted(line for one in group if (line := source.rows[one.row].line) is not None)),
        )
