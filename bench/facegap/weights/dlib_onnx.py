"""dlib's face recognition net (`anet_type`, 29 convolutions) from its serialised form to ONNX.

The net is the one that dlib's example `dnn_face_recognition_ex` defines: a ResNet whose down-sampling blocks add an
average-pooled shortcut, padded with zeros at the right, at the bottom and in the new channels. Batch normalisation is
frozen to an affine layer and folded into the convolution before it. Mean and scale stay outside: the card says them.

A serialised file holds the layers from the input to the output, each as its name, its parameters and its settings,
with bookkeeping of a few hundred bytes at most in between.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.errors import ModelRefused
from facegap.weights.graph import Graph

Array = npt.NDArray[np.float32]

_LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, residual blocks, and whether the first of them halves the picture; from the input to the output."""

_GAP = 1024
"""More bytes than dlib writes between two layers."""


def convert_dlib(data: bytes) -> bytes:
    """ONNX bytes of the net serialised in `data`: input [N,3,150,150] float32, output "template" [N,128] float32.

    Raises:
        ModelRefused: `data` is not that net.
    """
    reader = _Reader(data)
    graph = Graph()
    x = graph.input("image", ("N", 3, 150, 150))
    x = graph.relu(_conv(graph, reader, x, _Conv(3, 32, 7, 2)))
    x = graph.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
    channels, side = 32, 35
    for wide, blocks, halves in _LEVELS:
        for block in range(blocks):
            down = halves and block == 0
            x = _residual(graph, reader, x, channels, wide, side if down else None)
            side = (side - 2) // 2 + 1 if down else side
            channels = wide
    x = graph.node("GlobalAveragePool", [x])
    x = graph.node("Flatten", [x], axis=1)
    graph.output(graph.node("MatMul", [x, graph.constant(reader.dense(256, 128))]), "template", ("N", 128))
    return graph.serialise()


@dataclass(frozen=True)
class _Conv:
    """A square convolution; dlib pads half the kernel where the stride is 1, nothing otherwise."""

    inputs: int
    outputs: int
    kernel: int
    stride: int

    @property
    def pad(self) -> int:
        return self.kernel // 2 if self.stride == 1 else 0


def _conv(graph: Graph, reader: _Reader, x: str, conv: _Conv) -> str:
    """The convolution that comes next in the file, its affine layer folded in."""
    weights, bias = reader.conv(conv)
    gain, offset = reader.affine(conv.outputs)
    folded = weights * gain[:, None, None, None]
    inputs = [x, graph.constant(folded), graph.constant(bias * gain + offset)]
    return graph.node("Conv", inputs, strides=[conv.stride] * 2, pads=[conv.pad] * 4)


def _residual(graph: Graph, reader: _Reader, x: str, inputs: int, outputs: int, halved_side: int | None) -> str:
    """relu(branch + shortcut); `halved_side` is the side of the input where the block halves it."""
    stride = 1 if halved_side is None else 2
    branch = graph.relu(_conv(graph, reader, x, _Conv(inputs, outputs, 3, stride)))
    branch = _conv(graph, reader, branch, _Conv(outputs, outputs, 3, 1))
    if halved_side is not None:
        x = graph.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
        x = graph.pad_end(x, channels=outputs - inputs, side=0)
        branch = graph.pad_end(branch, channels=0, side=(halved_side - 2) // 2 - (halved_side - 3) // 2)
    return graph.relu(graph.node("Add", [branch, x]))


class _Reader:
    """Reads dlib's compact integers, texts and tensors, layer by layer."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def conv(self, conv: _Conv) -> tuple[Array, Array]:
        """Filters (outputs, inputs, kernel, kernel) and biases (outputs,)."""
        self._seek("con_4")
        shape = (conv.outputs, conv.inputs, conv.kernel, conv.kernel)
        values = self._tensor(int(np.prod(shape)) + conv.outputs)
        expected = (conv.outputs, conv.kernel, conv.kernel, conv.stride, conv.stride, conv.pad, conv.pad)
        self._expect("settings of a convolution", expected, tuple(self._integer() for _ in expected))
        return values[: -conv.outputs].reshape(shape), values[-conv.outputs :]

    def affine(self, channels: int) -> tuple[Array, Array]:
        """Gain and offset, (channels,) each."""
        self._seek("affine_")
        values = self._tensor(2 * channels)
        return values[:channels], values[channels:]

    def dense(self, inputs: int, outputs: int) -> Array:
        """Weights (inputs, outputs) of a fully connected layer without bias."""
        self._seek("fc_2")
        self._expect("size of the last layer", (outputs, inputs), (self._integer(), self._integer()))
        return self._tensor(inputs * outputs).reshape(inputs, outputs)

    def _seek(self, name: str) -> None:
        """Go behind the next layer name, which must be `name`."""
        text = bytes([1, len(name)]) + name.encode()
        found = self._data.find(text, self._at, self._at + _GAP)
        if found < 0:
            raise ModelRefused(f"not dlib's face recognition net: expected a layer '{name}' near byte {self._at}")
        self._at = found + len(text)

    def _tensor(self, size: int) -> Array:
        """(size,) values of the tensor that comes next."""
        self._expect("version of a tensor", 2, self._integer())
        shape = [self._integer() for _ in range(4)]
        self._expect("values in a tensor", size, int(np.prod(shape)))
        raw = self._data[self._at : self._at + 4 * size]
        self._expect("bytes in a tensor", 4 * size, len(raw))
        self._at += 4 * size
        return np.frombuffer(raw, dtype="<f4").astype(np.float32)

    def _integer(self) -> int:
        """dlib's integer: a byte with the sign (0x80) and the number of bytes that follow, lowest first."""
        head = self._data[self._at : self._at + 1]
        count = head[0] & 0x0F if head else 0
        raw = self._data[self._at + 1 : self._at + 1 + count]
        if not 1 <= count <= 8 or len(raw) != count:
            raise ModelRefused(f"not dlib's face recognition net: no number at byte {self._at}")
        self._at += 1 + count
        value = int(struct.unpack("<Q", raw.ljust(8, b"\0"))[0])
        return -value if head[0] & 0x80 else value

    def _expect(self, what: str, expected: Any, found: Any) -> None:
        if expected != found:
            raise ModelRefused(
                f"not dlib's face recognition net: {what}: expected {expected}, found {found} before byte {self._at}"
            )
