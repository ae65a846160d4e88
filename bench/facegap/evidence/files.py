"""The evidence of a run: samples with opaque ids, acquisitions, comparisons, searches; to files and back.

No image, no template, no name and no path is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from facegap import store
from facegap.cards import Study
from facegap.cards.observed import ObservedColumn
from facegap.errors import StoreError
from facegap.evidence.histograms import read_histogram
from facegap.evidence.record import Evidence, Key3
from facegap.records import (
    Acquisitions,
    AgeGaps,
    Attempts,
    Comparisons,
    Floats,
    ListedTrials,
    Meets,
    RuledTrials,
    RunManifest,
    Samples,
    ScoredPairs,
    Searches,
    Strings,
    Threshold,
    Trials,
)

LOST = Path("acquisitions") / "refused.csv"
"""Samples that were refused, where there are any."""

GROUP, QUALITY, RELATION, OBSERVED = "group ", "quality ", "relation ", "observed "
"""Prefixes of columns that a data set or a detector names."""

GAPS = Path("comparisons") / "age-gaps.npz"
"""Bins of years between the pictures of mated comparisons, where the data set knows them."""

IMAGE = "hmac_sha256"
"""Column of the keyed digests of image files."""


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Write tables/samples.csv, acquisitions/*.csv and comparisons/*.npz below `folder`."""
    _write_samples(folder / "tables" / "samples.csv", evidence)
    _write_lost(folder / LOST, evidence)
    for (model, condition), comparisons in evidence.kept.items():
        store.write_arrays(_kept_file(folder, model, condition), _comparison_arrays(comparisons))
    for (detector, condition), acquisitions in evidence.acquisitions.items():
        _write_acquisitions(folder / "acquisitions" / f"{detector}~{condition}.csv", evidence.samples, acquisitions)
    for (model, condition), comparisons in evidence.comparisons.items():
        store.write_arrays(_comparisons_file(folder, model, condition), _comparison_arrays(comparisons))
    for (model, condition, protocol), searches in evidence.searches.items():
        store.write_arrays(folder / "comparisons" / f"{model}~{condition}~{protocol}.npz", _search_arrays(searches))
    for (model, condition), attempts in evidence.attempts.items():
        store.write_arrays(_attempts_file(folder, model, condition), _attempt_arrays(attempts))
    if evidence.gaps is not None:
        store.write_arrays(folder / GAPS, _gap_arrays(evidence.gaps))


def evidence_files(evidence: Evidence) -> list[str]:
    """Names of the files that `write_evidence` writes, below the results folder."""
    return [
        "tables/samples.csv",
        *(f"acquisitions/{detector}~{condition}.csv" for detector, condition in evidence.acquisitions),
        *(f"comparisons/{'~'.join(key)}.npz" for key in (*evidence.comparisons, *evidence.searches)),
        *(f"comparisons/{model}~{condition}~attempts.npz" for model, condition in evidence.attempts),
        *(_kept_file(Path(), model, condition).as_posix() for model, condition in evidence.kept),
        *([GAPS.as_posix()] if evidence.gaps is not None else []),
        *([LOST.as_posix()] if evidence.lost is not None and len(evidence.lost) else []),
    ]


