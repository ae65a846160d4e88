"""What tells the synthetic heads apart: their shape, their skin and features, or both?

    python benchmarks/synth_ablation.py [people]

A studio photo against a window selfie, non-mated pairs of the same family and sex. "Shape only": everyone of a family
and sex has one person's skin, moles, brows, iris, hair, beard and garment, and only the geometry differs. "Texture
only": everyone has one person's geometry. That person is not among those measured. Pose, light and background are drawn
per picture and the same in every kind. Intervals: 95 %, 1000 bootstrap samples of people within family and sex.
Pictures lie in the cache ($FACEGAP_CACHE/synthetic-ablation) and are rendered once.
"""

from __future__ import annotations

import csv
import io
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from synth_pipeline import MODELS, Measured, labels, measured

from facegap import store
from facegap.estimate.scores import shift
from facegap.synth import Spec, designs, generate
from facegap.synth.head import head
from facegap.synth.identity import Identity

KINDS = ("full, expressions drawn", "full", "shape only", "texture only")
CELLS = 6
DONORS = 1200
"""Numbers of the people whose skin or shape everyone gets: behind all that are measured."""


def mixed(kind: str, person: Identity, donor: Identity) -> Identity:
    """`person`, with the donor's skin and features or the donor's geometry."""
    if kind == "shape only":
        return replace(donor, weights=person.weights)
    if kind == "texture only":
        return replace(person, weights=donor.weights)
    return person


def shots(spec: Spec, kind: str, number: int) -> list[designs.Shot]:
    """A person's photo and selfie; from the second kind on with the donor's expressions."""
    own, given = designs.shots(spec, number), designs.shots(spec, DONORS + number % CELLS)
    return [
        replace(
            shot,
            identity=mixed(kind, shot.identity, donor.identity),
            units=shot.units if kind == KINDS[0] else donor.units,
        )
        for shot, donor in zip(own, given, strict=True)
    ]


def render(spec: Spec, kind: str, folder: Path, number: int) -> list[generate.Row]:
    """One person's pictures and rows; one thread."""
    cv2.setNumThreads(1)
    taken = shots(spec, kind, number)
    subject = head(taken[0].identity)
    return [row for shot in taken for row in generate._take(spec, folder, number, shot, subject)]


def ensured(spec: Spec, kind: str) -> Path:
    """The folder of one kind, rendered unless its manifest is there."""
    key = store.digest({"spec": spec.digest, "kind": kind, "donors": DONORS})[:16]
    folder = store.cache_dir() / "synthetic-ablation" / key
    if (folder / generate.MANIFEST).is_file():
        return folder
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(render, spec, kind, folder, number) for number in range(spec.identities)]
        rows = [row for job in jobs for row in job.result()]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    store.write_atomic(folder / generate.MANIFEST, text.getvalue().encode())
    return folder


def cells(found: Measured, folder: Path) -> list[np.ndarray]:
    """(n, n) scores of photos against selfies per family and sex; a person's own are on the diagonal."""
    rows: dict[tuple[int, str], int] = {}
    for label in labels(folder):
        rows[int(label["identity"]), label["role"]] = found.place[label["sample_id"]]
    people = len(rows) // 2
    return [
        found.scores(*(np.array([rows[n, role] for n in range(cell, people, CELLS)]) for role in ("photo", "selfie")))
        for cell in range(CELLS)
    ]


def split(scores: list[np.ndarray], picks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Completed mated and non-mated scores of the picked people; a person picked twice is no non-mated pair."""
    mated, other = [], []
    for cell, pick in zip(scores, picks, strict=True):
        same = pick[:, None] == pick[None]
        mated.append(np.diagonal(cell)[pick])
        other.append(cell[np.ix_(pick, pick)][~same])
    a, b = np.concatenate(mated), np.concatenate(other)
    return a[~np.isnan(a)], b[~np.isnan(b)]


def eer(mated: np.ndarray, other: np.ndarray) -> float:
    """Where FNMR and FMR meet, over all observed thresholds: the mean of the two at the nearest."""
    thresholds = np.unique(np.concatenate([mated, other]))
    fnmr = np.searchsorted(np.sort(mated), thresholds) / len(mated)
    fmr = 1 - np.searchsorted(np.sort(other), thresholds) / len(other)
    at = int(np.argmin(np.abs(fnmr - fmr)))
    return float(fnmr[at] + fmr[at]) / 2


def both(mated: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """d' and EER."""
    found = shift(other, mated)
    return abs(found.cohen_d) if found is not None else float("nan"), eer(mated, other)


def line(kind: str, model: str, found: Measured, folder: Path) -> str:
    """One row of the table."""
    scores = cells(found, folder)
    everyone = [np.arange(len(cell)) for cell in scores]
    mated, other = split(scores, everyone)
    d, rate = both(mated, other)
    random = np.random.default_rng(1)
    draws = [both(*split(scores, [random.choice(pick, len(pick)) for pick in everyone])) for _ in range(1000)]
    (d_low, e_low), (d_high, e_high) = np.quantile(draws, [0.025, 0.975], axis=0)
    faces = f"{found.acquisitions.ok.sum()} of {len(found.samples)}"
    return (
        f"| {model} | {kind} | {faces} | {len(mated)} | {len(other)} | {mated.mean():.3f} | {other.mean():.3f} | "
        f"{d:.2f} ({d_low:.2f} to {d_high:.2f}) | {rate:.2%} ({e_low:.2%} to {e_high:.2%}) |"
    )


def main() -> None:
    """Render, measure, print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    spec = Spec(identities=people, sessions=("studio", "window"), oversample=1, ages=(20.0, 60.0))
    print(f"{people} people of 20 to 60 years, MTCNN\n")
    print("| net | people differ in | faces | mated | non-mated | mean mated | mean non-mated | d' | EER |")
    print("|---|---|---|---|---|---|---|---|---|")
    folders = {kind: ensured(spec, kind) for kind in KINDS}
    for model in MODELS:
        for kind, folder in folders.items():
            print(line(kind, model, measured(folder, "synthetic-heads", model), folder), flush=True)


if __name__ == "__main__":
    main()
