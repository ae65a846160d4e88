"""Table of false alarms at galleries of other sizes and mixes, by the FMR-matrix model, beside the measured ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from facegap import count
from facegap.cards.study import Identification
from facegap.errors import InputError
from facegap.estimate import cautions
from facegap.estimate.gallery_model import modelled_fpir
from facegap.evidence import Evidence
from facegap.records import Comparisons, ErrorCounts, Estimate, Searches, Threshold, has_label
from facegap.schema import GalleryRow
from facegap.tables.search_intervals import drawn_point, interval_cells, threshold_ends
from facegap.tables.workbench import Workbench

AS_HERE = "as in this run"
EVERYONE = "everyone"
AS_IT_STANDS = "modelled intervals are at the threshold as it stands: the kept comparisons end above its lower end"
Matrix = Mapping[str, Mapping[str, Estimate]]
"""Probe group -> reference group -> FMR."""


def rows(bench: Workbench) -> Iterator[GalleryRow]:
    """Every operating point, gallery size and mix over the groups of the study's first grouping, failures excluded.

    The operating points are those of the open searches: the 1:1 thresholds and those at target FPIRs. Below the kept
    comparisons there is no FMR to model from: such a point has what was measured, and the reason.

    Raises:
        InputError: the study names a group that its samples do not have.
    """
    evidence = bench.evidence
    rule = evidence.study.identification
    if rule is None:
        return
    columns = evidence.study.groups[0]
    here = _people(evidence, columns)
    if not here:
        return
    mix = _shares("search_mix", rule.search_mix, here)
    for comparisons in evidence.comparisons.values():
        searches = evidence.searches.get((comparisons.model, comparisons.condition, "open"))
        if searches is not None and not searches.same_scores:
            searches = None  # their thresholds are none of the comparisons that are modelled from
        enrolled = searches.gallery_size - searches.gallery_failed if searches is not None else 0
        sizes = sorted({*rule.gallery_sizes, *([enrolled] if enrolled else [])})
        for threshold in _points(bench, comparisons, searches):
            found = _measured(bench, searches, columns, threshold)
            if threshold.value < comparisons.floor:
                key = _key(comparisons, columns, threshold) | {"gallery_size": enrolled, "mix": AS_HERE}
                yield from _not_modelled(key, found, comparisons.floor, [*here, EVERYONE])
                continue
            matrix, caution = matrix_with_threshold(bench, comparisons, searches, columns, threshold, here)
            for size in sizes:
                for name, shares in _mixes(rule, here).items():
                    seen = found if size == enrolled and name == AS_HERE else {}
                    key = _key(comparisons, columns, threshold) | {"gallery_size": size, "mix": name}
                    yield from _rows(
                        key, matrix, people_enrolled(size, shares), mix, rule.searches_per_day, seen, caution
                    )


def _points(bench: Workbench, comparisons: Comparisons, searches: Searches | None) -> Sequence[Threshold]:
    if searches is None:
        return bench.thresholds_of(comparisons)
    return bench.operating_points(searches)


def _people(evidence: Evidence, columns: tuple[str, ...]) -> dict[str, float]:
    """Group -> share of the people who carry its label."""
    pairs = np.unique(np.stack([evidence.samples.grouping(columns), evidence.samples.subjects]), axis=1)
    names, people = np.unique(pairs[0], return_counts=True)
    kept = {str(n): int(k) for n, k in zip(names, people, strict=True) if has_label(str(n))}
    return {name: k / sum(kept.values()) for name, k in kept.items()}


def _shares(key: str, stated: Mapping[str, float], here: Mapping[str, float]) -> dict[str, float]:
    """The stated shares brought to a sum of 1, or those of this run where none are stated."""
    unknown = [name for name in stated if name not in here]
    if unknown:
        raise InputError(
            f"identification.{key}: no group '{unknown[0]}' in the first grouping; there: {', '.join(here)}"
        )
    total = sum(stated.values())
    return {name: stated.get(name, 0.0) / total for name in here} if total else dict(here)


def _mixes(rule: Identification, here: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """As here, alike, as stated, and each group as nine in ten."""
    found = {AS_HERE: dict(here), "groups of equal size": dict.fromkeys(here, 1 / len(here))}
    if rule.gallery_mix:
        found["as stated in the study"] = _shares("gallery_mix", rule.gallery_mix, here)
    for name in here if len(here) > 1 else ():
        found[f"90 % {name}"] = {other: 0.9 if other == name else 0.1 / (len(here) - 1) for other in here}
    return found


def people_enrolled(size: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole people by group that add up to `size`, by largest remainders."""
    exact = {name: size * share for name, share in shares.items()}
    found = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (found[name] - exact[name], name))
    for name in by_remainder[: size - sum(found.values())]:
        found[name] += 1
    return found


