"""What the top of the page and the terminal say of pictures that did not enter the rates, and of their effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facegap.report import views, words
from facegap.schema import LossRow, OtherwiseRow, ThresholdRow
from facegap.store import Tables
from facegap.words import plural

_SAID = {
    "refused": "refused and in no rate",
    "unreadable": "unreadable, and counted as failures in every rate",
    "copy": "there more than once and left out of every comparison",
    "near copy": "nearly the same as another; kept in every rate, to be looked at",
}
_EFFECT = {
    "refused": ("refused counted as failures", "Counted as failures"),
    "copy": ("copies kept", "With copies kept"),
    "near copy": ("near copies left out too", "With these left out too"),
}


def losses(tables: Tables) -> list[str]:
    """One line per kind of loss: pictures, why, people, groups, comparisons, and what the rates would be otherwise."""
    # Of a causal design the same head at two tones is two people, and nearly the same picture.
    found = [_line(tables, kind) for kind in _SAID if kind != "near copy" or not views.same_heads(tables)]
    listed = [f"{one.get('message', '')}: in no rate" for one in tables.manifest.findings if one.get("rule") == "pairs"]
    return [line for line in [*found, *listed] if line]


def _line(tables: Tables, kind: str) -> str:
    rows = [row for row in tables[LossRow] if row.loss == kind]
    all_of = [row for row in rows if row.grouping == views.EVERYONE]
    if not all_of:
        return ""
    if any(row.samples is None for row in all_of):
        return f"Pictures {_SAID[kind]}: how many is not shown, so few are the people."
    pictures = plural(sum(row.samples or 0 for row in all_of), "picture")
    why = "; ".join(f"{row.samples}: {row.reason}" for row in all_of)
    hidden = "By group nothing is shown: few people stand behind one." if len(_shown(rows)) < len(rows) else ""
    parts = [f"{pictures} {_SAID[kind]} ({why}).", _people(all_of), *_groups(rows), hidden, *_effects(tables, kind)]
    return " ".join(part for part in parts if part)


def _shown(rows: Sequence[LossRow]) -> list[LossRow]:
    return [row for row in rows if row.samples is not None]


def _people(rows: Sequence[LossRow]) -> str:
    people, gone = (sum(getattr(row, name) or 0 for row in rows) for name in ("subjects", "subjects_lost"))
    said = f"People on them: {people}, {gone} of them with no picture left that is compared"
    if any(row.mated is None for row in rows):
        return f"{said}."
    mated, nonmated = (sum(getattr(row, name) or 0 for row in rows) for name in ("mated", "nonmated"))
    return f"{said}. Comparisons with them: {words.count(mated)} mated, {words.count(nonmated)} non-mated."


def _groups(rows: Sequence[LossRow]) -> Iterator[str]:
    lost = views.once(row.group for row in rows if row.subjects_left == 0)
    if lost:
        yield f"Groups with nobody left: {', '.join(lost)}."


def _effects(tables: Tables, kind: str) -> Iterator[str]:
    if kind not in _EFFECT:
        return
    variant, opening = _EFFECT[kind]
    for model in views.models(tables):
        point = views.main_threshold(tables, model)
        if point is not None:
            rows = _changed(tables, variant, model, point)
            if rows:
                of = f" ({model})" if len(views.models(tables)) > 1 else ""
                yield f"{opening}{of}, at {point.name}: {'; '.join(map(_instead, rows))}."


def _changed(tables: Tables, variant: str, model: str, point: ThresholdRow) -> list[OtherwiseRow]:
    """Of each metric the row over everyone, and the one of the group whose rate changes most."""
    wanted = {"variant": variant, "model": model, "threshold_name": point.name, "condition": views.baseline(tables)}
    rows = [row for row in views.select(tables[OtherwiseRow], **wanted) if row.trials is not None]
    found = []
    for metric in ("FNMR", "FMR"):
        mine = [row for row in rows if row.metric == metric]
        found += [row for row in mine if row.grouping == views.EVERYONE]
        grouped = [row for row in mine if row.grouping != views.EVERYONE and _change(row) > 0]
        found += sorted(grouped, key=_change, reverse=True)[:1]
    return found


def _change(row: OtherwiseRow) -> float:
    return abs((row.rate or 0.0) - (row.stated_rate or 0.0))


def _instead(row: OtherwiseRow) -> str:
    of = "everyone" if row.grouping == views.EVERYONE else row.group
    errors, trials = words.count(row.errors), words.count(row.trials)
    before = f"{words.count(row.stated_errors)} of {words.count(row.stated_trials)}"
    return f"{row.metric} of {of} {errors} of {trials} instead of {before}"
