"""The page: which sections it has, in which order, and the words and tables around the figures."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import jinja2
from markupsafe import Markup

from facegap import gates, store
from facegap.records import OUTCOMES
from facegap.report import (
    at_target,
    between_models,
    cross_fmr,
    det,
    dial,
    differentials,
    edc,
    extrapolated,
    gallery_model,
    glossary,
    headline,
    liveness,
    observed,
    paired,
    policies,
    quality,
    rates,
    relatives,
    requirements,
    sensitivity,
    side_by_side,
    style,
    transactions,
    versus_reference,
    versus_rest,
    views,
    words,
)
from facegap.report.checklist import checklist
from facegap.report.findings import findings
from facegap.report.losses import losses
from facegap.report.marks import as_people, weighting
from facegap.report.style import Panel, Picture, Table
from facegap.report.worst_first import groupings
from facegap.schema import (
    ROWS,
    AcquisitionRow,
    CommonMarginRow,
    IdentificationRow,
    RateRow,
    ThresholdRow,
    TransactionRow,
)
from facegap.store import Tables

INLINE_BYTES = 430_000
"""Bytes of SVG that go into the page, so that it stays below 1 MB; further figures are files beside it."""

RAW_BYTES = 120_000
"""Bytes of whole CSV files that the page carries, so that they can be saved where it is sent alone."""

MOST_BYTES = 2_000_000
"""Bytes of a page; one that would be larger is drawn again with shorter tables."""

MOST_ROWS = 80
"""Rows of a table in the page; the CSV file has all of them."""

_FIRST_KEYS = (
    "title",
    "name",
    "kind",
    "version",
    "licence",
    "terms",
    "status",
    "trained_on",
    "source",
    "url",
    "citation",
    "level",
    "rule",
    "text",
    "message",
    "claims",
)
"""Keys of a card that come first, in this order; the others follow as the card has them."""

_PRIVATE_KEYS = ("root", "hostname", "user", "path")
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:[\\/]|/|~/|\\\\)[^\s'\"]*")


def pictures(tables: Tables) -> dict[str, list[Picture]]:
    """Section -> its figures, every figure of all models; those beyond what the page reads at come last, folded."""
    models = views.models(tables)
    found: dict[str, list[Picture | None]] = {
        "turned-away": [side_by_side.turned_away(tables)],
        "impostors": [side_by_side.passes(tables), *_matrices(tables, leading=True)],
        "conditions": [_of_all(tables, "changes", paired.changes)],
        "search": [_of_all(tables, "searches", rates.searches)],
        "every-condition": _by_condition(tables),
        "every-threshold": [_of_all(tables, "thresholds", rates.fnmr_and_fmr)],
        "matrices": _matrices(tables, leading=False),
        "policies": [_of_all(tables, "policies", policies.who_bears)],
        "quality": [_of_all(tables, "discard", edc.against_error)],
        "galleries": [_of_all(tables, "ranks", det.cmc), _of_all(tables, "galleries", gallery_model.false_alarms)],
        "retries": [_of_all(tables, "attempts", transactions.refused)],
    }
    for section, metric, draw in _CURVES:
        found[section] = [
            style.together(f"{section} {condition} {by}", _folded(drawn, fold))
            for condition, by, fold in _curves(tables, metric)
            if (drawn := [(m, one) for m in models if (one := draw(tables, m, condition, by)) is not None])
        ]
    return {name: sorted((p for p in some if p is not None), key=lambda p: p.folded) for name, some in found.items()}


_CURVES = (("det", "FNMR", det.det), ("curves", "FMR", det.calibration), ("scores", "FMR", det.distributions))
"""Section, the metric whose largest difference comes first, and what draws one grouping's curves."""

MOST_CURVES = 4
"""Groupings whose curves are drawn, the largest difference first; det.csv and distributions.csv hold all."""


def _of_all(tables: Tables, name: str, draw: Callable[[Tables, str], Picture | None]) -> Picture | None:
    """What `draw` draws of each model, as one figure."""
    return style.together(name, [(m, one) for m in views.models(tables) if (one := draw(tables, m)) is not None])


