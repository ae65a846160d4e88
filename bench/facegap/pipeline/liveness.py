"""Liveness: whether a living person is before the camera, as a net judges it on the part of a picture around the face.

The net is tried before anything is measured; what it says of one picture depends on no other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from facegap import store
from facegap.backend import NetTimeout, open_net
from facegap.cards import FaceCrop, LivenessCard
from facegap.embed import FLOATS, Crops, check_input, made_up, to_tensor
from facegap.errors import ModelRefused
from facegap.records import NOT_LIVE, Acquisitions, Floats, Mask
from facegap.words import one_line

_TRIED = 8
"""Made-up pictures that a net is tried with before a run."""

NO_SCORE = "the net of liveness gave no finite score"

Window = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first ones outside."""


@dataclass(frozen=True, eq=False)
class UsedLiveness:
    """A net of liveness with its file."""

    card: LivenessCard
    file: Path


class Liveness:
    """A net of liveness, checked against its card, ready to judge from any thread, one picture at a time."""

    def __init__(
        self, card: LivenessCard, file: Path, provider: str = "cpu", threads: int = 1, limit: float | None = None
    ) -> None:
        """Open `file`, whose bytes must have the digest that the card pins; arguments as of `embed.Recogniser`.

        Raises:
            BackendMissing: the provider does not run here.
            ModelRefused: the file is no ONNX net, or its inputs and outputs contradict the card.
        """
        self.card = card
        self._limit = limit
        self._net = open_net(file, provider, threads, card.sha256, limit)
        self.provider = self._net.provider
        self._input = check_input(card.name, card.preprocess, self._net)
        first = self._net.inputs[0].shape[0]
        if isinstance(first, int) and first != 1:
            raise ModelRefused(f"{card.name}: expected an input of one picture at a time, the file takes {first}")
        self._output = self._named_output()

    def _named_output(self) -> str:
        ports = {port.name: port for port in self._net.outputs}
        name = self.card.output if self.card.output is not None else next(iter(ports), "")
        if name not in ports or (self.card.output is None and len(ports) > 1):
            known = ", ".join(one_line(name) for name in ports) or "none"
            raise ModelRefused(f"{self.card.name}: output: expected one of {known}, the card says {self.card.output}")
        if ports[name].dtype not in FLOATS:
            raise ModelRefused(
                f"{self.card.name}: output '{one_line(name)}': expected numbers, found no tensor of them"
            )
        return name

    @property
    def digest(self) -> str:
        """Digest of what shapes a score but the picture; the threshold shapes none."""
        card = self.card
        return store.digest(
            {
                "net": card.sha256,
                "preprocess": card.preprocess.model_dump(mode="json"),
                "crop": card.crop.model_dump(mode="json"),
                "output": [card.output, card.index, card.softmax],
                "provider": self.provider,
            }
        )

    def score(self, image: Crops, box: npt.ArrayLike) -> float:
        """The score of the face in `box` (left, top, right, bottom) of an (h, w, 3) uint8 RGB image; NaN: none.

        Raises:
            ModelRefused: the net fails, or gives fewer numbers than the card says.
        """
        found = self._scores(self.raw(cropped(image, box, self.card.crop, self.card.preprocess.size)))
        return float(found[self.card.index]) if np.isfinite(found[self.card.index]) else float("nan")

    def raw(self, crop: Crops) -> Floats:
        """(k,) numbers that the net gives of one (h, w, 3) uint8 RGB crop of its size.

        Raises:
            ModelRefused: as `score`.
        """
        name = self.card.name
        try:
            (out,) = self._net.run(
                {self._input: to_tensor(crop[None], self.card.preprocess)}, [self._output], self._limit
            )
        except NetTimeout:
            raise ModelRefused(f"{name}: the net did not end within {self._limit:g} s on 1 picture") from None
        except ModelRefused as error:
            raise ModelRefused(f"{name}: {str(error).removeprefix(f'{self._net.file}: ')}") from None
        with np.errstate(over="ignore"):
            found: Floats = np.asarray(out, dtype=np.float32).reshape(-1)
        if self.card.index >= len(found):
            raise ModelRefused(f"{name}: index: the card says {self.card.index}, the net gives {len(found)} numbers")
        return found

    def _scores(self, raw: Floats) -> Floats:
        if not self.card.softmax:
            return raw
        with np.errstate(invalid="ignore"):
            powers = np.exp(raw - raw.max())
            return np.asarray(powers / powers.sum())


