"""The first look at a file that a user brings: self-contained ONNX models pass, everything else gets one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facegap.errors import ModelRefused
from facegap.weights import check_onnx

onnx = pytest.importorskip("onnx", reason="making test models needs onnx")


def model(external: str | None = None, where: str = "initializer") -> bytes:
    """A model of one addition, its constant inside the file or, by name, outside."""
    tensor = onnx.numpy_helper.from_array(np.arange(4, dtype=np.float32), "c")
    if external is not None:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=external)
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [4]) for name in ("x", "y")]
    nodes = [onnx.helper.make_node("Add", ["x", "c"], ["y"])]
    initializers = [tensor] if where == "initializer" else []
    if where == "constant":
        nodes.insert(0, onnx.helper.make_node("Constant", [], ["c"], value=tensor))
    graph = onnx.helper.make_graph(nodes, "g", ports[:1], ports[1:], initializers)
    return bytes(onnx.helper.make_model(graph, ir_version=8).SerializeToString())


def write(folder: Path, data: bytes) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("where", ["initializer", "constant"])
def test_a_self_contained_model_passes(where: str, tmp_path: Path) -> None:
    check_onnx(write(tmp_path, model(where=where)))


@pytest.mark.parametrize("where", ["initializer", "constant"])
@pytest.mark.parametrize("path", ["weights.bin", "../../etc/passwd", "/etc/passwd"])
def test_weights_in_other_files_are_refused(path: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="keeps weights in other files; save it as one file"):
        check_onnx(write(tmp_path, model(path, where)))


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64,
        b"PK\x03\x04" + b"\0" * 100,
        b"\x80\x02}q\x00.",
        b"\0",
        b"\xff" * 50,
        model()[:-20],
        model() + b"\xff",
    ],
    ids=["web page", "lfs pointer", "zip", "pickle", "zero", "ones", "cut", "longer"],
)
def test_other_files_are_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="not an ONNX model"):
        check_onnx(write(tmp_path, data))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="found 0 bytes"):
        check_onnx(write(tmp_path, b""))


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)  # sparse
    with pytest.raises(ModelRefused, match="found 3221225472 bytes"):
        check_onnx(path)


@pytest.mark.parametrize("name", ["nothing.onnx", "."])
def test_no_file_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="no such file"):
        check_onnx(tmp_path / name)


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    body = b""
    for _ in range(2000):  # graph > node > attribute > graph ...
        for field in (6, 5, 1):
            body = bytes([field << 3 | 2]) + _varint(len(body)) + body
    data = b"\x08\x08" + b"\x3a" + _varint(len(body)) + body
    with pytest.raises(ModelRefused, match="not an ONNX model"):
        check_onnx(write(tmp_path, data))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_gives_one_line_or_passes(data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray(model())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = write(tmp_path, bytes(content))
    try:
        check_onnx(path)
    except ModelRefused as error:
        assert "\n" not in str(error)