def _by_condition(tables: Tables) -> list[Picture | None]:
    """Who is turned away under every condition, at the vendors' own thresholds and at the targets."""
    if len(views.conditions(tables)) < 2:
        return []
    models = views.models(tables)
    each = [(m, point) for m in models for point in views.leading_thresholds(tables, m)]
    own = [(m, point) for m, point in each if point.name == views.VENDOR]
    return [
        style.together(
            name, [(m, one) for m, point in some if (one := rates.turned_away(tables, m, point)) is not None]
        )
        for name, some in (("by condition", own), ("by condition, target", [one for one in each if one not in own]))
    ]


def _matrices(tables: Tables, leading: bool) -> list[Picture | None]:
    """Heat maps of every grouping and threshold; `leading`: the one of the largest difference, read at first."""
    found: dict[tuple[str, str], list[tuple[str, Picture]]] = {}
    for model in views.models(tables):
        first = views.leading_thresholds(tables, model)[:1]
        for point in views.thresholds(tables, model):
            order = groupings(tables, model, "FMR", point)
            there = [by for by in order if cross_fmr.cells(tables, model, point, by)]
            for k, by in enumerate(there):
                leads = k == 0 and point in first
                picture = cross_fmr.cross_fmr(tables, model, point, by) if leads == leading else None
                if picture is not None:
                    key = ("leading", "") if leading else (point.name, by)
                    found.setdefault(key, []).append((model, picture))
    return [
        style.together(f"matrices {' '.join(key)}", some if leading else _folded(some, True))
        for key, some in found.items()
    ]


def _curves(tables: Tables, metric: str) -> list[tuple[str, str, bool]]:
    """Condition, grouping and whether it is folded: groupings under the baseline, the first one elsewhere."""
    models = views.models(tables)
    order = groupings(tables, models[0], metric)[:MOST_CURVES] if models else []
    base = views.baseline(tables)
    found = [(base, by, k > 0) for k, by in enumerate(order)]
    others = views.once(one for m in models for one in views.with_curves(tables, m) if one != base)
    return found + [(condition, by, True) for condition in others for by in order[:1]]


def _folded(some: Sequence[tuple[str, Picture]], folded: bool) -> list[tuple[str, Picture]]:
    return [(model, replace(picture, folded=folded)) for model, picture in some]


