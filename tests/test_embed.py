"""Crops to templates: colour, scale and layout as the card says, whatever the net's batch; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from facegap.cards import ModelCard, Preprocess
from facegap.embed import Recogniser, to_tensor
from facegap.errors import ModelRefused


def crops(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3)).astype(np.uint8)


def by_hand(pixels: np.ndarray) -> np.ndarray:
    """(n, dim) what the tiny net gives, in whole numbers."""
    sums = (pixels.astype(np.int64) - 128).reshape(len(pixels), 8, 4, 8, 4, 3).sum(axis=(2, 4))
    return sums.transpose(0, 3, 1, 2).reshape(len(pixels), -1) @ tiny.projection().astype(np.int64)


def preprocess(**changes: object) -> Preprocess:
    content = {
        "size": (32, 48),
        "colour": "RGB",
        "mean": (1.0, 2.0, 3.0),
        "std": (10.0, 20.0, 30.0),
        "layout": "NCHW",
        "template": "none",
    }
    return Preprocess.model_validate({**content, **changes})


def test_a_tensor_by_hand() -> None:
    crop = np.zeros((1, 48, 32, 3), dtype=np.uint8)
    crop[0, 5, 7] = (10, 20, 30)
    nchw = to_tensor(crop, preprocess())
    assert nchw.shape == (1, 3, 48, 32) and nchw.dtype == np.float32 and nchw.flags.c_contiguous
    np.testing.assert_allclose(nchw[0, :, 5, 7], [(10 - 1) / 10, (20 - 2) / 20, (30 - 3) / 30], rtol=1e-6)
    nhwc = to_tensor(crop, preprocess(layout="NHWC"))
    np.testing.assert_array_equal(nhwc.transpose(0, 3, 1, 2), nchw)
    # mean and std are in the net's colour order
    bgr = to_tensor(crop, preprocess(colour="BGR"))
    np.testing.assert_allclose(bgr[0, :, 5, 7], [(30 - 1) / 10, (20 - 2) / 20, (10 - 3) / 30], rtol=1e-6)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_every_batch_and_layout_gives_the_same_templates(tmp_path: Path, layout: str, batch: int | str) -> None:
    recogniser = Recogniser(tiny.make_model(tmp_path, layout=layout, batch=batch), tmp_path / "tiny.onnx")
    pixels = crops(11)
    raw = by_hand(pixels).astype(np.float64)
    expected = (raw / np.sqrt((raw**2).sum(axis=1, keepdims=True))).astype(np.float32)
    np.testing.assert_array_equal(recogniser.embed(pixels), expected)
    np.testing.assert_array_equal(np.concatenate([recogniser.embed(pixels[k : k + 1]) for k in range(11)]), expected)
    assert recogniser.embed(pixels[:0]).shape == (0, 16)


def test_colour_order_reaches_the_net(tmp_path: Path) -> None:
    card = tiny.make_model(tmp_path)
    recogniser = Recogniser(card, tmp_path / "tiny.onnx")
    bgr = recogniser.with_preprocess(card.preprocess.model_copy(update={"colour": "BGR"}))
    pixels = crops(3)
    np.testing.assert_array_equal(bgr.embed(pixels), recogniser.embed(pixels[..., ::-1]))
    assert recogniser.card.preprocess.colour == "RGB"


def test_distances_keep_the_length_of_the_output(tmp_path: Path) -> None:
    recogniser = Recogniser(tiny.make_model(tmp_path, similarity="negative-l2"), tmp_path / "tiny.onnx")
    np.testing.assert_array_equal(recogniser.embed(crops(5)), by_hand(crops(5)).astype(np.float32))


@pytest.mark.parametrize("similarity", ["cosine", "negative-l2"])
def test_a_template_without_a_number_or_a_length_is_a_failure(tmp_path: Path, similarity: str) -> None:
    """A grey picture of 128 sums to zero, and infinite weights give NaN."""
    weights = tiny.projection()
    recogniser = Recogniser(tiny.make_model(tmp_path, similarity=similarity), tmp_path / "tiny.onnx")
    pixels = crops(3)
    pixels[1] = 128
    found = recogniser.embed(pixels)
    assert np.isnan(found[1]).all() and np.isfinite(found[[0, 2]]).all()
    weights[0, 0] = np.inf
    broken = Recogniser(
        tiny.make_model(tmp_path, "broken", similarity=similarity, weights=weights), tmp_path / "broken.onnx"
    )
    assert np.isnan(broken.embed(pixels)).all()


@pytest.mark.parametrize(
    ("change", "net", "line"),
    [
        ({"layout": "NHWC"}, {}, r"input 'x': the card says NHWC float \[32, 32, 3\], the file has \['n', 3, 32, 32\]"),
        ({"size": (32, 48)}, {}, r"the card says NCHW float \[3, 48, 32\], the file has \['n', 3, 32, 32\]"),
        ({"dim": 32}, {}, "dim: the card says 32, the file has 16"),
        ({}, {"outputs": 2}, "output: expected one of y, y1, the card says None"),
        ({"output": "z"}, {}, "output: expected one of y, the card says z"),
    ],
)
def test_a_card_that_contradicts_the_file_is_refused(
    tmp_path: Path, change: dict[str, object], net: dict[str, Any], line: str
) -> None:
    card = tiny.make_model(tmp_path, **net)
    inner = {key: value for key, value in change.items() if key in ("layout", "size")}
    outer = {key: value for key, value in change.items() if key not in inner}
    wrong = card.model_copy(update={**outer, "preprocess": card.preprocess.model_copy(update=inner)})
    with pytest.raises(ModelRefused, match=f"tiny: .*{line}"):
        Recogniser(wrong, tmp_path / "tiny.onnx")


def test_a_named_output_is_the_one_that_is_taken(tmp_path: Path) -> None:
    card = tiny.make_model(tmp_path, outputs=2, more='output = "y1"', similarity="negative-l2")
    found = Recogniser(card, tmp_path / "tiny.onnx").embed(crops(2))
    np.testing.assert_array_equal(found, -by_hand(crops(2)).astype(np.float32))


def unpinned(card: ModelCard) -> ModelCard:
    """The card for any file."""
    return card.model_copy(update={"sha256": None})


def other_net(path: Path, node: object, inputs: list[object], outputs: list[object], **constants: np.ndarray) -> Path:
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = onnx.helper.make_graph([node], "odd", inputs, outputs, tensors)
    opset = [onnx.helper.make_opsetid("", 17)]
    path.write_bytes(onnx.helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString())
    return path


def port(name: str, shape: list[int | str] | None, dtype: int = 1) -> object:
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    return onnx.helper.make_tensor_value_info(name, dtype, shape)


def node(kind: str, inputs: list[str], **attributes: object) -> object:
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    return onnx.helper.make_node(kind, inputs, ["y"], **attributes)


def test_odd_nets_are_refused_with_what_is_odd(tmp_path: Path) -> None:
    card = unpinned(tiny.make_model(tmp_path))
    image, file = port("x", ["n", 3, 32, 32]), tmp_path / "odd.onnx"
    two = other_net(file, node("Add", ["x", "z"]), [image, port("z", ["n", 3, 32, 32])], [port("y", None)])
    with pytest.raises(ModelRefused, match="expected one input, the file has 2"):
        Recogniser(card, two)
    double = other_net(file, node("Flatten", ["x"]), [port("x", ["n", 3, 32, 32], 11)], [port("y", None, 11)])
    with pytest.raises(ModelRefused, match=r"the file has \['n', 3, 32, 32\] of tensor\(double\)"):
        Recogniser(card, double)
    wide = other_net(file, node("Compress", ["x", "take"], axis=3), [image], [port("y", None)], take=np.arange(32) < 1)
    with pytest.raises(ModelRefused, match="dim: expected 16, the net gives 96"):
        Recogniser(card, wide).embed(crops(2))
    flat = other_net(file, node("Flatten", ["x"], axis=0), [image], [port("y", ["a", "b"])])
    with pytest.raises(ModelRefused, match=r"2 crops gave an output of shape \[1, 6144\]"):
        Recogniser(card, flat).embed(crops(2))


def test_a_net_that_fails_on_its_input_is_refused(tmp_path: Path) -> None:
    """A graph whose reshape works for one crop only."""
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    helper = onnx.helper
    shape = onnx.numpy_helper.from_array(np.array([1, 3072]), "shape")
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["flat"]),
        helper.make_node("Compress", ["flat", "take"], ["y"]),
    ]
    take = onnx.numpy_helper.from_array(np.arange(3072) < 16, "take")
    graph = helper.make_graph(nodes, "one", [port("x", ["n", 3, 32, 32])], [port("y", ["n", "d"])], [shape, take])
    opset = [helper.make_opsetid("", 17)]
    (tmp_path / "one.onnx").write_bytes(helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString())
    recogniser = Recogniser(unpinned(tiny.make_model(tmp_path)), tmp_path / "one.onnx")
    with pytest.raises(ModelRefused, match="tiny: the net fails on its own input"):
        recogniser.embed(crops(2))


def test_an_output_with_sides_of_one_is_a_template(tmp_path: Path) -> None:
    """(n, dim, 1, 1), as a net that ends in a convolution gives it."""
    weights = np.random.default_rng(0).normal(size=(16, 3, 32, 32)).astype(np.float32)
    sides = [port("x", ["n", 3, 32, 32])], [port("y", ["n", 16, 1, 1])]
    other_net(tmp_path / "conv.onnx", node("Conv", ["x", "w"]), *sides, w=weights)
    card = unpinned(tiny.make_model(tmp_path, similarity="negative-l2"))
    found = Recogniser(card, tmp_path / "conv.onnx").embed(crops(3))
    x = crops(3).transpose(0, 3, 1, 2).astype(np.float64) - 128
    np.testing.assert_allclose(found, x.reshape(3, -1) @ weights.reshape(16, -1).T, rtol=1e-3, atol=1e-2)
    with pytest.raises(ModelRefused, match="dim: the card says 8, the file has 16"):
        Recogniser(card.model_copy(update={"dim": 8}), tmp_path / "conv.onnx")
