"""Embed: aligned crops to templates, through the recogniser that the card describes."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np

from facegap.backend import Net, open_net
from facegap.cards import ModelCard, Preprocess
from facegap.errors import ModelRefused
from facegap.records import Floats

Crops = np.ndarray[Any, np.dtype[np.uint8]]


def to_tensor(crops: Crops, preprocess: Preprocess) -> Floats:
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

    def __init__(self, card: ModelCard, file: Path, provider: str = "cpu", threads: int = 1) -> None:
        """Open `file`.

        Raises:
            BackendMissing: the provider does not run here.
            ModelRefused: the file is no ONNX net, or its inputs and outputs contradict the card.
        """
        self.card = card
        self._net = open_net(file, provider, threads)
        self.provider = self._net.provider
        self._input, self._output = check_ports(card, self._net)
        first = self._net.inputs[0].shape[0]
        self._fixed_batch = first if isinstance(first, int) else None

    def with_preprocess(self, preprocess: Preprocess) -> Recogniser:
        """The same open net behind other preprocessing; the sanity gate tries slips with it."""
        other = copy.copy(self)
        other.card = self.card.model_copy(update={"preprocess": preprocess})
        return other

    def embed(self, crops: Crops) -> Floats:
        """(n, dim) float32 templates of (n, h, w, 3) uint8 RGB crops.

        Unit rows where the card's similarity is cosine. A row that is not finite, or has no length, is NaN: a
        failure to extract, never a zero template.

        Raises:
            ModelRefused: the net fails on the input, or gives another shape than the card says.
        """
        size = self._fixed_batch if self._fixed_batch is not None else max(len(crops), 1)
        parts = [self._run(crops[start : start + size], size) for start in range(0, len(crops), size)]
        vectors = np.concatenate(parts) if parts else np.empty((0, self.card.dim), dtype=np.float32)
        if vectors.shape[1] != self.card.dim:
            raise ModelRefused(f"{self.card.name}: dim: expected {self.card.dim}, the net gives {vectors.shape[1]}")
        return _as_templates(vectors, self.card.similarity)

    def _run(self, crops: Crops, size: int) -> Floats:
        """(n, ?) raw outputs; a net with a fixed batch gets its last batch filled up with zeros."""
        tensor = to_tensor(crops, self.card.preprocess)
        if self._fixed_batch is not None and len(crops) < size:
            filled = np.zeros((size, *tensor.shape[1:]), dtype=np.float32)
            filled[: len(crops)] = tensor
            tensor = filled
        try:
            (out,) = self._net.run({self._input: tensor}, [self._output])
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelRefused(f"{self.card.name}: the net fails on its own input: {str(error)[:300]}") from None
        if out.shape[:1] != (len(tensor),):
            raise ModelRefused(f"{self.card.name}: {len(tensor)} crops gave an output of shape {list(out.shape)}")
        return np.asarray(out, dtype=np.float32).reshape(len(tensor), -1)[: len(crops)]


def _as_templates(vectors: Floats, similarity: str) -> Floats:
    # One row at a time in float64, so that a template does not depend on the batch that it came in.
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    usable = np.isfinite(norms) & (norms > 0)
    out = np.full_like(vectors, np.nan)
    scale = norms[usable, None] if similarity == "cosine" else 1.0
    out[usable] = vectors[usable] / scale
    return out


def check_ports(card: ModelCard, net: Net) -> tuple[str, str]:
    """Names of the net's input and output.

    Raises:
        ModelRefused: one line that says what the card says and what the file has.
    """
    if len(net.inputs) != 1:
        raise ModelRefused(f"{card.name}: expected one input, the file has {len(net.inputs)}")
    port = net.inputs[0]
    width, height = card.preprocess.size
    wanted = (3, height, width) if card.preprocess.layout == "NCHW" else (height, width, 3)
    fits = len(port.shape) == 4 and all(
        not isinstance(found, int) or found == side for found, side in zip(port.shape[1:], wanted, strict=True)
    )
    if not fits or port.dtype != "tensor(float)":
        raise ModelRefused(
            f"{card.name}: input '{port.name}': the card says {card.preprocess.layout} float {list(wanted)}, "
            f"the file has {list(port.shape)} of {port.dtype}"
        )
    names = [output.name for output in net.outputs]
    output = card.output if card.output is not None else names[0]
    if output not in names or (card.output is None and len(names) > 1):
        raise ModelRefused(f"{card.name}: output: expected one of {', '.join(names)}, the card says {card.output}")
    # Everything behind the batch makes the template: some nets give (n, dim, 1, 1).
    sides = [side for side in net.outputs[names.index(output)].shape[1:] if isinstance(side, int)]
    known = sides and len(sides) == len(net.outputs[names.index(output)].shape) - 1
    if known and math.prod(sides) != card.dim:
        raise ModelRefused(f"{card.name}: dim: the card says {card.dim}, the file has {math.prod(sides)}")
    return port.name, output
