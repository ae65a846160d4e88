"""A tiny net of liveness for tests: its numbers are the sums of red and of blue over the picture, exact in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap.store import sha256_file

CARD = """\
kind = "liveness"
name = "{name}"
version = "1"
title = "sums of colours"
licence = "CC0-1.0"
source = "made by the tests"
file = "{name}.onnx"
sha256 = "{sha256}"
index = {index}
softmax = {softmax}
direction = "{direction}"
threshold = {threshold}
threshold_source = "made up by the tests"

[preprocess]
size = [32, 32]
colour = "RGB"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
layout = "NCHW"

[crop]
scale = 1.0
shape = "box"
outside = "black"
"""


def make_alive(
    folder: Path,
    threshold: float,
    *,
    name: str = "alive",
    index: int = 0,
    softmax: bool = False,
    direction: str = "live-high",
    matrix: Any = None,
    batch: int | str = "n",
) -> Path:
    """The net, which weighs sums of red, green and blue by a (3, k) `matrix`, and its card; the card's file."""
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    weights = np.array([[1, 0], [0, 0], [0, 1]] if matrix is None else matrix, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", ["x", "axes"], ["sums"], keepdims=0),
            helper.make_node("MatMul", ["sums", "weights"], ["y"]),
        ],
        "alive",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [batch, 3, tiny.SIDE, tiny.SIDE])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [batch, weights.shape[1]])],
        [numpy_helper.from_array(np.array([2, 3]), "axes"), numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.onnx"
    file.write_bytes(model.SerializeToString())
    text = CARD.format(
        name=name,
        sha256=sha256_file(file),
        index=index,
        softmax=str(softmax).lower(),
        direction=direction,
        threshold=float(threshold),
    )
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder / f"{name}.toml"