def page(tables: Tables, figures: Mapping[str, Sequence[Picture]]) -> str:
    """The page as HTML, below `MOST_BYTES` whatever the run holds: with fewer rows of each table where it must be."""
    for rows, inline, raw in ((MOST_ROWS, INLINE_BYTES, RAW_BYTES), (60, INLINE_BYTES // 2, 0), (15, 0, 0)):
        html = _page(tables, figures, rows, inline, raw)
        if len(html.encode()) < MOST_BYTES:
            break
    return html


def _page(tables: Tables, figures: Mapping[str, Sequence[Picture]], most_rows: int, inline: int, raw: int) -> str:
    templates = environment()
    script = templates.get_template("report.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    names = views.models(tables)
    html = templates.get_template("report.html").render(
        manifest=tables.manifest,
        digest=store.run_digest(tables.folder),
        root="" if views.section(tables.manifest.study, "dataset").get("synthetic") else " --root DATA",
        script=Markup(script),
        script_digest=digest,
        models=names,
        losses=losses(tables),
        findings={model: findings(tables, model) for model in names},
        read_at=_read_at(tables),
        same_heads=views.same_heads(tables),
        figures=_within_budget(figures, inline),
        headline=headline.headline(tables),
        unseen=headline.unseen(tables),
        side_by_side=side_by_side.models_table(tables),
        requirements=requirements.of_run(tables),
        dial=Markup(dial.dial(tables)),
        at_points=dial.point_table(tables),
        raw_tables=Markup(_raw_tables(tables, raw)),
        few=views.FEW_PEOPLE,
        run_id_for_print=re.sub(r"[^A-Za-z0-9._-]", "-", tables.manifest.run_id),
        term_anchor=glossary.anchor,
        term_meaning=glossary.meaning,
        entry_anchor=glossary.entry_anchor,
        words=words,
        thresholds=_threshold_table(tables),
        turned_away=[
            _people_table(tables, model, point) for model in names for point in views.leading_thresholds(tables, model)
        ],
        conditions=[_condition_table(tables, model) for model in names] if len(views.conditions(tables)) > 1 else [],
        condition_cards=[card for card in tables.manifest.conditions if card.get("name") not in views.ends(tables)],
        bands=[sensitivity.band_table(tables, model) for model in names],
        not_tried=sensitivity.not_tried(tables),
        rates=_rates_table(tables),
        searches=_search_table(tables),
        differentials=differentials.measure_tables(tables),
        quality=quality.quality_tables(tables),
        gaps=[table for model in names if (table := edc.gap_table(tables, model)) is not None],
        checklist=checklist(tables),
        at_target=at_target.at_target_table(tables),
        extrapolated=extrapolated.extrapolated_table(tables),
        homogeneity=differentials.homogeneity_table(tables),
        marginals=at_target.marginal_table(tables),
        margins=bool(tables[CommonMarginRow]),
        relatives=(relatives.sentences(tables), relatives.relatives_table(tables)),
        observed=(observed.names(tables), observed.observed_table(tables), observed.within_table(tables)),
        age_gaps=observed.gap_table(tables),
        throughput=transactions.throughput_table(tables),
        power=versus_rest.power_table(tables),
        reference=versus_reference.reference_table(tables),
        between=between_models.between_table(tables),
        measures=differentials.hidden_table(tables),
        acquisition=_acquisition_table(tables),
        liveness=(liveness.net(tables), liveness.liveness_table(tables)),
        samples=_pairs(tables.manifest.samples),
        refused=_pairs(tables.manifest.refused),
        remarks=_remarks(tables.manifest.findings),
        labels=_label_sources(tables),
        dataset=_tree(tables.manifest.dataset),
        cards=[(card.get("title") or card.get("name", "model"), _tree(card)) for card in _cards(tables)],
        gates=[gates.stated(card) for card in _cards(tables) if card.get("kind") == "recogniser"],
        config=_redacted(tables.manifest.config_text),
        versions=_pairs(tables.manifest.versions),
        machine=_pairs({k: v for k, v in tables.manifest.machine.items() if k not in _PRIVATE_KEYS}),
        stages=[(name, f"{seconds:.1f} s") for name, seconds in tables.manifest.stages.items()],
        limits=_limits(tables),
        glossary=glossary.GLOSSARY,
        hidden_measures=differentials.left_out(tables),
        baseline=views.baseline(tables),
        level=_level(tables),
        most_rows=most_rows,
    )
    return html + "\n"


def environment() -> jinja2.Environment:
    """Templates in which every text stays text."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("facegap.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
    )


def _finalize(value: Any) -> Any:
    """Control and direction-changing characters are shown as what they are; None is a dash."""
    if value is None:
        return words.DASH
    return style.printable(value) if type(value) is str else value


def _within_budget(
    figures: Mapping[str, Sequence[Picture]], budget: int
) -> dict[str, list[tuple[Picture, list[tuple[Panel, Markup]] | None]]]:
    """Each figure with its SVGs for the page, or None where the page would grow too large and the files remain.

    What stands open comes first, in the page's order, then what is folded.
    """
    left, kept = budget, set()
    every = [picture for some in figures.values() for picture in some]
    for picture in sorted(every, key=lambda picture: picture.folded):
        size = sum(len(part.svg.encode()) for part in picture.parts)
        if size <= left:
            left -= size
            kept.add(picture.name)
    return {
        section: [
            (picture, [(part, Markup(part.svg)) for part in picture.parts] if picture.name in kept else None)
            for picture in some
        ]
        for section, some in figures.items()
    }


_RAW = ("rates", "thresholds", "cross_fmr", "versus_rest", "differentials", "det")
"""Tables that the page carries whole, as far as there is room, in this order."""


def _raw_tables(tables: Tables, budget: int) -> str:
    """File name -> text of the CSV files that the page carries, as JSON; "" without any."""
    found: dict[str, str] = {}
    for name in _RAW:
        path = store.table_path(tables.folder, ROWS[name])
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text and len(json.dumps(text)) <= budget:
            budget -= len(json.dumps(text))
            found[f"{name}.csv"] = text
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c") if found else ""


def _read_at(tables: Tables) -> list[str]:
    """One line per model on the operating points that the page reads at, the vendor's own first."""
    return [
        f"{model}: {'; then '.join(map(_point_words, points))}"
        for model in views.models(tables)
        if (points := views.leading_thresholds(tables, model))
    ]


def _point_words(point: ThresholdRow) -> str:
    behind = f", {words.count(point.false_matches)} false matches behind it" if point.false_matches else ""
    return f"{words.point(point.name)}, score ≥ {words.score(point.threshold)}{behind}"


def _level(tables: Tables) -> str:
    levels = views.once(row.level for row in tables[RateRow] if row.level is not None)
    return words.listed(map(words.exact_percent, levels)) or words.DASH


def _threshold_table(tables: Tables) -> Table:
    head = (
        "Model",
        "Name",
        "Score ≥",
        "Target FMR",
        "Realised FMR",
        "False matches",
        "Of comparisons",
        "How it was set",
    )
    rows = [
        (
            row.model, row.name, words.score(row.threshold), words.exact_percent(row.target),
            words.percent(row.realised),
            words.count(row.false_matches), words.count(row.comparisons),
            ". ".join(part for part in (row.policy, words.noted(row)) if part),
        )
        for row in tables[ThresholdRow]
    ]  # fmt: skip
    return Table(head, rows)


def _people_table(tables: Tables, model: str, point: ThresholdRow) -> tuple[str, Table]:
    """Turned away per 1,000, per group of every grouping, in the baseline condition, at one operating point."""
    rows = views.rates(tables, model, "FNMR", threshold_name=point.name, condition=views.baseline(tables))
    order = [views.EVERYONE, *groupings(tables, model, "FNMR", point)]
    rows.sort(key=lambda row: order.index(row.grouping))
    rows = [as_people(row) for row in rows]
    scale = words.people_scale(rows)
    head = (
        "Group", "People", "Genuine comparisons", "Turned away", f"Of {words.count(scale)} genuine applicants",
        _failed_head(tables, model), "Failures left out", "Against the other groups", "Read with care",
    )  # fmt: skip
    excluded = {(row.grouping, row.group): row for row in _excluded(tables, rows)}
    least = views.min_subjects(tables)
    body = [
        (
            row.group, words.count(row.subjects), words.count(row.trials), words.count(row.errors),
            words.people(row, scale), words.count(row.failed),
            _excluded_rate(excluded.get((row.grouping, row.group))),
            versus_rest.cell(tables, row), words.flags(row, least),
        )
        for row in rows
    ]  # fmt: skip
    where = words.at(point.name, point.threshold)
    title = f"{model}: of {words.count(scale)} genuine applicants in each group, how many are turned away {where}"
    return f"{title}. {weighting(rows)}", Table(head, body).without_empty_columns()


def _failed_head(tables: Tables, model: str) -> str:
    return "Failed, as reported" if views.from_elsewhere(tables, model) else "No face"


def _excluded_rate(row: RateRow | None) -> str:
    return words.rate(as_people(row)) if row is not None else words.DASH


def _excluded(tables: Tables, rows: Sequence[RateRow]) -> list[RateRow]:
    if not rows:
        return []
    wanted = {k: getattr(rows[0], k) for k in ("model", "metric", "threshold_name", "condition")}
    return views.select(tables[RateRow], failures="excluded", **wanted)


def _condition_table(tables: Tables, model: str) -> tuple[str, Table]:
    """FNMR per group, one column per condition, in people."""
    point = views.main_threshold(tables, model)
    names = views.conditions(tables)
    rows = [as_people(row) for row in views.rates(tables, model, "FNMR", threshold_name=point.name if point else "")]
    scale = words.people_scale(rows)
    groups = views.once((row.grouping, row.group) for row in rows)
    cell = {(row.grouping, row.group, row.condition): row for row in rows}
    body = []
    for key in groups:
        found = [cell.get((*key, name)) for name in names]
        body.append((key[1], *(words.people(row, scale) if row is not None else words.DASH for row in found)))
    where = words.at(point.name, point.threshold) if point is not None else ""
    title = f"{model}: turned away of {words.count(scale)} genuine applicants {where}, by condition. {weighting(rows)}"
    return title, Table(("Group", *names), body)


_RATE_HEAD = ("Model", "Condition", "Metric", "Threshold", "By", "Group", *rates.HEAD, "Interval method", "Note")


def _rates_table(tables: Tables) -> Table:
    least = views.min_subjects(tables)
    rows = [
        (row.model, row.condition, row.metric, row.threshold_name, row.grouping or "everyone", row.group,
         *rates.cells(row, least), row.method, row.note)
        for row in tables[RateRow]
        if row.failures == "counted"
    ]  # fmt: skip
    return Table(_RATE_HEAD, rows)


def _search_table(tables: Tables) -> Table:
    least = views.min_subjects(tables)
    head = ("Model", "Condition", "Metric", "Search", "Enrolled", "By", "Group", *rates.HEAD)
    rows = [
        (row.model, row.condition, row.metric, words.search_point(row), words.count(row.gallery_size),
         row.grouping or "everyone", row.group,
         *rates.cells(row, least))
        for row in tables[IdentificationRow]
        if row.failures == "counted" and row.condition == views.baseline(tables)
    ]  # fmt: skip
    return Table(head, rows)


def _acquisition_table(tables: Tables) -> Table:
    """Samples per outcome, one row per detector, condition and group."""
    cells: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for row in tables[AcquisitionRow]:
        cells.setdefault((row.detector, row.condition, row.grouping, row.group), {})[row.outcome] = row.samples
    outcomes = [o for o in OUTCOMES if any(o in found for found in cells.values())]
    rows = [
        (*key[:2], key[2] or "everyone", key[3], words.count(sum(found.values())),
         *(words.count(found.get(outcome, 0)) for outcome in outcomes))
        for key, found in cells.items()
    ]  # fmt: skip
    heads = tuple("usable face" if outcome == "ok" else outcome.replace("_", " ") for outcome in outcomes)
    return Table(("Detector", "Condition", "By", "Group", "Images", *heads), rows)


def _pairs(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(key), f"{value:,}" if isinstance(value, int) else str(value)) for key, value in content.items()]


def _remarks(found: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """What the check of the data set found; a manifest holds no examples, so that no name stands here."""
    return [(str(one.get("level", "")), str(one.get("rule", "")), str(one.get("message", ""))) for one in found]


def _label_sources(tables: Tables) -> list[tuple[str, str]]:
    groups = views.section(tables.manifest.dataset, "groups")
    return [(str(column), str(views.section(card, "label_source") or "not stated")) for column, card in groups.items()]


def _cards(tables: Tables) -> list[Mapping[str, Any]]:
    """Cards of recognisers and detectors, each once."""
    return list({(card.get("kind"), card.get("name")): card for card in tables.manifest.models}.values())


def _tree(content: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Key paths and values of nested mappings, empty ones left out, without private keys."""
    if isinstance(content, Mapping):
        return [
            line
            for key in _ordered(content)
            if key not in _PRIVATE_KEYS
            for line in _tree(content[key], f"{prefix}: {key}" if prefix else str(key))
        ]
    if isinstance(content, list) and any(isinstance(item, Mapping) for item in content):
        return [(prefix, _redacted(_in_one_line(item))) for item in content if item]
    text = ", ".join(map(str, content)) if isinstance(content, list) else _plain(content)
    return [(prefix.replace("_", " "), _redacted(text))] if text else []


def _ordered(content: Mapping[str, Any]) -> list[str]:
    return sorted(content, key=lambda key: _FIRST_KEYS.index(key) if key in _FIRST_KEYS else len(_FIRST_KEYS))


def _in_one_line(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _plain(item)
    return "; ".join(_plain(item[key]) for key in _ordered(item) if _plain(item[key]))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _redacted(text: str) -> str:
    """`text` without folders of this machine: a `root` and absolute paths keep their last part only."""
    text = re.sub(r"(\broot\s*=\s*)(\"[^\"]*\"|'[^']*')", r'\1"…"', text)
    return re.sub(r"(?<![\w/:.~\\])" + _ABSOLUTE.pattern, _last_part, text)


def _last_part(match: re.Match[str]) -> str:
    name = PureWindowsPath(match.group(0)).name or PurePosixPath(match.group(0)).name
    return f"…/{name}" if "/" in match.group(0)[1:] or "\\" in match.group(0) else match.group(0)


def _limits(tables: Tables) -> list[str]:
    """What this page cannot tell; the lines that hold for every run, then those that hold for this one."""
    status = str(tables.manifest.dataset.get("status", ""))
    lines = [
        "It holds for these images, these versions of the models and these settings. Other cameras, light, people or "
        "thresholds give other rates.",
        "Intervals carry the chance in who was sampled. They do not carry how the data set was put together, wrong "
        "labels, or people who are missing from it.",
        "FMR here is about people who make no effort to look like someone else. It says nothing on masks, morphs or "
        "other attacks.",
        "One test says whether a group differs: that against all other groups together, adjusted over the groups. "
        "Where it shows no difference, that is no evidence that there is none.",
        "One comparison stands for one attempt. A system that lets people try again turns fewer away, "
        + (
            "as the section on repeated attempts shows."
            if tables[TransactionRow]
            else "by an amount not measured here."
        ),
    ]
    if not liveness.net(tables):
        lines.append(liveness.NOT_SIMULATED)
    sources = {source for _, source in _label_sources(tables)}
    if sources:
        lines.append(
            f"Groups are as the data set labels them (source of the labels: {words.listed(sorted(sources))}); labels "
            "are never inferred here."
        )
    if status == "synthetic":
        lines.append(
            "The people are synthetic: the page shows that the measurement works and says nothing about a real "
            "deployment."
        )
    least = views.section(views.section(tables.manifest.study, "statistics"), "suppress_below")
    if least:
        lines.append(
            f"Groups of fewer than {least} people are suppressed, and groups of whom fewer have mated comparisons; and "
            "further groups where a sum less the groups that are shown would give such a group away. Their numbers are "
            "blank in every table, or their rows are left out. The evidence beside the tables still holds every sample "
            "under its opaque id."
        )
    most = views.section(tables.manifest.study, "trials").get("images_per_person")
    if most:
        left = sum(n for name, n in tables.manifest.samples.items() if name.startswith("left out, more"))
        lines.append(
            f"At most {words.count(most)} images of a person were used, drawn by chance with the study’s seed; "
            f"{words.count(left)} images were left out."
        )
    if not tables.manifest.sealed:
        lines.append(
            "No protocol was sealed before the data: groups, thresholds and conditions may have been chosen after the "
            "scores were seen."
        )
    few = _few_people(tables)
    if few:
        lines.append(
            f"Fewer than {views.FEW_PEOPLE} people stand behind {few}: their intervals may still be too narrow."
        )
    return lines


def _few_people(tables: Tables) -> str:
    """How many groups of each grouping rest on few people, and which, where they are few."""
    parts = []
    for by in views.groupings(tables):
        every = views.once(row.group for row in tables[RateRow] if row.grouping == by)
        few = views.once(
            row.group
            for row in tables[RateRow]
            if row.grouping == by and row.subjects is not None and row.subjects < views.FEW_PEOPLE
        )
        if few:
            names = words.listed(few) if len(few) <= 4 else f"{len(few)} of {len(every)} groups"
            parts.append(f"{names} (by {by})")
    return words.listed(parts)
