"""The sanity gate: is this model wired up as its card says, and is it a face recogniser at all?

Wrong preprocessing is the field's silent error: one slip of colour order or scale turns 99.5 % into 80 %. So the gate
tries the usual slips and says what each would do; a model that is near chance, or better under a slip than under its
own card, is refused. What it found is kept beside the weights, for runs to state.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap import acquire, backend, datasets, weights
from facegap.cards import (
    ALIGNMENTS,
    ModelCard,
    Preprocess,
    card_path,
    load_dataset,
    load_detector,
    load_liveness,
    load_model,
)
from facegap.cards.model import card_kind
from facegap.cards.study import Acquire, Synthetic
from facegap.embed import Crops, Recogniser, settled, unusable
from facegap.errors import InputError, ModelRefused
from facegap.gates import Gate, keep
from facegap.pipeline import Liveness, Progress, rendered, tried
from facegap.probe import LIMIT, probe
from facegap.records import Floats

Points = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

SUBJECTS = 60
"""People of the gate's small set; two samples of each."""

EMBEDDED = "synthetic-heads"
"""The data set that is used where none is named."""

LEAST_AUC = 0.8
"""A recogniser puts a mated above a non-mated score at least so often on the gate's set."""

BETTER = 1.02
"""A slip says that the card is wrong where its d' is more than so many times the card's own in 95 % of `DRAWS` draws of
people. On real faces (LFW, London set) that quantile stays below 0.97 for nets whose cards are right, and those cards'
own values reach 1.03 to 6 where a card is wrong. Colour hardly matters to two of
the nets on synthetic faces: use a real data set."""

PIXELS = {
    "pixels 0..255 as they are": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "pixels divided by 255": ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "pixels as (x - 127.5) / 128": ((127.5, 127.5, 127.5), (128.0, 128.0, 128.0)),
    "pixels by ImageNet's mean and deviation": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "pixels less VGGFace2's mean": ((131.0912, 103.8827, 91.4953), (1.0, 1.0, 1.0)),
    "pixels as dlib takes them": ((122.782, 117.001, 104.298), (256.0, 256.0, 256.0)),
}
"""Mean and standard deviation that are usual, red first: what the slips of pixels try."""

TURNED = {
    "faces larger in the crop by 15 %": (1.15, 0.0),
    "faces smaller in the crop by 15 %": (0.85, 0.0),
    "faces higher in the crop by 4 %": (1.0, -0.04),
    "faces lower in the crop by 4 %": (1.0, 0.04),
}
"""How much larger the card's template is drawn about the crop's centre, and by how much of its height lower."""

BETTER_MEASURE = 1.04
"""The same where the other similarity measure separates better, on real faces alone. There the right measure reaches
1.056 and 1.31 times the wrong one with two nets, the wrong one 0.89 at most; dlib's published distance 1.025 times the
cosine that some use. On synthetic faces one net's wrong measure is better: nothing is judged there."""

SAME_LENGTH = 1e-3
"""Outputs whose lengths differ by no more than this share are ordered alike by both measures."""

DRAWS = 200

LEAST_D_PRIME = 1e-3
"""What a card that separates nothing is taken to reach, so that ratios to it stay numbers."""


@dataclass(frozen=True)
class GateOutcome:
    """What the gate found, a line per check, and whether the model is refused."""

    lines: tuple[str, ...]
    refused: bool


@dataclass(frozen=True, eq=False)
class _Set:
    """Aligned crops of two samples a subject: (n, h, w, 3), (n,) subject codes, and whether the faces are real.

    `otherwise`: the same samples, cropped as a slip of alignment would, by the slip's name.
    """

    crops: Crops
    subject: np.ndarray[tuple[int], np.dtype[np.int64]]
    real: bool
    otherwise: dict[str, Crops]

    @property
    def people(self) -> int:
        """How many there are."""
        return len(np.unique(self.subject))


def check_model(
    name: str,
    detector: str,
    dataset: str | None,
    root: Path | None,
    progress: Progress,
    limit: float = LIMIT,
) -> GateOutcome:
    """Run every check on the card `name`, and keep what came out for runs to state.

    A net of liveness is tried on made-up pictures alone, as every run does again. Without a data set the gate uses the
    embedded synthetic faces. The net may take `limit` seconds to open, and for each picture.

    Raises:
        CardError, ModelMissing, DatasetMissing, DatasetError: what the gate needs is not there or wrong.
    """
    if card_kind(card_path("models", name)) == "liveness":
        return _check_liveness(name, limit)
    card = load_model(name)
    found, people = _check(card, name, detector, dataset, root, progress, limit)
    verdict = found.lines[-1].removeprefix("fail  ").removeprefix(f"{card.name}: ").removeprefix("refused: ")
    keep(card, Gate.of(verdict, not found.refused, dataset or EMBEDDED, people, detector, backend.version()))
    return found


