"""Do real recognisers see distinct, stable people in the synthetic heads?

    python benchmarks/synth_recogniser.py FOLDER DLIB_MODELS [MOBILEFACENET.onnx]

FOLDER is what `facegap.synth.ensure` returned. DLIB_MODELS holds dlib_face_recognition_resnet_model_v1.dat,
shape_predictor_5_face_landmarks.dat and shape_predictor_68_face_landmarks.dat (all three are in the source archive of
face_recognition_models 0.3.0); `pip install dlib-bin`. Prints markdown: photo against selfies, one template each.
dlib detects the face, places the landmarks and compares by L2 distance (shown negated); the second net gets dlib's
68 landmarks reduced to five points and compares by cosine.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cv2
import dlib
import numpy as np

from facegap import backend

ARCFACE = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])
POINTS = (slice(36, 42), slice(42, 48), slice(30, 31), slice(48, 49), slice(54, 55))


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(2, 3) least-squares similarity transform of points (n, 2) (Umeyama 1991)."""
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    u, s, vt = np.linalg.svd((target - goal).T @ (source - centre) / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (source - centre).var(axis=0).sum()
    turn = scale * u @ np.diag(sign) @ vt
    return np.hstack([turn, (goal - turn @ centre)[:, None]])


class Recogniser:
    """dlib's detector, landmarks and net, and a second net on the same landmarks."""

    def __init__(self, models: Path, second: Path | None) -> None:
        self.detector = dlib.get_frontal_face_detector()
        self.five = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self.many = dlib.shape_predictor(str(models / "shape_predictor_68_face_landmarks.dat"))
        self.net = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
        self.second = backend.open_net(second) if second is not None else None

    def templates(self, path: Path) -> list[np.ndarray] | None:
        """One template per net, or None where no face was found (tried again on the doubled picture)."""
        image = np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])
        found, scores, _ = self.detector.run(image, 0, 0.0)
        if not found:
            found, scores, _ = self.detector.run(image, 1, 0.0)
        if not found:
            return None
        box = found[int(np.argmax(scores))]
        out = [np.array(self.net.compute_face_descriptor(image, self.five(image, box)))]
        if self.second is not None:
            shape = np.array([(p.x, p.y) for p in self.many(image, box).parts()], dtype=float)
            points = np.stack([shape[part].mean(axis=0) for part in POINTS])
            crop = cv2.warpAffine(image, similarity(points, ARCFACE), (112, 112)).astype(np.float32)
            raw = self.second.run({self.second.inputs[0].name: ((crop - 127.5) / 128)[None]})[0][0]
            out.append(raw / np.linalg.norm(raw))
        return out


def equal_error_rate(mated: np.ndarray, other: np.ndarray) -> float:
    """Where FNMR and FMR meet, over all observed thresholds."""
    thresholds = np.unique(np.concatenate([mated, other]))
    fnmr = np.searchsorted(np.sort(mated), thresholds) / len(mated)
    fmr = 1 - np.searchsorted(np.sort(other), thresholds) / len(other)
    at = int(np.argmin(np.abs(fnmr - fmr)))
    return float(fnmr[at] + fmr[at]) / 2


def percent(value: float) -> str:
    """Two decimals."""
    return f"{100 * value:.2f} %"


