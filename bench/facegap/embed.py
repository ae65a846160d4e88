"""Embed: aligned crops to templates, through the recogniser that the card describes.

A template must be the picture's own: the same in every run, in every batch and at every place in it. `settled` tries
that before anything is measured.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.backend import Net, NetTimeout, Port, open_net
from facegap.cards import ModelCard, NetInput, Preprocess
from facegap.errors import ModelRefused
from facegap.records import Floats
from facegap.words import one_line, plural

FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")
"""Types of an output that can be a template."""

LEAST_LENGTH, MOST_LENGTH = 1e-12, 1e12
"""Lengths of an output between which scores can be computed in float32: squares of others are lost or overflow."""

TOLERANCE = 1e-4
"""Largest length of the difference between two templates of one picture, relative to the template's own."""

LOOSE_TOLERANCE = 5e-3
"""The same on accelerators, whose arithmetic may change with the size of a batch (10-bit mantissas)."""

Crops = np.ndarray[Any, np.dtype[np.uint8]]


def to_tensor(crops: Crops, preprocess: NetInput) -> Floats:
    """(n, 3, h, w) or (n, h, w, 3) float32 input of the net, as the card has it, of (n, h, w, 3) uint8 RGB crops.

    Values are (x - mean) / std, in the card's order of colours.
    """
    pixels = crops[..., ::-1] if preprocess.colour == "BGR" else crops
    mean = np.array(preprocess.mean, dtype=np.float32)
    std = np.array(preprocess.std, dtype=np.float32)
    tensor = (pixels.astype(np.float32) - mean) / std
    if preprocess.layout == "NCHW":
        tensor = np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))
    return tensor


class Recogniser:
    """A recogniser's net, checked against its card, ready to embed from any thread."""

    def __init__(
        self, card: ModelCard, file: Path, provider: str = "cpu", threads: int = 1, limit: float | None = None
    ) -> None:
        """Open `file`, whose bytes must have the digest that the card pins.

        Args:
            card, provider, threads: which net, and on what it runs.
            file: the net.
            limit: seconds that it may take to open, and for each picture; None: for ever.

        Raises:
            BackendMissing: the provider does not run here.
            ModelRefused: the file is no ONNX net, or its inputs and outputs contradict the card.
        """
        self.card = card
        self._net = open_net(file, provider, threads, card.sha256, limit)
        self.provider = self._net.provider
        self._input, self._output = check_ports(card, self._net)
        first = self._net.inputs[0].shape[0]
        self._fixed_batch = first if isinstance(first, int) and first > 0 else None
        self._limit = limit
        self.single = False

    @property
    def tolerance(self) -> float:
        """How far two templates of one picture may differ, relative to their length."""
        return TOLERANCE if self.provider == "CPUExecutionProvider" else LOOSE_TOLERANCE

    def one_at_a_time(self) -> Recogniser:
        """The same open net, given one picture at a time."""
        other = copy.copy(self)
        other.single = True
        return other

    def with_preprocess(self, preprocess: Preprocess) -> Recogniser:
        """The same open net behind other preprocessing; the sanity gate tries slips with it."""
        return self.with_card(self.card.model_copy(update={"preprocess": preprocess}))

    def with_card(self, card: ModelCard) -> Recogniser:
        """The same open net under another card of the same inputs and outputs."""
        other = copy.copy(self)
        other.card = card
        return other

    def embed(self, crops: Crops) -> Floats:
        """(n, dim) float32 templates of (n, h, w, 3) uint8 RGB crops.

        Unit rows where the card's similarity is cosine. A row that is not finite, or whose length is not between
        `LEAST_LENGTH` and `MOST_LENGTH`, is NaN: a failure to extract, never a zero template.

        Raises:
            ModelRefused: the net fails on the input, takes longer than its limit, or gives another shape than the
                card says.
        """
        return _as_templates(self.outputs(crops), self.card.similarity)

    def outputs(self, crops: Crops) -> Floats:
        """(n, dim) float32 as the net gives them; arguments and errors as for `embed`."""
        if self._fixed_batch is not None:
            size = self._fixed_batch
        else:
            size = 1 if self.single else max(len(crops), 1)
        # A fixed batch is filled up with zeros, so that one picture at a time is possible there too.
        step = 1 if self.single else size
        parts = [self._run(crops[start : start + step], size) for start in range(0, len(crops), step)]
        vectors = np.concatenate(parts) if parts else np.empty((0, self.card.dim), dtype=np.float32)
        if vectors.shape[1] != self.card.dim:
            raise ModelRefused(f"{self.card.name}: dim: expected {self.card.dim}, the net gives {vectors.shape[1]}")
        return vectors

    def _run(self, crops: Crops, size: int) -> Floats:
        """(n, ?) raw outputs; a net with a fixed batch gets its last batch filled up with zeros."""
        tensor = to_tensor(crops, self.card.preprocess)
        if self._fixed_batch is not None and len(crops) < size:
            filled = np.zeros((size, *tensor.shape[1:]), dtype=np.float32)
            filled[: len(crops)] = tensor
            tensor = filled
        limit = self._limit * len(tensor) if self._limit is not None else None
        try:
            (out,) = self._net.run({self._input: tensor}, [self._output], limit)
        except NetTimeout:
            raise ModelRefused(
                f"{self.card.name}: the net did not end within {limit:g} s on {plural(len(tensor), 'picture')}; is "
                "there a loop without end in it? --limit gives it more time"
            ) from None
        except ModelRefused as error:
            raise ModelRefused(f"{self.card.name}: {str(error).removeprefix(f'{self._net.file}: ')}") from None
        if out.shape[:1] != (len(tensor),):
            raise ModelRefused(f"{self.card.name}: {len(tensor)} crops gave an output of shape {list(out.shape)}")
        with np.errstate(over="ignore"):  # of double: it is not finite then, and so no template
            return np.asarray(out, dtype=np.float32).reshape(len(tensor), -1)[: len(crops)]