def _check_liveness(name: str, limit: float) -> GateOutcome:
    """Whether the net's file, ports and numbers are as its card says."""
    card = load_liveness(name)
    lines: list[str] = []
    try:
        file = weights.find_model(card, card_path("models", name))
        lines.append(f"ok    file: sha256 {card.sha256} as the card says")
        net = Liveness(card, file, limit=limit)
        lines.append(f"ok    ports: {card.preprocess.layout} input as the card says")
        line, problem = tried(net)
    except ModelRefused as error:
        return GateOutcome((*lines, f"fail  {error}"), True)
    verdict = f"refused: {problem}" if problem else "passed; whom it takes as live, a study says"
    return GateOutcome((*lines, f"{_mark(problem)}  {problem or line}", f"{card.name}: {verdict}"), bool(problem))


def _check(
    card: ModelCard,
    name: str,
    detector: str,
    dataset: str | None,
    root: Path | None,
    progress: Progress,
    limit: float,
) -> tuple[GateOutcome, int]:
    """The outcome, and how many people the checks rest on."""
    lines: list[str] = []
    try:
        file = weights.find_model(card, card_path("models", name))
        lines.append(f"ok    file: sha256 {card.sha256} as the card says")
        probe(card, file, limit)
        recogniser = Recogniser(card, file, limit=limit)
        lines.append(f"ok    ports: {card.preprocess.layout} input and {card.dim} outputs as the card says")
    except ModelRefused as error:
        return GateOutcome((*lines, f"fail  {error}"), True), 0
    small = _small_set(card, detector, dataset, root, progress)
    try:
        tried = settled(recogniser, small.crops)
        problems = [tried.problem] if tried.problem else []
        lines.append(f"{_mark(tried.problem, tried.note)}  {tried.line}")
        for check in (_finite, _self_match, _mirrored, _separates, _slips):
            text, problem = check(tried.recogniser, small)
            lines += [f"{_mark(problem)}  {line}" for line in text]
            problems += [problem] if problem else []
            if check is _finite and problem:
                break
    except ModelRefused as error:
        return GateOutcome((*lines, f"fail  {error}"), True), small.people
    if problems and tried.note:
        problems.append(tried.note)
    verdict = f"refused: {'; '.join(problems)}" if problems else "passed"
    return GateOutcome((*lines, f"{card.name}: {verdict}"), bool(problems)), small.people


def _mark(problem: str, note: str = "") -> str:
    return "fail" if problem else "warn" if note else "ok  "


def _small_set(card: ModelCard, detector_name: str, dataset: str | None, root: Path | None, progress: Progress) -> _Set:
    """Two aligned samples of up to `SUBJECTS` people."""
    dataset_card = load_dataset(dataset if dataset is not None else EMBEDDED)
    folder = root if root is not None else _embedded(dataset, progress)
    samples = datasets.load(dataset_card, folder).samples
    detector_card = load_detector(detector_name)
    files = weights.find_detector(detector_card, card_path("models", detector_name))
    detector = acquire.open_detector(detector_card, files)
    _, subject = np.unique(samples.subjects, return_inverse=True)
    pairs = [rows[:2] for code in range(subject.max() + 1) if len(rows := np.flatnonzero(subject == code)) > 1]
    templates: dict[str, Points | None] = {"": None, **_other_templates(card.preprocess)}
    crops: list[dict[str, Crops]] = []
    codes: list[int] = []
    with progress("sanity gate", min(len(pairs), SUBJECTS)) as advance:
        for rows in pairs:
            found = [_crops(card, detector, samples.root / str(samples.paths[row]), templates) for row in rows]
            if all(found):
                crops += found
                codes += [int(subject[row]) for row in rows]
                advance(1)
            if len(codes) >= 2 * SUBJECTS:
                break
    if len(codes) < 20:
        raise InputError(f"the gate needs two usable samples of ten people or more, found {len(codes) // 2}")
    stacked = {name: np.stack([each[name] for each in crops]) for name in templates if name in crops[0]}
    return _Set(stacked.pop(""), np.array(codes), dataset_card.status != "synthetic", stacked)


def _embedded(dataset: str | None, progress: Progress) -> Path:
    """The synthetic faces, rendered into the cache."""
    if dataset is not None:
        raise InputError(f"--root: where '{dataset}' lies is not said")
    return rendered(Synthetic(identities=SUBJECTS, sessions=("studio", "window"), oversample=1), None, progress)