def matrix_with_threshold(
    bench: Workbench,
    comparisons: Comparisons,
    searches: Searches | None,
    columns: tuple[str, ...],
    threshold: Threshold,
    here: Mapping[str, float],
) -> tuple[Matrix, str]:
    """The rates at the threshold; their intervals reach to those at the ends of a threshold that this run set.

    And why they do not, where the kept comparisons end above the lower end.
    """
    evidence = bench.evidence
    matrix = _matrix(bench, comparisons, columns, threshold.value, here)
    drawn = drawn_point(bench, searches, threshold)
    if drawn is None:
        return matrix, ""
    ends = threshold_ends(drawn, evidence.study.statistics.level)
    if ends is None or ends[0] < comparisons.floor:
        return matrix, AS_IT_STANDS
    at_low, at_high = (_matrix(bench, comparisons, columns, end, here) for end in ends)
    spanned = {
        probe: {
            group: replace(
                cell,
                low=_least(cell.low, at_high[probe][group].low),
                high=_most(cell.high, at_low[probe][group].high),
            )
            for group, cell in cells.items()
        }
        for probe, cells in matrix.items()
    }
    return spanned, ""


def _least(a: float | None, b: float | None) -> float | None:
    return min((value for value in (a, b) if value is not None), default=None)


def _most(a: float | None, b: float | None) -> float | None:
    return max((value for value in (a, b) if value is not None), default=None)


def _matrix(
    bench: Workbench,
    comparisons: Comparisons,
    columns: tuple[str, ...],
    threshold: float,
    here: Mapping[str, float],
) -> Matrix:
    cells = count.cross_fmr_counts(comparisons, bench.evidence.samples, columns, threshold, "excluded")
    found: dict[str, dict[str, Estimate]] = {name: {} for name in here}
    for c in cells:
        if c.probe_group in here and c.group in here:
            found[str(c.probe_group)][c.group] = bench.estimate(c)
    return found


def _measured(
    bench: Workbench, searches: Searches | None, columns: tuple[str, ...], threshold: Threshold
) -> dict[str, Estimate]:
    """Measured FPIR by group of the probe, and of everyone unless a mix of searches is stated: it was another here.

    Its interval carries the uncertainty of a threshold that this run set, as in identification.csv.
    """
    evidence, rule = bench.evidence, bench.evidence.study.identification
    if searches is None or searches.mated.all() or rule is None:
        return {}
    if count.unknown(searches, "FPIR", None, threshold.value):
        return {}
    return {
        c.group: _with_interval(bench, searches, threshold, c)
        for names in ((columns,) if rule.search_mix else (columns, ()))
        for c in count.fpir_counts(searches, evidence.samples, names, threshold.value, "excluded")
    }


def _with_interval(bench: Workbench, searches: Searches, threshold: Threshold, counts: ErrorCounts) -> Estimate:
    found = bench.estimate(counts)
    cells = interval_cells(bench, searches, threshold, counts)
    return replace(found, low=cells["low"], high=cells["high"]) if cells else found


def _key(comparisons: Comparisons, columns: tuple[str, ...], threshold: Threshold) -> dict[str, Any]:
    return {
        "model": comparisons.model,
        "condition": comparisons.condition,
        "grouping": ", ".join(columns),
        "threshold_name": threshold.name,
        "threshold": threshold.value,
    }