def read_evidence(folder: Path, manifest: RunManifest) -> Evidence:
    """The evidence of the finished run in `folder`.

    Raises:
        StoreError: a file is missing, damaged or contradicts the others.
    """
    try:
        study = Study.model_validate_json(json.dumps(manifest.study))
        vendor = {
            model["name"]: model["score_threshold"]
            for model in manifest.models
            if model.get("score_threshold") is not None
        }
        vendor_fmr = {model["name"]: model["vendor_fmr"] for model in manifest.models if model.get("vendor_fmr")}
        detectors = dict.fromkeys(use.detector for use in study.models if use.detector is not None)
        for name in (*study.conditions, *(use.card for use in study.models), *detectors):
            store.check_name(name, f"{folder}: the name of a model or condition")
        given = tuple(Threshold(**row) for row in manifest.given_thresholds)
        identities = bool(manifest.dataset["identities"])
        samples, images, copies = _read_samples(folder / "tables" / "samples.csv")
        lost, lost_reasons = _read_lost(folder / LOST)
        acquisitions = {
            (detector, condition): _read_acquisitions(folder, detector, condition, images)
            for detector in detectors
            for condition in study.conditions
        }
        comparisons = {
            (use.card, condition): _read_comparisons(
                _comparisons_file(folder, use.card, condition), use.card, condition, samples
            )
            for use in study.models
            for condition in study.conditions
        }
        searches: dict[Key3, Searches] = {
            (use.card, condition, protocol): _read_searches(folder, use.card, condition, protocol)
            for use in study.models
            for condition in study.conditions
            for protocol in (study.identification.protocols if study.identification is not None else ())
            if (folder / "comparisons" / f"{use.card}~{condition}~{protocol}.npz").exists()
        }
        attempts = {
            (use.card, condition): _read_attempts(folder, study, use.card, condition)
            for use in study.models
            for condition in study.conditions
            if _attempts_file(folder, use.card, condition).exists()
        }
        kept = {
            key: _read_comparisons(_kept_file(folder, *key), *key, samples)
            for key in comparisons
            if _kept_file(folder, *key).exists()
        }
        values = {column: tuple(group["values"]) for column, group in manifest.dataset.get("groups", {}).items()}
        groups = manifest.dataset.get("groups", {})
        shapes = tuple(sorted(column for column, group in groups.items() if group.get("generated_shape")))
        same_person = str(manifest.dataset.get("same_person", ""))
        observed = _orders(manifest.dataset.get("observed", {}), values)
        gaps = _read_gaps(folder / GAPS) if (folder / GAPS).exists() else None
        applies_to = {card["name"]: card["applies_to"] for card in manifest.conditions}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        line = " ".join(str(error).split())[:300]
        raise StoreError(f"{folder}: not a run folder of this version: {type(error).__name__}: {line}") from None
    return Evidence(
        study=study,
        samples=samples,
        images=images,
        acquisitions=acquisitions,
        comparisons=comparisons,
        searches=searches,
        vendor=vendor,
        given=given,
        identities=identities,
        attempts=attempts,
        applies_to=applies_to,
        copies=copies,
        kept=kept,
        lost=lost,
        lost_reasons=lost_reasons,
        values=values,
        shapes=shapes,
        same_person=same_person,
        observed=observed,
        gaps=gaps,
        vendor_fmr=vendor_fmr,
    )