def _crops(
    card: ModelCard, detector: acquire.Detector, path: Path, templates: dict[str, Points | None]
) -> dict[str, Crops]:
    """The sample's crop under each template (None: the card's own); empty where it has no face that can be used."""
    try:
        _, image = acquire.read_image(path)
    except acquire.Unreadable:
        return {}
    found = acquire.acquire_one(image, detector, Acquire())
    if found.outcome != "ok":
        return {}
    own = {"": acquire.align(image, found.landmarks, card.preprocess)}
    if np.isnan(found.landmarks).any():
        return own
    size = card.preprocess.size
    others = {name: points for name, points in templates.items() if points is not None}
    return own | {name: acquire.warp_onto(image, found.landmarks, points, size) for name, points in others.items()}


def _other_templates(preprocess: Preprocess) -> dict[str, Points]:
    """(5, 2) points of each slip of alignment in a crop of the card's size; none where samples are crops already."""
    if preprocess.template == "none":
        return {}
    size, own = np.array(preprocess.size), np.array(ALIGNMENTS[preprocess.template])
    others = {
        f"alignment {name}": np.array(points) * size[0] / int(name.rpartition("-")[2])
        for name, points in ALIGNMENTS.items()
        if name != preprocess.template
    }
    moved = {
        name: (own - size / 2) * factor + size / 2 + [0, lower * size[1]] for name, (factor, lower) in TURNED.items()
    }
    return others | moved


def _scores(a: Floats, b: Floats, similarity: str) -> Floats:
    """(n, m) scores, higher = more alike."""
    if similarity == "cosine":
        return np.asarray(a @ b.T, dtype=np.float32)
    return np.asarray(-np.linalg.norm(a[:, None, :] - b[None, :, :], axis=2), dtype=np.float32)


def _separation(recogniser: Recogniser, small: _Set, vectors: Floats) -> tuple[float, float]:
    """d' and the area under the curve of mated against non-mated scores."""
    scores = _scores(vectors, vectors, recogniser.card.similarity)
    same = small.subject[:, None] == small.subject[None, :]
    upper = np.triu(np.ones_like(same), 1)
    mated, nonmated = scores[same & upper], scores[~same & upper]
    below = np.searchsorted(np.sort(nonmated), mated, "left") + np.searchsorted(np.sort(nonmated), mated, "right")
    return _d_prime(mated, nonmated), float(below.mean() / 2 / len(nonmated))


def _d_prime(mated: Floats, nonmated: Floats) -> float:
    spread = np.sqrt((mated.var() + nonmated.var()) / 2)
    return float((mated.mean() - nonmated.mean()) / spread) if spread > 0 else 0.0


def _drawn_d_primes(scores: Floats, small: _Set) -> Floats:
    """(DRAWS,) d' over seeded draws of people with replacement; rows 2k and 2k + 1 are one person."""
    people = len(small.subject) // 2
    own = np.eye(people, dtype=bool).repeat(2, axis=0).repeat(2, axis=1)
    upper = np.triu(np.ones_like(own), 1)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        rows = (2 * rng.integers(people, size=people)[:, None] + [0, 1]).ravel()
        drawn = scores[np.ix_(rows, rows)]
        same = small.subject[rows][:, None] == small.subject[rows][None, :]
        found.append(_d_prime(drawn[own & upper], drawn[~same & upper]))
    return np.array(found, dtype=np.float32)


def _finite(recogniser: Recogniser, small: _Set) -> tuple[list[str], str]:
    why = unusable(recogniser.outputs(small.crops))
    if why:
        line = f"embeddings: {why}"
        return [line], line
    vectors = recogniser.embed(small.crops)
    if float(np.abs(vectors - vectors[0]).max()) < 1e-6 * float(np.abs(vectors).max()):
        return ["embeddings: the same for every face"], "the net gives every face the same template"
    return [f"embeddings: finite, and different for {len(vectors)} faces"], ""


def _self_match(recogniser: Recogniser, small: _Set) -> tuple[list[str], str]:
    a, b = recogniser.embed(small.crops), recogniser.embed(small.crops)
    scores = _scores(a, b, recogniser.card.similarity)
    own = np.diagonal(scores)
    if (own < scores.max(axis=1) - 1e-3).any():
        return ["self-match: another face scores higher than the face itself"], "a face does not match itself best"
    return [f"self-match: {own.min():.4f} at the least, the highest score of every face"], ""