def _lengths(vectors: Floats) -> npt.NDArray[np.float64]:
    # One row at a time in float64, so that a template does not depend on the batch that it came in.
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)))


def unusable(vectors: Floats) -> str:
    """How many of (n, dim) outputs can be no template and why, such as "3 of 8 not finite, 1 of 8 zero"; "" if none."""
    lengths = _lengths(vectors)
    counts = {
        "not finite": ~np.isfinite(lengths),
        "zero": lengths == 0,
        f"shorter than {LEAST_LENGTH:g}": (lengths > 0) & (lengths < LEAST_LENGTH),
        f"longer than {MOST_LENGTH:g}": np.isfinite(lengths) & (lengths > MOST_LENGTH),
    }
    return ", ".join(f"{rows.sum()} of {len(vectors)} {why}" for why, rows in counts.items() if rows.any())


def _as_templates(vectors: Floats, similarity: str) -> Floats:
    norms = _lengths(vectors)
    usable = np.isfinite(norms) & (norms >= LEAST_LENGTH) & (norms <= MOST_LENGTH)
    out = np.full_like(vectors, np.nan)
    scale = norms[usable, None] if similarity == "cosine" else 1.0
    out[usable] = vectors[usable] / scale
    return out


@dataclass(frozen=True, eq=False)
class Settled:
    """A recogniser in batches that do not change its templates.

    Attributes:
        recogniser: to be used from now on.
        note: why it is given one picture at a time; "" where it takes any batch.
        line: what was tried, and the largest difference that was found.
        problem: why the net cannot be measured at all; "" where it can.
    """

    recogniser: Recogniser
    note: str
    line: str
    problem: str


def settled(recogniser: Recogniser, crops: Crops) -> Settled:
    """Try (n, h, w, 3) uint8 RGB crops singly, twice, in threes, all at once and in another order.

    A net whose templates depend on the other pictures of a batch, or that takes no batch, is given one at a time.

    Raises:
        ModelRefused: the net fails on one picture.
    """
    alone = recogniser.one_at_a_time()
    single = _tried(alone, crops)
    again = apart(_tried(alone, crops), single)
    if again > recogniser.tolerance:
        line = f"two runs on the same {plural(len(crops), 'picture')}: {_far(again, recogniser)}"
        return Settled(alone, "", line, f"{line}: its templates cannot be repeated")
    found = again
    for what, order, size in _ways(len(crops)):
        try:
            found = max(found, apart(_in_parts(recogniser, crops[order], size), single[order]))
        except ModelRefused as error:
            why = str(error).removeprefix(f"{recogniser.card.name}: ")
            note = f"takes one picture at a time: {what} fails ({why})"
            return Settled(alone, note, f"batches: {note}", "")
        if found > recogniser.tolerance:
            how = f"{what}: {_far(found, recogniser)}"
            note = f"takes one picture at a time: templates depend on the rest of a batch ({how})"
            return Settled(alone, note, f"batches: {note}", "")
    sizes = ", ".join(str(size) for size in sorted({1, min(3, len(crops)), len(crops)}))
    none = int(np.isnan(single).any(axis=1).sum())
    compared = f"; {none} of {len(crops)} gave no template to compare" if none else ""
    line = f"batches of {sizes}, another order, two runs: {_far(found, recogniser)}{compared}"
    return Settled(recogniser, "", line, "")


