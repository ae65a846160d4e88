"""In what the compared runs differ, before any number of theirs is held against another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from facegap import store
from facegap.compared.runs import OneRun
from facegap.schema import RunDifferenceRow

_ABOUT: Mapping[str, str] = {
    "dataset": "data",
    "acquire": "data",
    "trials": "data",
    "conditions": "conditions",
    "applies_to": "conditions",
    "groups": "groups",
    "reference": "groups",
    "observed": "groups",
    "age_gap": "groups",
    "thresholds": "threshold policy",
    "identification": "searches",
    "transactions": "searches",
    "statistics": "statistics",
    "seed": "statistics",
}
"""First key of a study -> what it is about; its name, title, models and machine may differ."""

ORDER = ("data", "conditions", "groups", "threshold policy", "searches", "statistics", "program")


def difference_rows(runs: Sequence[OneRun]) -> tuple[RunDifferenceRow, ...]:
    """One row a run for everything that is not alike in all of them; none where all is."""
    facts = [dict(_facts(run)) for run in runs]
    keys = sorted({key for one in facts for key in one}, key=lambda key: (ORDER.index(key[0]), key[1]))
    return tuple(
        RunDifferenceRow(about=about, what=what, run=run.name, value=one.get((about, what), ""))
        for about, what in keys
        if len({one.get((about, what), "") for one in facts}) > 1
        for run, one in zip(runs, facts, strict=True)
    )


def abouts(rows: Sequence[RunDifferenceRow]) -> list[str]:
    """What the runs differ in, in the order of the page."""
    return list(dict.fromkeys(row.about for row in rows))


def _facts(run: OneRun) -> Iterator[tuple[tuple[str, str], str]]:
    samples = run.evidence.samples
    yield ("data", "pictures"), str(len(samples))
    yield ("data", "people"), str(len(np.unique(samples.subjects)))
    yield ("data", "refused pictures"), str(sum(run.manifest.refused.values()))
    yield ("data", "card of the data set"), _short(run.manifest.dataset)
    for card in run.manifest.conditions:
        yield ("conditions", f"card of {card.get('name', '?')}"), _short(card)
    for key, about in _ABOUT.items():
        for path, value in _flat(run.manifest.study.get(key), key):
            yield (about, path), value
    yield ("program", "facegap"), str(run.manifest.versions.get("facegap", ""))


def _short(content: Any) -> str:
    return store.digest(content)[:12]


def _flat(content: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping) and content:
        for key, value in content.items():
            yield from _flat(value, f"{path}.{key}")
    elif content not in (None, {}, []):
        yield path, content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
