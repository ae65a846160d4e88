"""Blank the numbers of groups of very few people, where a study asks for it, in every table alike.

A sum over groups minus the shown groups can give a hidden one back; whoever publishes the tables must look at that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from facegap.evidence import Evidence

KEPT = (
    *("model", "other_model", "condition", "metric", "failures", "protocol", "grouping", "group"),
    *("reference_group", "probe_group"),
    *("threshold_name", "threshold", "target", "policy", "gallery_size", "rank", "quality", "measure", "mix"),
    *("attempts", "stage", "frames", "tail", "label"),
)
"""What a blanked row still says: where it belongs, and nothing that was counted."""

_COUNT = re.compile(r"\b\d+ people, fewer than")

Row = Mapping[str, Any]


def suppressed(evidence: Evidence, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with those of groups below `study.statistics.suppress_below` people blanked.

    A table without a note column loses such rows; the others keep them with the reason.
    """
    least = evidence.study.statistics.suppress_below
    if not least:
        yield from rows
        return
    hidden = {", ".join(names): _small(evidence, names, least) for names in evidence.groupings}
    for row in rows:
        small = hidden.get(str(row.get("grouping")), frozenset())
        if not _touches(row, small):
            yield {name: _COUNT.sub("fewer than", v) if isinstance(v, str) else v for name, v in row.items()}
        elif "note" in columns:
            note = f"suppressed: fewer than {least} people"
            yield {**{name: value for name, value in row.items() if name in KEPT}, "note": note}


def _small(evidence: Evidence, columns: tuple[str, ...], least: int) -> frozenset[str]:
    pairs = np.unique(np.stack([evidence.samples.grouping(columns), evidence.samples.subjects]), axis=1)
    names, people = np.unique(pairs[0], return_counts=True)
    return frozenset(str(name) for name, n in zip(names, people, strict=True) if n < least)


def _touches(row: Row, small: frozenset[str]) -> bool:
    names = {row.get("group"), row.get("reference_group"), row.get("probe_group"), row.get("worst"), row.get("best")}
    policy = str(row.get("policy", "")).removeprefix("set by ")
    return bool(small & names) or policy in small
