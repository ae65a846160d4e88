"""A small writer of ONNX graphs whose bytes depend on the weights alone.

Names are numbers in the order of creation, the IR version and the opset are fixed, and no producer, version or time is
written, so that the same weights give the same file and a card can carry its digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from facegap.errors import MissingError

IR_VERSION = 8
OPSET = 13

Shape = Sequence[int | str]


def require_onnx() -> Any:
    """The `onnx` package.

    Raises:
        MissingError: it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise MissingError("converting weights needs the package 'onnx': pip install 'facegap[quickstart]'") from None
    return onnx


class Graph:
    """Collects nodes and constants; every method that adds something returns the name of its value."""

    def __init__(self) -> None:
        self._onnx = require_onnx()
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, shape: Shape) -> str:
        """A float32 input; texts in `shape` are free axes."""
        self._inputs.append(self._port(name, shape))
        return name

    def output(self, value: str, name: str, shape: Shape) -> None:
        """Give `value` out as float32 `name`."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._port(name, shape))

    def constant(self, values: npt.NDArray[Any]) -> str:
        """An int64 or float32 array of any shape, (...,), that is part of the file."""
        name = f"c{len(self._constants)}"
        little = values.astype(values.dtype.newbyteorder("<"))
        kind = self._onnx.TensorProto.INT64 if values.dtype == np.int64 else self._onnx.TensorProto.FLOAT
        tensor = self._onnx.helper.make_tensor(name, kind, values.shape, little.tobytes(), raw=True)
        self._constants.append(tensor)
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """One operation with one result."""
        name = f"v{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def relu(self, x: str) -> str:
        """max(x, 0)."""
        return self.node("Relu", [x])

    def prelu(self, x: str, slope: npt.NDArray[np.float32]) -> str:
        """max(x, 0) + slope * min(x, 0), `slope` (1, c, 1, 1) or (c,), broadcast.

        onnxruntime's own PRelu is slow on a CPU.
        """
        positive = self.relu(x)
        negative = self.node("Sub", [x, positive])
        return self.node("Add", [positive, self.node("Mul", [negative, self.constant(slope)])])

    def pad_end(self, x: str, channels: int, side: int) -> str:
        """`x` [N,C,H,W] with zeros behind its last channel, row and column."""
        if channels == 0 and side == 0:
            return x
        return self.node("Pad", [x, self.constant(np.array([0, 0, 0, 0, 0, channels, side, side], dtype=np.int64))])

    def serialise(self) -> bytes:
        """The file's bytes.

        Raises:
            onnx.checker.ValidationError: the graph is wrong, which is a defect of its converter.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, "facegap", self._inputs, self._outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _port(self, name: str, shape: Shape) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, list(shape))
