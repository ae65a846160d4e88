"""How long `analyse` takes on the evidence of 10,000 images: other groups and thresholds without the model.

    python benchmarks/reanalysis.py [images]

Templates are random directions, four a person around a centre of their own, with labels of three columns; comparisons
are made by facegap's own stage. Prints the seconds of each part and writes nothing but a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import facegap
from facegap import store
from facegap.cards import Study
from facegap.compare import LocalEngine, TailRule, compare
from facegap.evidence import Evidence, write_evidence
from facegap.records import OUTCOMES, Acquisitions, RuledTrials, RunManifest, Samples, Templates
from facegap.run import Changes, analyse
from facegap.tables import build, write_tables

STUDY = {
    "name": "reanalysis",
    "title": "synthetic evidence",
    "dataset": {"card": "none"},
    "models": [{"card": "random", "detector": "none"}],
    "groups": [["ethnicity", "gender"]],
    "thresholds": {"fmr": [1e-2, 1e-3]},
    "identification": None,
}
LABELS = {"gender": ("female", "male"), "ethnicity": ("a", "b", "c", "d"), "age": ("-30", "31-50", "51-")}


def samples_of(images: int, rng: np.random.Generator) -> Samples:
    people = images // 4
    subject = np.repeat(np.arange(people), 4)
    labels = {name: rng.choice(values, people)[subject] for name, values in LABELS.items()}
    blank = np.full(images, "")
    ids = np.array([f"{k:016x}" for k in range(images)])
    return Samples(
        ids=ids,
        subjects=np.array([f"{k:016x}" for k in subject]),
        paths=blank,
        sessions=blank,
        roles=blank,
        groups=labels,
        root=Path(),
    )


def evidence_of(images: int) -> Evidence:
    rng = np.random.default_rng(1)
    samples = samples_of(images, rng)
    centres = rng.standard_normal((images // 4, 64)).repeat(4, axis=0)
    vectors = centres + 0.8 * rng.standard_normal((images, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    templates = Templates(
        rows=np.arange(images), vectors=vectors, model="random", condition="clean", similarity="cosine"
    )
    study = Study.model_validate(STUDY, strict=False)
    trials = RuledTrials(np.arange(images), np.arange(images), symmetric=True)
    compared = compare(samples, trials, templates, templates, ("ethnicity", "gender"), TailRule(1e-2), LocalEngine(2))
    quality = {"LaplacianSharpness": rng.normal(10, 3, images).astype(np.float32)}
    nothing = np.full((images, 4), np.nan, np.float32)
    acquired = Acquisitions(
        condition="clean",
        detector="none",
        outcome=np.full(images, OUTCOMES[0]),
        reason=np.full(images, ""),
        box=nothing,
        landmarks=np.full((images, 5, 2), np.nan, np.float32),
        quality=quality,
        sha256=samples.ids,
    )
    by_condition = {("random", "clean"): compared}
    return Evidence(
        study=study,
        samples=samples,
        images=samples.ids,
        acquisitions={("none", "clean"): acquired},
        comparisons=by_condition,
        searches={},
        vendor={},
        given=(),
        identities=True,
    )


def manifest_of(evidence: Evidence) -> RunManifest:
    model = {"kind": "recogniser", "name": "random", "score_threshold": None, "detector": "none"}
    return RunManifest(
        schema="facegap-run-1",
        run_id="reanalysis",
        status="complete",
        study=evidence.study.model_dump(mode="json"),
        config_text="",
        dataset={"identities": True, "name": "none"},
        models=[model],
        conditions=[],
        given_thresholds=[],
        provider_asked="cpu",
        provider_actual="cpu",
        versions={"facegap": facegap.__version__},
        machine={},
        commit="",
        dirty=None,
        started="",
        finished="",
    )


def main() -> None:
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    evidence = evidence_of(images)
    kept = len(next(iter(evidence.comparisons.values())).tail)
    print(f"{images} images, {images * (images - 1) // 2} pairs, {kept} non-mated scores kept")
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        start = time.perf_counter()
        tables = build(evidence)
        print(f"tables of the run itself, compiling what is not compiled yet: {time.perf_counter() - start:.1f} s")
        with store.new_run(run.parent, run.name) as (hidden, _):
            write_evidence(hidden, evidence)
            write_tables(hidden, tables, banners=())
            store.write_atomic(hidden / "study.toml", b"")
            store.write_manifest(hidden, manifest_of(evidence))
        changes = Changes(groups=(("gender",), ("age", "gender")), fmr=(1e-3, 1e-4), level=0.9)
        start, busy = time.perf_counter(), time.process_time()
        analyse(run, changes, Path(folder) / "again", None)
        took, busy = time.perf_counter() - start, time.process_time() - busy
        print(f"analyse with other groups, thresholds and level: {took:.1f} s, of them {busy:.1f} s on the processor")


if __name__ == "__main__":
    main()