def _rows(
    key: Mapping[str, Any],
    matrix: Matrix,
    gallery: Mapping[str, int],
    searches: Mapping[str, float],
    per_day: int,
    measured: Mapping[str, Estimate],
    said_of_threshold: str = "",
) -> Iterator[GalleryRow]:
    """One row a probe group, and one of everyone under the mix of searches."""
    known = {name: cells for name, cells in matrix.items() if is_complete(cells, gallery)}
    modelled = {name: modelled_cells(cells, gallery) for name, cells in known.items()}
    for name in matrix:
        row = {**key, "group": name, "share_of_searches": searches[name], "searches_per_day": per_day}
        if name not in modelled:
            yield GalleryRow(**row, note="a group of the gallery has no comparisons with this one")
            continue
        zero = sum(cell.counts.errors == 0 for group, cell in matrix[name].items() if gallery[group])
        zeros = f"{zero} cells without false matches count as 0 here; see the upper bound" if zero else ""
        note = "; ".join(part for part in (zeros, said_of_threshold) if part)
        alarms = per_day * searches[name] * modelled[name]["fpir_model"]
        beside = _beside(modelled[name], measured.get(name))
        caution = _caution(matrix, [name], gallery, measured.get(name))
        yield GalleryRow(**row, **modelled[name], **beside, false_alarms_per_day=alarms, caution=caution, note=note)
    if len(modelled) == len(matrix):
        total = {
            column: sum(searches[name] * values[column] for name, values in modelled.items())
            for column in ("fpir_model", "fpir_model_low", "fpir_model_high", "selectivity")
        }
        alarms = per_day * total["fpir_model"]
        caution = _caution(matrix, list(matrix), gallery, measured.get(EVERYONE))
        everyone = {**key, "group": EVERYONE, **total, **_beside(total, measured.get(EVERYONE)), "caution": caution}
        everyone |= {"share_of_searches": 1.0, "searches_per_day": per_day, "note": said_of_threshold}
        yield GalleryRow(**everyone, false_alarms_per_day=alarms)


def _not_modelled(
    key: Mapping[str, Any], measured: Mapping[str, Estimate], floor: float, groups: Sequence[str]
) -> Iterator[GalleryRow]:
    """What was measured at a threshold below the kept comparisons."""
    note = f"not modelled: non-mated comparisons are kept from a score of {floor:.6g}, which is above this threshold"
    for name in groups:
        caution = _caution({}, [], {}, measured.get(name))
        yield GalleryRow(**key, group=name, **_seen(measured.get(name)), caution=caution, note=note)


def _caution(matrix: Matrix, probes: Sequence[str], gallery: Mapping[str, int], measured: Estimate | None) -> str:
    """The cautions of the false match rates that are modelled from, and of what was measured."""
    used = [
        (f"{group} against {name}", matrix[name][group].cautions)
        for name in probes
        for group, size in gallery.items()
        if size
    ]
    return cautions.by_name([*used, *([("searches", measured.cautions)] if measured is not None else [])])


def is_complete(cells: Mapping[str, Estimate], gallery: Mapping[str, int]) -> bool:
    """Whether a probe group has a rate against every group of the gallery."""
    return all(group in cells and cells[group].value is not None for group, size in gallery.items() if size)


def modelled_cells(cells: Mapping[str, Estimate], gallery: Mapping[str, int]) -> dict[str, Any]:
    """FPIR at the rates and at the ends of all their intervals at once, and the false candidates a search returns."""
    used = {group: size for group, size in gallery.items() if size}

    def at(end: str) -> dict[str, float]:
        return {group: float(getattr(cells[group], end)) for group in used}

    return {
        "fpir_model": modelled_fpir(at("value"), used),
        "fpir_model_low": modelled_fpir(at("low"), used),
        "fpir_model_high": modelled_fpir(at("high"), used),
        "selectivity": sum(size * rate for size, rate in zip(used.values(), at("value").values(), strict=True)),
    }


def _beside(modelled: Mapping[str, float], measured: Estimate | None) -> dict[str, Any]:
    """The measured cells, and what the model says less what was measured."""
    if measured is None or measured.value is None:
        return _seen(measured)
    return {**_seen(measured), "model_less_measured": modelled["fpir_model"] - measured.value}


def _seen(found: Estimate | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"fpir_measured": found.value, "fpir_measured_low": found.low, "fpir_measured_high": found.high}