def table(name: str, scores: np.ndarray, photo: dict[str, np.ndarray], selfie: dict[str, np.ndarray]) -> None:
    """Print one net's table; scores are (photos, selfies)."""
    mated = photo["subject_id"][:, None] == selfie["subject_id"][None]
    same_person = photo["identity"][:, None] == selfie["identity"][None]
    cells = sorted(set(photo["cell"]))
    same_cell = photo["cell"][:, None] == selfie["cell"][None]
    other = ~same_person
    best = np.where(same_person & ~mated, -np.inf, scores).argmax(axis=0)
    rank1 = (photo["subject_id"][best] == selfie["subject_id"]).mean()
    print(f"\n### {name}\n")
    print("| group | mated | non-mated | mean mated | mean non-mated | EER |\n|---|---|---|---|---|---|")
    rows = [("everyone, any non-mated", mated, other), ("everyone, same family and sex", mated, other & same_cell)]
    rows += [(cell, mated & (selfie["cell"] == cell), other & same_cell & (selfie["cell"] == cell)) for cell in cells]
    for light in sorted(set(selfie["session"])):
        at = selfie["session"] == light
        rows.append((f"{light}, same family and sex", mated & at, other & same_cell & at))
    for label, yes, no in rows:
        a, b = scores[yes], scores[no]
        eer = percent(equal_error_rate(a, b))
        print(f"| {label} | {len(a)} | {len(b)} | {a.mean():.3f} | {b.mean():.3f} | {eer} |")
    print(f"\nRank 1 in a gallery of {len(photo['subject_id'])} photos: {percent(rank1)} of {scores.shape[1]} selfies.")


def tones(name: str, scores: np.ndarray, photo: dict[str, np.ndarray], selfie: dict[str, np.ndarray]) -> None:
    """Print the causal table: one person's mated score at each tone minus that person's score at the first tone."""
    mated = photo["subject_id"][:, None] == selfie["subject_id"][None]
    score = np.where(mated, scores, -np.inf).max(axis=0)
    print(f"\n### {name}: mated score by tone, paired within person\n")
    print(
        "| light | exposure | tone | people | mean | change from T1 | standard error |\n|---|---|---|---|---|---|---|"
    )
    for light, exposure in sorted(set(zip(selfie["session"], selfie["exposure"], strict=True))):
        here = (selfie["session"] == light) & (selfie["exposure"] == exposure) & np.isfinite(score)
        by_tone = {
            tone: dict(zip(selfie["identity"][here & (selfie["tone_level"] == tone)],
                           score[here & (selfie["tone_level"] == tone)], strict=True))
            for tone in sorted(set(selfie["tone_level"]))
        }  # fmt: skip
        first = by_tone["T1"]
        for tone, values in by_tone.items():
            change = np.array([values[person] - first[person] for person in values if person in first])
            error = change.std(ddof=1) / np.sqrt(len(change)) if len(change) > 1 else float("nan")
            mean = np.mean(list(values.values()))
            print(
                f"| {light} | {exposure} | {tone} | {len(change)} | {mean:.3f} | {change.mean():+.3f} | {error:.3f} |"
            )


def main() -> None:
    """Print detection counts and one table per net."""
    folder, models = Path(sys.argv[1]), Path(sys.argv[2])
    recogniser = Recogniser(models, Path(sys.argv[3]) if len(sys.argv) > 3 else None)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [recogniser.templates(folder / row["path"]) for row in rows]
    print(f"Faces found: {sum(t is not None for t in found)} of {len(rows)}.")
    for level in sorted({(row["session"], row["exposure"], row["tone_level"]) for row in rows}):
        hits = [
            t is not None
            for t, r in zip(found, rows, strict=True)
            if (r["session"], r["exposure"], r["tone_level"]) == level
        ]
        print(f"- {' '.join(part for part in level if part)}: {sum(hits)} of {len(hits)}")
    kept = [(row, template) for row, template in zip(rows, found, strict=True) if template is not None]
    columns = {name: np.array([row[name] for row, _ in kept]) for name in rows[0]}
    columns["cell"] = np.array([f"{row['family']}, {row['sex']}" for row, _ in kept])
    is_photo = columns["role"] == "photo"
    photo = {name: values[is_photo] for name, values in columns.items()}
    selfie = {name: values[~is_photo] for name, values in columns.items()}
    for k, name in enumerate(("dlib ResNet-29, negative L2", "MobileFaceNet, cosine")[: len(kept[0][1])]):
        vectors = np.stack([template[k] for _, template in kept])
        a, b = vectors[is_photo], vectors[~is_photo]
        scores = a @ b.T if k else -np.sqrt(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0))
        if columns["tone_level"][0]:
            tones(name, scores, photo, selfie)
        else:
            table(name, scores, photo, selfie)


if __name__ == "__main__":
    main()