def _orders(observed: Mapping[str, Any], values: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Observed condition -> its values in order, from what a manifest says of the data set."""
    cards = {name: ObservedColumn.model_validate_json(json.dumps(said)) for name, said in observed.items()}
    return {name: values.get(name, card.order) for name, card in cards.items()}


def _gap_arrays(gaps: AgeGaps) -> dict[str, Any]:
    return {
        "low": gaps.low.astype(np.int32),
        "high": gaps.high.astype(np.int32),
        "bin": gaps.bin.astype(np.int16),
        "cuts": np.array(gaps.cuts, dtype=np.float64),
    }


def _read_gaps(path: Path) -> AgeGaps:
    arrays = store.read_arrays(path)
    low, high, bins = (arrays[name].astype(np.int64) for name in ("low", "high", "bin"))
    return AgeGaps(low=low, high=high, bin=bins, cuts=tuple(arrays["cuts"].tolist()))


def _write_samples(path: Path, evidence: Evidence) -> None:
    samples = evidence.samples
    _write_columns(
        path,
        {
            "sample": samples.ids,
            "subject": samples.subjects,
            IMAGE: evidence.images,
            "role": samples.roles,
            **({"copy": evidence.copies} if len(evidence.copies) else {}),
            **{f"{GROUP}{name}": values for name, values in samples.groups.items()},
            **{f"{RELATION}{name}": values for name, values in samples.relations.items()},
            **{f"{OBSERVED}{name}": values for name, values in samples.observed.items()},
        },
    )


def _comparisons_file(folder: Path, model: str, condition: str) -> Path:
    return folder / "comparisons" / f"{model}~{condition}.npz"


def _kept_file(folder: Path, model: str, condition: str) -> Path:
    return folder / "comparisons" / f"{model}~{condition}~with-copies.npz"


def _write_lost(path: Path, evidence: Evidence) -> None:
    lost = evidence.lost
    if lost is None or not len(lost):
        return
    groups = {f"{GROUP}{name}": values for name, values in lost.groups.items()}
    columns: dict[str, Iterable[Any]] = {"sample": lost.ids, "subject": lost.subjects, "role": lost.roles}
    _write_columns(path, {**columns, "reason": evidence.lost_reasons, **groups})


def _write_acquisitions(path: Path, samples: Samples, acquisitions: Acquisitions) -> None:
    quality = {f"{QUALITY}{name}": _cells(values) for name, values in acquisitions.quality.items()}
    columns: dict[str, Iterable[Any]] = {
        "sample": samples.ids,
        "outcome": acquisitions.outcome,
        "reason": acquisitions.reason,
        **quality,
    }
    _write_columns(path, columns)


def _write_columns(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    store.write_table(path, list(columns), rows)


def _cells(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _column(rows: list[dict[str, str]], name: str) -> Strings:
    return np.array([row[name] for row in rows], dtype=np.str_)


def _read_samples(path: Path) -> tuple[Samples, Strings, Strings]:
    rows = store.read_table(path)
    copies = _column(rows, "copy") if "copy" in rows[0] else np.array([], dtype=np.str_)
    # Earlier versions wrote digests that nothing keys, which no picture of this run can be compared with.
    images = _column(rows, IMAGE) if IMAGE in rows[0] else np.full(len(rows), "")
    return _samples_of(rows), images, copies


def _read_lost(path: Path) -> tuple[Samples | None, tuple[str, ...]]:
    if not path.exists():
        return None, ()
    rows = store.read_table(path)
    return _samples_of(rows), tuple(row["reason"] for row in rows)


def _samples_of(rows: list[dict[str, str]]) -> Samples:
    groups = [name for name in rows[0] if name.startswith(GROUP)]
    blank = np.full(len(rows), "")
    return Samples(
        ids=_column(rows, "sample"),
        subjects=_column(rows, "subject"),
        paths=blank,
        sessions=blank,
        roles=_column(rows, "role"),
        groups={name.removeprefix(GROUP): _column(rows, name) for name in groups},
        root=Path(),
        relations={name.removeprefix(RELATION): _column(rows, name) for name in rows[0] if name.startswith(RELATION)},
        observed={name.removeprefix(OBSERVED): _column(rows, name) for name in rows[0] if name.startswith(OBSERVED)},
    )


def _read_acquisitions(folder: Path, detector: str, condition: str, images: Strings) -> Acquisitions:
    rows = store.read_table(folder / "acquisitions" / f"{detector}~{condition}.csv")
    n = len(rows)
    quality = [name for name in rows[0] if name.startswith(QUALITY)]
    return Acquisitions(
        condition=condition,
        detector=detector,
        outcome=_column(rows, "outcome"),
        reason=_column(rows, "reason"),
        box=np.full((n, 4), np.nan, dtype=np.float32),
        landmarks=np.full((n, 5, 2), np.nan, dtype=np.float32),
        quality={
            name.removeprefix(QUALITY): np.array([float(row[name] or "nan") for row in rows], dtype=np.float32)
            for name in quality
        },
        sha256=images,
    )


def _pairs(prefix: str, pairs: ScoredPairs) -> dict[str, Any]:
    return {
        f"{prefix}_reference": pairs.reference.astype(np.int32),
        f"{prefix}_probe": pairs.probe.astype(np.int32),
        f"{prefix}_score": pairs.score,
    }


def _comparison_arrays(comparisons: Comparisons) -> dict[str, Any]:
    return {
        "trials_reference": comparisons.trials.reference.astype(np.int32),
        "trials_probe": comparisons.trials.probe.astype(np.int32),
        "symmetric": np.array(comparisons.trials.symmetric),
        "reference_ok": comparisons.reference_ok,
        "probe_ok": comparisons.probe_ok,
        **_pairs("mated", comparisons.mated),
        **_pairs("tail", comparisons.tail),
        "floor": np.array(comparisons.floor),
        "histogram": comparisons.histogram,
        "cells": comparisons.cells.astype(np.int32),
        "cell_names": np.array(comparisons.cell_names),
        "edges": comparisons.edges,
        **_meet_arrays(comparisons.meets),
        **({"completed": comparisons.completed} if comparisons.completed is not None else {}),
        **_fold_array(comparisons.trials),
    }


def _fold_array(trials: Trials) -> dict[str, Any]:
    if isinstance(trials, RuledTrials) or trials.fold is None:
        return {}
    return {"fold": trials.fold.astype(np.int32)}


def _meet_arrays(meets: Meets | None) -> dict[str, Any]:
    if meets is None:
        return {}
    return {"meet_columns": np.array(meets.columns, dtype=np.str_), "meet_codes": meets.codes.astype(np.int32)}


def _read_comparisons(path: Path, model: str, condition: str, samples: Samples) -> Comparisons:
    arrays = store.read_arrays(path)

    def rows(name: str) -> Any:
        return arrays[name].astype(np.int64)

    def pairs(prefix: str) -> ScoredPairs:
        return ScoredPairs(rows(f"{prefix}_reference"), rows(f"{prefix}_probe"), arrays[f"{prefix}_score"])

    sides = rows("trials_reference"), rows("trials_probe")
    # A list says of each of its comparisons whether it has a score; a rule does not need to.
    if "completed" in arrays:
        trials: Trials = ListedTrials(*sides, rows("fold") if "fold" in arrays else None)
    else:
        trials = RuledTrials(*sides, bool(arrays["symmetric"]))
    cells, names = rows("cells"), tuple(str(name) for name in arrays["cell_names"])
    histogram, meets = read_histogram(arrays, cells, names, samples)
    return Comparisons(
        model=model,
        condition=condition,
        trials=trials,
        reference_ok=arrays["reference_ok"],
        probe_ok=arrays["probe_ok"],
        mated=pairs("mated"),
        tail=pairs("tail"),
        floor=float(arrays["floor"]),
        histogram=histogram,
        cells=cells,
        cell_names=names,
        edges=arrays["edges"],
        completed=arrays.get("completed"),
        meets=meets,
    )


_LIST_ARRAYS = ("listed", "listed_to")
_SEARCH_ARRAYS = ("probe", "mated", "completed", "mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate")


def _search_arrays(searches: Searches) -> dict[str, Any]:
    arrays = {name: getattr(searches, name) for name in _SEARCH_ARRAYS}
    if searches.listed is not None:
        arrays |= {name: getattr(searches, name) for name in _LIST_ARRAYS}
        arrays["same_scores"] = np.array(searches.same_scores)
    return {**arrays, "gallery": np.array([searches.gallery_size, searches.gallery_failed])}


def _read_searches(folder: Path, model: str, condition: str, protocol: Literal["closed", "open"]) -> Searches:
    arrays = store.read_arrays(folder / "comparisons" / f"{model}~{condition}~{protocol}.npz")
    size, failed = (int(value) for value in arrays["gallery"])
    return Searches(
        model=model,
        condition=condition,
        protocol=protocol,
        **{name: arrays[name] for name in _SEARCH_ARRAYS},
        gallery_size=size,
        gallery_failed=failed,
        **{name: arrays[name] for name in _LIST_ARRAYS if "listed" in arrays},
        same_scores=bool(arrays.get("same_scores", True)),
    )


_ATTEMPT_ARRAYS = ("reference", "probe", "outcome", "score", "sent", "seconds")


def _attempts_file(folder: Path, model: str, condition: str) -> Path:
    return folder / "comparisons" / f"{model}~{condition}~attempts.npz"


def _attempt_arrays(attempts: Attempts) -> dict[str, Any]:
    return {name: getattr(attempts, name) for name in _ATTEMPT_ARRAYS}


def _read_attempts(folder: Path, study: Study, model: str, condition: str) -> Attempts:
    arrays = store.read_arrays(_attempts_file(folder, model, condition))
    rules = study.transactions
    if rules is None:
        raise ValueError("attempts of a study that asks for none")
    per = rules.attempts * (1 + rules.restarts)
    return Attempts(
        model=model,
        condition=condition,
        policy=rules.policy,
        frames=rules.frames,
        per_transaction=per,
        **{name: arrays[name] for name in _ATTEMPT_ARRAYS},
    )