def is_live(score: npt.ArrayLike, card: LivenessCard) -> Mask:
    """(n,) where a score of (n,) is that of a living person; never where there is none (NaN).

    Compared in float64, as the card writes its threshold.
    """
    found = np.asarray(score, dtype=np.float64)
    if card.direction == "live-high":
        return np.asarray(found >= card.threshold)
    return np.asarray(found <= card.threshold)


def cropped(image: Crops, box: npt.ArrayLike, rule: FaceCrop, size: tuple[int, int]) -> Crops:
    """(height, width, 3) crop of `size` (width, height): the rule's part of the (h, w, 3) image, resized bilinearly.

    "shift" crops as Silent-Face-Anti-Spoofing does, whose nets were trained on that: whole pixels, both ends inside.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = window(box, rule, width, height)
    inside = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    edges = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    if any(edges):
        inside = cv2.copyMakeBorder(inside, *edges, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return np.asarray(cv2.resize(inside, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def window(box: npt.ArrayLike, rule: FaceCrop, width: int, height: int) -> Window:
    """Where the crop of a (4,) box of a face lies in a picture of these sides; it may reach out where it is told to."""
    left, top, right, bottom = (float(value) for value in np.asarray(box, dtype=np.float64))
    wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
    if rule.shape == "square":
        wide = high = max(wide, high)
    scale = rule.scale
    if rule.outside == "shift":
        scale = min((height - 1) / high, (width - 1) / wide, scale)
    span = _inside if rule.outside == "shift" else _anywhere
    across = span((left + right) / 2, wide * scale, width)
    down = span((top + bottom) / 2, high * scale, height)
    return across[0], down[0], across[1], down[1]


def _inside(middle: float, length: float, side: int) -> tuple[int, int]:
    """First pixel, and the first one behind the last, of a length about a middle, moved into 0 to `side`."""
    first, last = middle - length / 2, middle + length / 2
    if first < 0:
        first, last = 0.0, last - first
    if last > side - 1:
        first, last = first - (last - side + 1), side - 1.0
    return max(int(first), 0), int(last) + 1


def _anywhere(middle: float, length: float, _: int) -> tuple[int, int]:
    """As `_inside`, where it lies."""
    first = math.floor(middle - length / 2 + 0.5)
    return first, first + max(round(length), 1)


def open_liveness(used: UsedLiveness, provider: str) -> Liveness:
    """The net, tried on made-up pictures.

    Raises:
        BackendMissing, ModelRefused: as `Liveness`.
        ModelRefused: it gives no finite numbers, others when it is run again, or the same ones for every picture.
    """
    net = Liveness(used.card, used.file, provider)
    problem = tried(net)[1]
    if problem:
        raise ModelRefused(f"{used.card.name}: {problem}")
    return net


def tried(net: Liveness) -> tuple[str, str]:
    """What came of some made-up pictures, and why the net cannot be used; "" where it can.

    Raises:
        ModelRefused: it fails on one.
    """
    pictures = made_up(net.card.preprocess, _TRIED)
    once, again = (np.stack([net.raw(picture) for picture in pictures]) for _ in range(2))
    what = f"{_TRIED} made-up pictures, {once.shape[1]} numbers each"
    if not np.isfinite(once).all():
        rows = int((~np.isfinite(once)).any(axis=1).sum())
        return what, f"{rows} of {what} gave some that are not finite"
    if not np.array_equal(once, again):
        return what, f"{what}: other numbers when they are run again"
    if float(np.ptp(once[:, net.card.index])) == 0.0:
        return what, f"{what}: number {net.card.index} is the same for all of them"
    return f"{what}: finite, repeated and different", ""


def refused(acquisitions: Acquisitions, card: LivenessCard) -> Acquisitions:
    """The acquisitions with those that the net does not take as live as failures, "not_live"."""
    if acquisitions.judged is None or acquisitions.liveness is None:
        return acquisitions
    scores = acquisitions.liveness
    failed = acquisitions.ok & acquisitions.judged & ~is_live(scores, card)
    reasons = [why(float(score), card) for score in scores]
    return replace(
        acquisitions,
        outcome=np.where(failed, NOT_LIVE, acquisitions.outcome),
        reason=np.where(failed, np.array(reasons, dtype=np.str_), acquisitions.reason),
    )


def why(score: float, card: LivenessCard) -> str:
    """Why a score is not that of a living person."""
    if not np.isfinite(score):
        return NO_SCORE
    side = "below" if card.direction == "live-high" else "above"
    return f"liveness score {score:.4g} {side} {card.threshold:g}"
