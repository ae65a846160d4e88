"""What a run prints when it is done: of every model the worst rows first, and where the page and the rest are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from facegap import gates, store
from facegap.cli.listings import columns
from facegap.errors import DiskFull
from facegap.report import liveness, observed, views, within_person, words, worst_first
from facegap.report.losses import losses
from facegap.report.marks import as_people
from facegap.report.worst_first import Contrast
from facegap.schema import RateRow, ThresholdRow
from facegap.store import Tables
from facegap.words import GIVES_AWAY, in_one_line

MOST = 8
"""Rows of a model; more only where it takes them to show the worst group of every grouping."""

HEADER = (
    "MODEL",
    "CONDITION",
    "BY",
    "GROUP",
    "METRIC",
    "THRESHOLD",
    "ERRORS",
    "TRIALS",
    "PEOPLE",
    "COUNTED",
    "RATE",
)
LAST = "AGAINST THE OTHERS"

IN_PART = 4
"""Exit code of what was done in part: a run without its page, a check that could not be made."""


def print_summary(folder: Path) -> None:
    """What was asked, banners, what was left out, of every model the rows that matter most, and where the page is."""
    tables = Tables(folder)
    if tables.manifest.study.get("question"):
        typer.echo(in_one_line(tables.manifest.study["question"]))
    for banner in tables.manifest.banners:
        typer.echo(f"! {in_one_line(banner)}")
    for line in _within_person(tables):
        typer.echo(in_one_line(line))
    for line in (*losses(tables), *_hidden_along(tables)):
        typer.echo(f"! {in_one_line(line)}")
    interval = f"{tables.manifest.study['statistics']['level']:.0%} INTERVAL"
    found = [line for model in views.models(tables) for line in model_rows(tables, model)]
    typer.echo("\n".join(columns([(*HEADER, interval, LAST), *(_cells(row, said) for row, said in found)])))
    for line in _cautions([row for row, _ in found]):
        typer.echo(f"! {in_one_line(line)}")
    for said in (liveness.sentence(tables, model) for model in views.models(tables)):
        if said is not None:
            typer.echo(in_one_line(said))
    for line in observed.differing(tables):
        typer.echo(in_one_line(line))
    left = sum(row.failures == "counted" for row in tables[RateRow]) - len(found)
    if left > 0:
        typer.echo(f"... and {left} more rows in tables/rates.csv")
    for line in _models(tables.manifest.models):
        typer.echo(in_one_line(line))
    for line in tables.manifest.sealed.get("departures", ()):
        typer.echo(f"! departs from the sealed protocol: {in_one_line(line)}")
    if (folder / store.PAGE).is_file():
        typer.echo(f"page:    {folder / store.PAGE}")
    typer.echo(f"digest:  {store.run_digest(folder)}")
    typer.echo(f"results: {folder}")


def _within_person(tables: Tables) -> Iterator[str]:
    """Of shapes of a generator, what each place does to the same comparisons."""
    for model in views.models(tables) if within_person.leads(tables) else ():
        point = views.main_threshold(tables, model)
        yield from (f"{model}: {one}" for one in (within_person.sentences(tables, model, point) if point else ()))


def _hidden_along(tables: Tables) -> Iterator[str]:
    """Groups that are not shown for the sake of a few other people, and what a user can do about it."""
    base = views.baseline(tables)
    rows = [row for row in tables[RateRow] if row.condition == base and row.metric == "FNMR" and GIVES_AWAY in row.note]
    names = views.once(f"{row.group} (by {row.grouping})" for row in rows)
    if names:
        least = tables.manifest.study["statistics"]["suppress_below"]
        yield (
            f"not shown: {', '.join(names)}, because from it the numbers of fewer than {least} other people, such as "
            "those without a label, could be computed. To see it leave those people out of the data set, or state "
            "suppress_below under [statistics]"
        )


def end_without_page(folder: Path) -> None:
    """End the command with a line and a code of its own where the page could not be drawn."""
    failed = folder / store.NO_PAGE
    if failed.is_file():
        why = failed.read_text(encoding="utf-8").splitlines()[0]
        typer.echo(f"facegap: {folder}: complete but for report.html and figures: {why}", err=True)
        raise typer.Exit(DiskFull.exit_code if why.startswith(DiskFull.__name__) else IN_PART)


def _models(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What became of each recogniser before the run; a line that starts with "!" asks for attention."""
    for entry in {entry["name"]: entry for entry in entries if entry.get("kind") == "recogniser"}.values():
        passed = (entry.get("gate") or {}).get("passed", False)
        yield f"{'gate:   ' if passed else '!'} {gates.stated(entry)}"
        if entry.get("note"):
            yield f"! {entry['name']}: {entry['note']}"


