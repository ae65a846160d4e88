"""Liveness: who of the genuine people was taken for a picture of one, or that nobody was judged."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.report import views, words
from facegap.report.marks import as_people
from facegap.report.style import Table
from facegap.schema import LivenessRow
from facegap.store import Tables

NOT_SIMULATED = (
    "Liveness was not simulated: a system that also judges whether a living person is before the camera turns away "
    "further genuine people, of some groups perhaps more than of others."
)
SIDE = "Only selfies are judged, never the reference photo"


def net(tables: Tables) -> str:
    """Name of the net that judged liveness; "" where none did."""
    return str(tables.manifest.study.get("liveness") or "")


def sentence(tables: Tables, model: str) -> str | None:
    """Of how many genuine people so many were taken for a photo of a photo, and of whom most; None without a net."""
    rows = [as_people(row) for row in views.select(tables[LivenessRow], model=model, attempt=None)]
    known = [row for row in rows if row.rate is not None and row.condition not in views.ends(tables)]
    every = [row for row in known if row.grouping == views.EVERYONE]
    first = next((row for row in every if row.condition == views.baseline(tables)), next(iter(every), None))
    if first is None:
        return None
    spoken = [row for row in known if not views.of_generator(tables, row.grouping)]
    worst = _worst(spoken, views.min_subjects(tables))
    scale = words.people_scale([first, *([worst] if worst is not None else [])])
    said = (
        f"Liveness as {net(tables)} judges it, {first.condition}: of {words.count(scale)} genuine people with a face "
        f"in their selfie, {words.people(first, scale)} were taken for a photo of a photo (BPCER)."
    )
    return f"{said} {_most(worst, scale)}{SIDE}."


def _worst(rows: Sequence[LivenessRow], least: int) -> LivenessRow | None:
    grouped = [row for row in rows if row.grouping != views.EVERYONE and (row.subjects or 0) >= least]
    return max(grouped, key=lambda row: (row.rate or 0.0, row.high or 0.0), default=None)


def _most(worst: LivenessRow | None, scale: int) -> str:
    if worst is None:
        return ""
    care = f" Read with care: {words.noted(worst)}." if words.noted(worst) else ""
    which = "The largest upper bound is" if not worst.errors else "Most were"
    return (
        f"{which} in {worst.group} ({worst.grouping}) under {worst.condition}, {words.people(worst, scale)}; groups "
        f"are not tested against each other.{care} "
    )


def liveness_table(tables: Tables) -> Table:
    """BPCER of everyone and of every group, by condition and attempt."""
    head = ("Model", "Condition", "Attempt", "By", "Group", "People", "Not taken as live", "BPCER (interval)",
            "Ended before", "Read with care")  # fmt: skip
    rows: list[Sequence[str]] = [
        (
            row.model, row.condition, words.count(row.attempt), row.grouping or "everyone", row.group,
            words.count(row.subjects), f"{words.count(row.errors)} of {words.count(row.trials)}", words.rate(row),
            words.count(row.failed), words.noted(row),
        )
        for row in map(as_people, tables[LivenessRow])
    ]  # fmt: skip
    return Table(head, rows)