def _ways(n: int) -> list[tuple[str, npt.NDArray[np.int64], int]]:
    """What is tried, the order of the pictures, and the size of a batch."""
    forward, mixed = np.arange(n), np.random.default_rng(0).permutation(n)
    ways = [("a batch of 3", forward, 3), (f"a batch of {n}", forward, n), ("another order", mixed, n)]
    return [way for way in ways if way[2] <= n and n > 1]


def _tried(recogniser: Recogniser, crops: Crops) -> Floats:
    """Templates that nothing is measured with: `embed` is for the pictures of a study alone."""
    return _as_templates(recogniser.outputs(crops), recogniser.card.similarity)


def _in_parts(recogniser: Recogniser, crops: Crops, size: int) -> Floats:
    return np.concatenate([_tried(recogniser, crops[start : start + size]) for start in range(0, len(crops), size)])


def _far(difference: float, recogniser: Recogniser) -> str:
    if np.isinf(difference):
        return "a template here, none there"
    return f"largest difference {difference:.1e} of a template's length, allowed {recogniser.tolerance:g}"


def apart(a: Floats, b: Floats) -> float:
    """Largest length of a difference between rows of (n, dim) `a` and `b`, relative to b's row.

    A row that is a template in one and none (NaN) in the other is infinitely far; NaN is never within a tolerance.
    """
    none = np.isnan(a).any(axis=1) & np.isnan(b).any(axis=1)
    lengths = np.maximum(_lengths(b), LEAST_LENGTH)
    with np.errstate(invalid="ignore"):
        far = np.where(none, 0.0, _lengths(a - b) / lengths)
    return float(np.where(np.isnan(far), np.inf, far).max(initial=0.0))


def made_up(wants: NetInput, n: int) -> Crops:
    """(n, h, w, 3) uint8 pictures of the net's size, each another: blocks of colours from a fixed seed."""
    width, height = wants.size
    coarse = np.random.default_rng(7).integers(0, 256, (n, 8, 8, 3)).astype(np.uint8)
    rows, columns = np.arange(height) * 8 // height, np.arange(width) * 8 // width
    return np.ascontiguousarray(coarse[:, rows][:, :, columns])


def check_ports(card: ModelCard, net: Net) -> tuple[str, str]:
    """Names of the net's input and output.

    Raises:
        ModelRefused: one line that says what the card says and what the file has.
    """
    return check_input(card.name, card.preprocess, net), _check_output(card, net)


def check_input(card: str, wants: NetInput, net: Net) -> str:
    """Name of the net's input, which is what the card of that name says.

    Raises:
        ModelRefused: one line that says what the card says and what the file has.
    """
    if len(net.inputs) != 1:
        raise ModelRefused(f"{card}: expected one input, the file has {len(net.inputs)}{_named(net.inputs)}")
    port = net.inputs[0]
    width, height = wants.size
    wanted = (3, height, width) if wants.layout == "NCHW" else (height, width, 3)
    fits = len(port.shape) == 4 and all(
        not isinstance(found, int) or found == side for found, side in zip(port.shape[1:], wanted, strict=True)
    )
    if not fits or port.dtype != "tensor(float)":
        raise ModelRefused(
            f"{card}: input '{one_line(port.name)}': the card says {wants.layout} float {list(wanted)}, "
            f"the file has {_shown(port)}"
        )
    return port.name


def _check_output(card: ModelCard, net: Net) -> str:
    ports = {port.name: port for port in net.outputs}
    if not ports:
        raise ModelRefused(f"{card.name}: output: expected a template, the file has no output")
    name = card.output if card.output is not None else next(iter(ports))
    if name not in ports or (card.output is None and len(ports) > 1):
        known = ", ".join(one_line(name) for name in ports)
        raise ModelRefused(f"{card.name}: output: expected one of {known}, the card says {card.output}")
    port = ports[name]
    if port.dtype not in FLOATS:
        raise ModelRefused(
            f"{card.name}: output '{one_line(name)}': expected a tensor of floats, the file has {_shown(port)}"
        )
    # Everything behind the batch makes the template: some nets give (n, dim, 1, 1).
    sides = [side for side in port.shape[1:] if isinstance(side, int)]
    known_sides = sides and len(sides) == len(port.shape) - 1
    if known_sides and math.prod(sides) != card.dim:
        raise ModelRefused(f"{card.name}: dim: the card says {card.dim}, the file has {math.prod(sides)}")
    return name


def _named(ports: tuple[Port, ...]) -> str:
    return f": {', '.join(one_line(port.name) for port in ports)}" if ports else ""


def _shown(port: Port) -> str:
    if not port.dtype.startswith("tensor("):
        return port.dtype
    return (
        f"{[side if isinstance(side, int) or side is None else one_line(side) for side in port.shape]} of {port.dtype}"
    )
