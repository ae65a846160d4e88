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
import numpy.typing as npt

from facegap.cards import DatasetCard
from facegap.cards.dataset import GroupColumn
from facegap.datasets.ages import age_findings, age_labels, moments_of, years_of
from facegap.datasets.files import Tree
from facegap.datasets.observed import observed_findings, observed_of
from facegap.datasets.row import Loaded, Problem, Row, Source
from facegap.datasets.rules import ADVICE, RULES
from facegap.datasets.values import label_of
from facegap.datasets.warnings import remarks
from facegap.records import NO_LABEL, Finding, Samples
from facegap.words import plural

Years = npt.NDArray[np.float64]


def settle(
    card: DatasetCard,
    root: Path,
    name: str,
    rows: list[Row],
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
        rows: emptied on the way, for of a million their texts and the samples together are most of the memory.
        images: whether the file of every row must be there.
    """
    labels = {column: _labels(group, column, rows) for column, group in card.read_groups.items()}
    moments = moments_of(card, rows)
    if card.ages is not None and card.makes_ages:
        labels["age"] = age_labels(card.ages, moments)
    observed = observed_of(card, rows, labels)
    source = Source(card=card, name=name, rows=rows, tree=tree, labels=labels, left_out=left_out, images=images)
    problems = [problem for rule in RULES for problem in rule(source)]
    reasons: dict[int, str] = {}
    for problem in problems:
        reasons.setdefault(problem.row, problem.reason)
    kept = [number for number in range(len(rows)) if number not in reasons]
    recorded = (*observed_findings(card, name, rows, observed), *age_findings(card, name, rows, moments))
    findings = (*_findings(source, problems), *own, *remarks(source), *recorded)
    years = years_of(moments) if card.ages is not None else {}
    lost, refused = sorted(reasons), _refused(rows, reasons)
    told = [
        {column: values[np.asarray(which, dtype=np.int64)] for column, values in years.items()}
        for which in (kept, lost)
    ]
    texts = [_texts(source, observed, which) for which in (kept, lost)]
    why = tuple(reasons[number] for number in lost)
    rows.clear()
    labels.clear()
    del source, problems, kept, observed, moments
    samples, others = (_samples(columns, root, one) for columns, one in zip(texts, told, strict=True))
    return Loaded(samples, refused, findings, others, why)


def _labels(group: GroupColumn, column: str, rows: Sequence[Row]) -> list[str]:
    """The column's labels as the card calls them; "" where the raw value is none of the card's."""
    known: dict[str, str] = {}

    def label(raw: str) -> str:
        if raw not in known:
            known[raw] = label_of(group, raw)
        return known[raw]

    return [label(row.labels.get(column, "")) for row in rows]


_OWN = {"ids": "id", "subjects": "subject", "paths": "path", "sessions": "session", "roles": "role"}
"""Field of `Samples` -> of `Row`."""


def _texts(
    source: Source, observed: Mapping[str, Sequence[str]], which: Sequence[int]
) -> dict[tuple[str, str], list[str]]:
    """Kind and name of every column of the samples -> its values."""
    rows = [source.rows[number] for number in which]
    own = {(name, ""): [getattr(row, field) for row in rows] for name, field in _OWN.items()}
    labels = {("group", c): [values[number] or NO_LABEL for number in which] for c, values in source.labels.items()}
    seen = {("observed", c): [values[number] for number in which] for c, values in observed.items()}
    return own | labels | seen | {("relation", c): [row.relations[c] for row in rows] for c in source.card.linked}


def _samples(texts: dict[tuple[str, str], list[str]], root: Path, years: Mapping[str, Years]) -> Samples:
    """Of `texts`, which are given up one by one."""

    def column(kind: str, name: str = "") -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        return np.array(texts.pop((kind, name)), dtype=np.str_)

    def columns(kind: str) -> dict[str, np.ndarray[tuple[int], np.dtype[np.str_]]]:
        return {name: column(kind, name) for one, name in list(texts) if one == kind}

    own = {name: column(name) for name in _OWN}
    return Samples(
        **own,
        groups=columns("group"),
        root=root,
        relations=columns("relation"),
        observed=columns("observed"),
        years=years,
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
