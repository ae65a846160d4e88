"""Write a spec's pictures and manifest: in several processes, resumable, the same bytes in any order.

An identity is the unit of work. Its pictures are written first, its rows last, each file atomically; an identity whose
rows and pictures are there and whole is not rendered again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from facegap import store
from facegap.errors import DatasetError
from facegap.synth import designs
from facegap.synth.assets import Floats
from facegap.synth.designs import Shot, Spec
from facegap.synth.develop import develop, exposure_gain
from facegap.synth.head import Head, head, repainted
from facegap.synth.render import render

MANIFEST = "manifest.csv"

Progress = Callable[[int, int], None]
Row = dict[str, Any]


def ensure(spec: Spec, cache_folder: Path, workers: int = 1, progress: Progress | None = None) -> Path:
    """The folder of a spec below `cache_folder`, with its manifest; renders what is missing or damaged.

    Args:
        progress: called with (identities done, identities in all).

    Raises:
        DatasetError: the folder holds another spec's pictures.
    """
    folder = cache_folder / f"synthetic-heads-{spec.digest[:16]}"
    render_population(spec, folder, workers, progress)
    return folder


def render_population(spec: Spec, out_dir: Path, workers: int = 1, progress: Progress | None = None) -> Path:
    """Path of the manifest in `out_dir`, once every picture of the spec is there.

    Raises:
        DatasetError: the folder holds another spec's pictures.
    """
    if not out_dir.is_dir():
        out_dir.mkdir(parents=True, exist_ok=True)
    _claim(spec, out_dir)
    missing = [number for number in range(spec.identities) if not _whole(out_dir, number)]
    done = spec.identities - len(missing)
    if progress is not None:
        progress(done, spec.identities)
    for count, _ in enumerate(_render_all(spec, out_dir, missing, workers), start=done + 1):
        if progress is not None:
            progress(count, spec.identities)
    return _write_manifest(spec, out_dir)


def _claim(spec: Spec, out_dir: Path) -> None:
    file = out_dir / "spec.json"
    text = json.dumps(spec.stated, indent=1, sort_keys=True) + "\n"
    if file.is_file():
        if file.read_text(encoding="utf-8") != text:
            raise DatasetError(f"{file}: another spec was rendered here; give an empty folder")
        return
    store.write_atomic(file, text.encode())


def _render_all(spec: Spec, out_dir: Path, numbers: list[int], workers: int) -> Any:
    if workers <= 1 or len(numbers) <= 1:
        for number in numbers:
            yield _render_identity(spec, out_dir, number)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_render_identity, spec, out_dir, number) for number in numbers]
        for job in as_completed(jobs):
            yield job.result()


def _render_identity(spec: Spec, out_dir: Path, number: int) -> int:
    """Pictures and rows of one identity. One thread per process: more would change the order of sums in BLAS."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1):
            rows: list[Row] = []
            subject = None
            for shot in designs.shots(spec, number):
                # Tones share one head: its shape and hair do not depend on the skin.
                subject = head(shot.identity) if subject is None else repainted(subject, shot.identity)
                rows += _take(spec, out_dir, number, shot, subject)
    finally:
        cv2.setNumThreads(threads)
    store.write_atomic(_rows_file(out_dir, number), json.dumps(rows).encode())
    return number


def _take(spec: Spec, out_dir: Path, number: int, shot: Shot, subject: Head) -> list[Row]:
    linear = render(subject, shot.rig, shot.view, shot.units, shot.background, spec.size, spec.oversample)
    linear_path, linear_sha256 = "", ""
    if spec.linear:
        linear_path, light = f"linear/{shot.subject}-{shot.light}.npy", _npy(linear)
        linear_sha256 = store.sha256_bytes(light)
        _write(out_dir / linear_path, light)
    rows = []
    for exposure in shot.exposures:
        gain = exposure_gain(linear, exposure)
        data = _encoded(spec, develop(linear, gain))
        path = f"images/{shot.sample(exposure)}.{spec.format}"
        _write(out_dir / path, data)
        rows.append(
            {
                "sample_id": shot.sample(exposure),
                "subject_id": shot.subject,
                "path": path,
                "role": shot.role,
                "session": shot.light,
                **designs.labels(shot),
                "light": shot.light,
                "exposure": exposure,
                "gain": round(gain, 6),
                "yaw": round(shot.view.yaw, 3),
                "pitch": round(shot.view.pitch, 3),
                "roll": round(shot.view.roll, 3),
                "distance_dm": round(shot.view.distance, 3),
                "smile": round(dict(shot.units)["mouthSmileLeft"], 3),
                "identity": number,
                "seed": spec.seed,
                "linear_path": linear_path,
                "linear_sha256": linear_sha256,
                "sha256": store.sha256_bytes(data),
            }
        )
    return rows


def _encoded(spec: Spec, image: Any) -> bytes:
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        spec.quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    ok, data = cv2.imencode(f".{spec.format}", image[:, :, ::-1], options if spec.format == "jpg" else [])
    if not ok:
        raise DatasetError(f"synthetic heads: OpenCV cannot write {spec.format}")
    return bytes(data.tobytes())


def _npy(linear: Floats) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, linear.astype(np.float16))
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    store.write_atomic(path, data)


def _rows_file(out_dir: Path, number: int) -> Path:
    return out_dir / "rows" / f"{number:05d}.json"


def _whole(out_dir: Path, number: int) -> bool:
    """Whether an identity's rows are there and every file still has the digest that they give."""
    file = _rows_file(out_dir, number)
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        files = {row["path"]: row["sha256"] for row in rows}
        files |= {row["linear_path"]: row["linear_sha256"] for row in rows if row["linear_path"]}
        return all(store.sha256_file(out_dir / path) == digest for path, digest in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_manifest(spec: Spec, out_dir: Path) -> Path:
    rows: list[Row] = []
    for number in range(spec.identities):
        rows += json.loads(_rows_file(out_dir, number).read_text(encoding="utf-8"))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path, data = out_dir / MANIFEST, text.getvalue().encode()
    # A complete rendering can lie where nothing can be written.
    if not path.is_file() or path.read_bytes() != data:
        store.write_atomic(path, data)
    return path