def _mirrored(recogniser: Recogniser, small: _Set) -> tuple[list[str], str]:
    vectors, mirror = recogniser.embed(small.crops), recogniser.embed(np.ascontiguousarray(small.crops[:, :, ::-1]))
    own = np.diagonal(_scores(vectors, mirror, recogniser.card.similarity))
    scores = _scores(vectors, vectors, recogniser.card.similarity)
    nonmated = scores[small.subject[:, None] != small.subject[None, :]]
    line = f"mirrored image: mean score {own.mean():.3f} against {nonmated.mean():.3f} for non-mated faces"
    return [line], "" if own.mean() > np.quantile(nonmated, 0.9) else "a mirrored face is a stranger to this net"


def _separates(recogniser: Recogniser, small: _Set) -> tuple[list[str], str]:
    d_prime, auc = _separation(recogniser, small, recogniser.embed(small.crops))
    people = len(np.unique(small.subject))
    line = f"mated above non-mated: {auc:.1%} of the cases, d' {d_prime:.2f}, {people} people"
    if auc < LEAST_AUC:
        return [line], f"near chance: {auc:.1%} where at least {LEAST_AUC:.0%} is expected"
    return [line], ""


def _slips(recogniser: Recogniser, small: _Set) -> tuple[list[str], str]:
    """d' under each usual slip of the card, beside the card's own."""
    vectors = recogniser.embed(small.crops)
    own, _ = _separation(recogniser, small, vectors)
    drawn = np.maximum(_drawn(recogniser, small, vectors), LEAST_D_PRIME)
    lines, better = [], {}
    for slip, other in _slipped(recogniser, small).items():
        vectors = other.recogniser.embed(small.crops if other.crops is None else other.crops)
        if other.remark or not np.isfinite(vectors).all():
            lines.append(f"{slip}: {other.remark or 'embeddings would not be finite'}")
            continue
        found, _ = _separation(other.recogniser, small, vectors)
        lines.append(f"{slip}: d' would be {found:.2f} in place of {own:.2f}")
        surely = np.quantile(_drawn(other.recogniser, small, vectors) / drawn, 0.05)
        if other.least is not None and surely > other.least:
            better[slip] = found
    if not better:
        return lines, ""
    slip, found = max(better.items(), key=lambda pair: pair[1])
    problem = f"{slip} separates better (d' {found:.2f}) than the card (d' {own:.2f}): the card is likely wrong"
    return lines, problem


def _drawn(recogniser: Recogniser, small: _Set, vectors: Floats) -> Floats:
    """(DRAWS,) d' of (n, dim) templates over draws of people."""
    return _drawn_d_primes(_scores(vectors, vectors, recogniser.card.similarity), small)


@dataclass(frozen=True, eq=False)
class _Slip:
    """The recogniser under a slip, and how many times better says that the card is wrong (None: nothing would).

    `crops` stand where the slip is one of alignment, `remark` where trying it can say nothing.
    """

    recogniser: Recogniser
    least: float | None = BETTER
    remark: str = ""
    crops: Crops | None = None


def _slipped(recogniser: Recogniser, small: _Set) -> dict[str, _Slip]:
    preprocess = recogniser.card.preprocess
    slips = {name: _Slip(recogniser.with_preprocess(other)) for name, other in _preprocesses(preprocess).items()}
    # Synthetic heads are not those that nets learned to expect at a size and a height: nothing is judged on them.
    least = BETTER if small.real else None
    aligned = {name: _Slip(recogniser, least, crops=crops) for name, crops in small.otherwise.items()}
    return slips | aligned | _other_measure(recogniser, small)


def _preprocesses(preprocess: Preprocess) -> dict[str, Preprocess]:
    other = "BGR" if preprocess.colour == "RGB" else "RGB"
    slips = {f"channel swap ({other})": preprocess.model_copy(update={"colour": other})}
    for name, published in PIXELS.items():
        mean, std = published if preprocess.colour == "RGB" else (published[0][::-1], published[1][::-1])
        if (mean, std) != (preprocess.mean, preprocess.std):
            slips[name] = preprocess.model_copy(update={"mean": mean, "std": std})
    return slips


def _other_measure(recogniser: Recogniser, small: _Set) -> dict[str, _Slip]:
    """L2 for cosine and the reverse."""
    card = recogniser.card
    other = "negative-l2" if card.similarity == "cosine" else "cosine"
    lengths = np.linalg.norm(recogniser.outputs(small.crops), axis=1)
    remark = ""
    if np.ptp(lengths) <= SAME_LENGTH * lengths.mean():
        remark = f"orders comparisons as {card.similarity} does, for all outputs have one length"
    measured = recogniser.with_card(card.model_copy(update={"similarity": other}))
    return {f"similarity {other}": _Slip(measured, BETTER_MEASURE if small.real else None, remark)}
