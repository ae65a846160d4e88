"""The three nets of MTCNN from the weight files of the `mtcnn` package (TensorFlow layout) to ONNX.

Zhang, Zhang, Li, Qiao: "Joint face detection and alignment using multitask cascaded convolutional networks", IEEE SPL
2016. Inputs are RGB [N,3,H,W], (value - 127.5) / 128. The package flattens (column, row, channel) before its first
dense layer; that order is folded into the dense weights here. Of the two-way softmax only the face's share is given
out, as the equal sigmoid of the difference.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.errors import ModelRefused
from facegap.weights.graph import Graph
from facegap.weights.joblib_arrays import Array, read_arrays

_SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "pnet": (
        (3, 3, 3, 10),
        (10,),
        (1, 1, 10),
        (3, 3, 10, 16),
        (16,),
        (1, 1, 16),
        (3, 3, 16, 32),
        (32,),
        (1, 1, 32),
        (1, 1, 32, 4),
        (4,),
        (1, 1, 32, 2),
        (2,),
    ),
    "rnet": (
        (3, 3, 3, 28),
        (28,),
        (1, 1, 28),
        (3, 3, 28, 48),
        (48,),
        (1, 1, 48),
        (2, 2, 48, 64),
        (64,),
        (1, 1, 64),
        (576, 128),
        (128,),
        (128,),
        (128, 4),
        (4,),
        (128, 2),
        (2,),
    ),
    "onet": (
        (3, 3, 3, 32),
        (32,),
        (1, 1, 32),
        (3, 3, 32, 64),
        (64,),
        (1, 1, 64),
        (3, 3, 64, 64),
        (64,),
        (1, 1, 64),
        (2, 2, 64, 128),
        (128,),
        (1, 1, 128),
        (1152, 256),
        (256,),
        (256,),
        (256, 4),
        (4,),
        (256, 10),
        (10,),
        (256, 2),
        (2,),
    ),
}


def convert_mtcnn(part: str, data: bytes) -> bytes:
    """ONNX bytes of `part` ("pnet", "rnet" or "onet") from the package's weight file.

    Outputs: "score" and "box", for the O-net "landmarks" too; the P-net's are maps [N,1,h,w] and [N,4,h,w], the
    others' rows [N,1], [N,4] and [N,10].

    Raises:
        ModelRefused: `data` holds other arrays.
    """
    arrays = read_arrays(data)
    found = tuple(array.shape for array in arrays)
    if found != _SHAPES[part]:
        raise ModelRefused(f"not the weights of MTCNN's {part}: expected arrays {_SHAPES[part]}, found {found}")
    return {"pnet": _pnet, "rnet": _rnet, "onet": _onet}[part](arrays)


def _pnet(arrays: list[Array]) -> bytes:
    graph = Graph()
    x = graph.input("image", ("N", 3, "H", "W"))
    x = _max_pool(graph, _conv(graph, x, arrays[0:3]), 2, "SAME_UPPER")
    x = _conv(graph, x, arrays[3:6])
    x = _conv(graph, x, arrays[6:9])
    score = _filters(graph, x, _face(arrays[11]), _face(arrays[12]))
    graph.output(graph.node("Sigmoid", [score]), "score", ("N", 1, "h", "w"))
    graph.output(_filters(graph, x, arrays[9], arrays[10]), "box", ("N", 4, "h", "w"))
    return graph.serialise()


def _rnet(arrays: list[Array]) -> bytes:
    graph = Graph()
    x = graph.input("image", ("N", 3, 24, 24))
    x = _max_pool(graph, _conv(graph, x, arrays[0:3]), 3, "SAME_UPPER")
    x = _max_pool(graph, _conv(graph, x, arrays[3:6]), 3, "VALID")
    x = _conv(graph, x, arrays[6:9])
    x = _first_dense(graph, x, arrays[9:12], side=3, channels=64)
    score = _dense(graph, x, _face(arrays[14]), _face(arrays[15]))
    graph.output(graph.node("Sigmoid", [score]), "score", ("N", 1))
    graph.output(_dense(graph, x, arrays[12], arrays[13]), "box", ("N", 4))
    return graph.serialise()


def _onet(arrays: list[Array]) -> bytes:
    graph = Graph()
    x = graph.input("image", ("N", 3, 48, 48))
    x = _max_pool(graph, _conv(graph, x, arrays[0:3]), 3, "SAME_UPPER")
    x = _max_pool(graph, _conv(graph, x, arrays[3:6]), 3, "VALID")
    x = _max_pool(graph, _conv(graph, x, arrays[6:9]), 2, "SAME_UPPER")
    x = _conv(graph, x, arrays[9:12])
    x = _first_dense(graph, x, arrays[12:15], side=3, channels=128)
    score = _dense(graph, x, _face(arrays[19]), _face(arrays[20]))
    graph.output(graph.node("Sigmoid", [score]), "score", ("N", 1))
    graph.output(_dense(graph, x, arrays[15], arrays[16]), "box", ("N", 4))
    graph.output(_dense(graph, x, arrays[17], arrays[18]), "landmarks", ("N", 10))
    return graph.serialise()


def _conv(graph: Graph, x: str, arrays: list[Array]) -> str:
    """Convolution without padding, then PReLU with one slope a channel."""
    weights, bias, slope = arrays
    return graph.prelu(_filters(graph, x, weights, bias), slope.reshape(1, -1, 1, 1))


def _filters(graph: Graph, x: str, weights: Array, bias: Array) -> str:
    """TensorFlow keeps (row, column, input, output), ONNX (output, input, row, column)."""
    return graph.node("Conv", [x, graph.constant(weights.transpose(3, 2, 0, 1)), graph.constant(bias)])


def _max_pool(graph: Graph, x: str, side: int, padding: str) -> str:
    return graph.node("MaxPool", [x], kernel_shape=[side, side], strides=[2, 2], auto_pad=padding)


def _first_dense(graph: Graph, x: str, arrays: list[Array], side: int, channels: int) -> str:
    """Flatten, dense layer, PReLU; rows of the weights go from (column, row, channel) to (channel, row, column)."""
    weights, bias, slope = arrays
    ordered = weights.reshape(side, side, channels, -1).transpose(2, 1, 0, 3).reshape(weights.shape)
    flat = graph.node("Flatten", [x], axis=1)
    return graph.prelu(_dense(graph, flat, ordered, bias), slope)


def _dense(graph: Graph, x: str, weights: Array, bias: Array) -> str:
    return graph.node("Gemm", [x, graph.constant(weights), graph.constant(bias)])


def _face(pair: npt.NDArray[np.float32]) -> Array:
    """softmax(a, b)[1] = sigmoid(b - a): from the weights of (no face, face) to those of the difference."""
    return pair[..., 1:2] - pair[..., 0:1]