def model_rows(tables: Tables, model: str) -> list[tuple[RateRow, str]]:
    """At most `MOST` rows of `model` under the baseline, each with what its group's test says.

    At the leading threshold, the grouping with the largest tested difference first: the worst group of FNMR and of FMR,
    and the least; then everyone; where there is room, the worst groups at the next threshold. A group that is too small
    to be tested stands beside the worst one where its rate is higher.
    """
    points = views.leading_thresholds(tables, model)
    if not points:
        return []
    blocks = _blocks(tables, model, points[0])
    everyone = list(_everyone(tables, model, points[0]))
    room = MOST - len(blocks) - len(everyone)
    found = []
    for block in blocks:
        more = block[1 : 1 + max(0, room)]
        room -= len(more)
        found += [block[0], *more]
    found += everyone
    for point in points[1:]:
        found += [block[0] for block in _blocks(tables, model, point)][: max(0, MOST - len(found))]
    return found


def _blocks(tables: Tables, model: str, point: ThresholdRow) -> list[list[tuple[RateRow, str]]]:
    """The rows to show of every metric and grouping, the one that must be shown first."""
    found = worst_first.contrasts(tables, model, point, views.baseline(tables))
    return [block for block in map(_block, found) if block]


def _block(one: Contrast) -> list[tuple[RateRow, str]]:
    top = (one.worst.rate or 0.0) if one.rows else -1.0
    small = sorted(one.left_out, key=lambda pair: views.height(pair[0]), reverse=True)
    higher = [(row, f"not tested: {why}") for row, why in small if row.rate is not None and row.rate > top]
    tested = [(row, _test(one, row)) for row in one.rows]
    rows = [*tested[:1], *higher[:1], *tested[1:][-1:]]
    return [(row, said) for row, said in rows if isinstance(row, RateRow)]


def _test(one: Contrast, row: views.GroupRate) -> str:
    """What the one test of a group says, in a few words."""
    test = one.tests.get(row.group)
    if len(one.rows) < 2:
        return "not tested: no other group is large enough"
    if test is None:
        return f"not tested: {one.why_not_tested(row.group)}"
    if test.verdict != worst_first.DIFFERS:
        return test.verdict
    often = "more often" if worst_first.more_often(test) else "less often"
    return often if test.ratio is None else f"{often}, {words.number(test.ratio)} times"


def _everyone(tables: Tables, model: str, point: ThresholdRow) -> Iterator[tuple[RateRow, str]]:
    for metric in worst_first.METRICS:
        wanted = {"threshold_name": point.name, "condition": views.baseline(tables), "grouping": views.EVERYONE}
        rows = views.rates(tables, model, metric, **wanted)
        yield from ((as_people(row) if metric == "FNMR" else row, "") for row in rows)


def _cautions(rows: Sequence[RateRow]) -> list[str]:
    """Each caution of the rows that are shown, once, with the groups that it is of."""
    of: dict[str, list[str]] = {}
    for row in rows:
        for caution in row.caution.split("; ") if row.caution else ():
            of.setdefault(caution, []).append(f"{row.metric} of {row.group}")
    return [f"{', '.join(dict.fromkeys(names))}: {caution}" for caution, names in of.items()]


def _counted(row: RateRow) -> str:
    """What the rate counts once: who is turned away is read by people."""
    return "people" if row.metric == "FNMR" and row.by_people is not None else "comparisons"


def _cells(row: RateRow, said: str) -> tuple[str, ...]:
    rate = f"{row.rate:.2g}" if row.rate is not None else row.note
    interval = f"{row.low:.2g} to {row.high:.2g}" if row.low is not None and row.high is not None else ""
    counts = ("" if count is None else str(count) for count in (row.errors, row.trials, row.subjects))
    by = row.grouping or "everyone"
    return (
        row.model,
        row.condition,
        by,
        row.group,
        row.metric,
        row.threshold_name,
        *counts,
        _counted(row),
        rate,
        interval,
        said,
    )
