"""The sanity gate passes sound models and refuses wrong cards, each with its reason."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hostile
import pulled
import tiny
from facegap import backend, cards, gates, store
from facegap.audit import GateOutcome, check_model
from facegap.cli import main
from facegap.errors import InputError
from facegap.version import __version__


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def symmetric() -> np.ndarray:
    """A projection that a mirrored picture leaves alone, as a face recogniser nearly does."""
    whole = tiny.projection().reshape(3, 8, 8, 16)
    return (whole + whole[:, :, ::-1]).reshape(192, 16)


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/audit/test_hostile.py tries nets in a process of their own; here it would only take time."""
    monkeypatch.setattr(importlib.import_module("facegap.audit.gate"), "probe", lambda *_: None)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Patterns with little noise, and the tiny net that takes mirrored ones for the same."""
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "patterns.toml").write_text(tiny.DATASET, encoding="utf-8")
    tiny.make_data(tmp_path / "data", each=2)
    tiny.make_model(tmp_path / "models", weights=symmetric())
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(name: str = "tiny") -> GateOutcome:
    return check_model(name, "aligned-none", "patterns", Path("data"), silent)


def refused(outcome: GateOutcome, *parts: str) -> None:
    assert outcome.refused
    text = "\n".join(outcome.lines)
    for part in parts:
        assert part in text, text


def test_a_sound_model_passes(place: Path) -> None:
    outcome = check()
    assert not outcome.refused, outcome.lines
    assert outcome.lines[-1] == "tiny: passed"
    assert all(line.startswith("ok    ") for line in outcome.lines[:-1])
    text = "\n".join(outcome.lines)
    for part in (
        "sha256",
        "NCHW input and 16 outputs",
        "self-match: 1.0000",
        "batches of 1, 3, 46, another order, two runs: largest difference",
        "similarity negative-l2: d'",
        "channel swap",
    ):
        assert part in text


def test_a_constant_net_is_refused(place: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    nodes = [
        helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=0),
        helper.make_node("Unsqueeze", ["sum", "last"], ["column"]),
        helper.make_node("Mul", ["column", "none"], ["zeros"]),
        helper.make_node("Add", ["zeros", "ones"], ["y"]),
    ]
    constants = {
        "axes": np.array([1, 2, 3]),
        "last": np.array([1]),
        "none": np.zeros((1, 16), dtype=np.float32),
        "ones": np.arange(16, dtype=np.float32),
    }
    port = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("x", port, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("y", port, ["n", 16])],
        [array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    (place / "models" / "tiny.onnx").write_bytes(model.SerializeToString())
    repin(place)
    refused(check(), "fail  embeddings: the same for every face", "refused: the net gives every face the same template")


def repin(place: Path) -> None:
    card = place / "models" / "tiny.toml"
    lines = card.read_text(encoding="utf-8").splitlines()
    sha256 = store.sha256_file(place / "models" / "tiny.onnx")
    card.write_text(
        "\n".join(f'sha256 = "{sha256}"' if line.startswith("sha256") else line for line in lines), encoding="utf-8"
    )


def test_a_net_that_gives_nan_is_refused(place: Path) -> None:
    tiny.make_model(place / "models", weights=np.full((192, 16), np.nan))
    refused(check(), "tiny: refused: embeddings: 46 of 46 not finite", "46 of 46 gave no template to compare")


def test_a_net_that_sees_no_likeness_is_refused(place: Path) -> None:
    """One that looks at nothing but noise: at the differences of neighbouring pixels of one block."""
    for path in (place / "data" / "images").glob("*.png"):
        k = int.from_bytes(path.name.encode(), "big") % 100_003
        Image.fromarray(tiny.picture(k, 0, 10)).save(path)
    refused(check(), "near chance: ", "where at least 80% is expected")


def change(place: Path, old: str, new: str) -> None:
    card = place / "models" / "tiny.toml"
    text = card.read_text(encoding="utf-8")
    assert old in text
    card.write_text(text.replace(old, new), encoding="utf-8")


def test_cards_that_contradict_the_file_are_refused(place: Path) -> None:
    change(place, "dim = 16", "dim = 32")
    refused(check(), "fail  tiny: dim: the card says 32, the file has 16")
    change(place, "dim = 32", "dim = 16")
    change(place, 'layout = "NCHW"', 'layout = "NHWC"')
    refused(check(), "fail  tiny: input 'x': the card says NHWC")
    change(place, 'layout = "NHWC"', 'layout = "NCHW"')
    (place / "models" / "tiny.onnx").write_bytes(b"no net")
    refused(check(), "fail  ")


def test_what_was_found_is_kept_for_runs(place: Path) -> None:
    """Passed or refused, when, on whose faces and with which versions; of another card of the same net nothing."""
    assert gates.find(cards.load_model("tiny")) is None
    check()
    found = gates.find(cards.load_model("tiny"))
    assert found is not None and found.passed and found.verdict == "passed"
    assert (found.dataset, found.people, found.detector) == ("patterns", 23, "aligned-none")
    assert (found.facegap, found.onnxruntime) == (__version__, backend.version())
    change(place, "mean = [128.0, 128.0, 128.0]", "mean = [0.0, 0.0, 0.0]")
    assert gates.find(cards.load_model("tiny")) is None
    change(place, "dim = 16", "dim = 8")
    check()
    found = gates.find(cards.load_model("tiny"))
    assert found is not None and not found.passed
    assert found.verdict == "dim: the card says 8, the file has 16" and found.people == 0


def test_a_refusal_keeps_no_folder_of_this_machine() -> None:
    said = "/home/of/somebody/models/tiny.onnx: onnxruntime does not take this file: no"
    assert gates.Gate.of(said, False, "/data/cards/own.toml", 0, "mtcnn", "1").verdict == (
        "tiny.onnx: onnxruntime does not take this file: no"
    )
    assert gates.Gate.of(said, False, "/data/cards/own.toml", 0, "mtcnn", "1").dataset == "own"


def scaled(place: Path, similarity: str) -> None:
    """A net whose outputs are longer or shorter at random, so that a distance sees what a cosine does not."""
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    helper = onnx.helper
    nodes = [
        helper.make_node("ReduceMean", ["raw"], ["m"], axes=[1], keepdims=1),
        helper.make_node("Sin", ["m"], ["s"]),
        helper.make_node("Add", ["s", "c"], ["f"]),
        helper.make_node("Mul", ["raw", "f"], ["y"]),
    ]
    tiny.make_model(place / "models", weights=symmetric(), similarity=similarity)
    (place / "models" / "tiny.onnx").write_bytes(hostile.net(*nodes, constants={"c": np.float32(1.5)}))
    repin(place)


def test_the_other_similarity_is_tried_as_a_slip(place: Path) -> None:
    scaled(place, "negative-l2")
    refused(check(), "similarity cosine separates better (d' ", "than the card (d' ")
    scaled(place, "cosine")
    outcome = check()
    assert not outcome.refused
    assert any("similarity negative-l2: d' would be " in line for line in outcome.lines)


def test_outputs_of_one_length_have_one_order(place: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    node = onnx.helper.make_node("LpNormalization", ["raw"], ["y"], axis=1)
    (place / "models" / "tiny.onnx").write_bytes(hostile.net(node))
    repin(place)
    outcome = check()
    assert not outcome.refused
    assert any("similarity negative-l2: orders comparisons as cosine does" in line for line in outcome.lines)


def test_too_few_people_are_one_line(place: Path) -> None:
    index = place / "data" / "index.csv"
    index.write_text("\n".join(index.read_text().splitlines()[:13]) + "\n")
    with pytest.raises(InputError, match="the gate needs two usable samples of ten people or more, found 5"):
        check()


def test_where_the_data_lie_must_be_said(place: Path) -> None:
    with pytest.raises(InputError, match="--root: where 'patterns' lies is not said"):
        check_model("tiny", "aligned-none", "patterns", None, silent)


def test_the_command_ends_with_two_where_a_model_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "facegap",
        "models",
        "check",
        "tiny",
        "--detector",
        "aligned-none",
        "--dataset",
        "patterns",
        "--root",
        "data",
    ]
    for dim, code, last in ((16, 0, "tiny: passed"), (8, 2, "fail  tiny: dim: the card says 8, the file has 16")):
        change(place, "dim = 16", f"dim = {dim}")
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == code
        assert capsys.readouterr().out.splitlines()[-1] == last


@pytest.fixture(params=["mobilefacenet", "dlib-resnet29"])
def real_card(request: pytest.FixtureRequest, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a real model's card to spoil, with its weights and the detector's in the cache."""
    pulled.into_cache(request.param, "mtcnn")
    (tmp_path / "models").mkdir()
    copy = tmp_path / "models" / f"{request.param}.toml"
    copy.write_bytes(cards.card_path("models", request.param).read_bytes())
    monkeypatch.chdir(tmp_path)
    return copy


@pytest.fixture(scope="module")
def crops() -> dict[str, Any]:
    """The gate's aligned faces by model: a spoilt scale or colour changes none of them."""
    return {}


@pytest.fixture(autouse=True)
def _crops_once(crops: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    gate = importlib.import_module("facegap.audit.gate")
    real = gate._small_set

    def once(card: cards.ModelCard, detector: str, *others: Any) -> Any:
        if detector == "aligned-none":
            return real(card, detector, *others)
        if card.name not in crops:
            crops[card.name] = real(card, detector, *others)
        return crops[card.name]

    monkeypatch.setattr(gate, "_small_set", once)


def check_real(card: Path, shared: Path) -> GateOutcome:
    return check_model(card.stem, "mtcnn", "lfw-subset", shared / "data" / "lfw-subset", silent)


def spoil(card: Path, key: str, value: str) -> None:
    lines = card.read_text(encoding="utf-8").splitlines()
    found = [k for k, line in enumerate(lines) if line.startswith(f"{key} = ")]
    lines[found[0]] = f"{key} = {value}"
    card.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_real_models_pass(real_card: Path, shared: Path) -> None:
    outcome = check_real(real_card, shared)
    assert not outcome.refused, outcome.lines
    (line,) = [line for line in outcome.lines if "mated above non-mated" in line]
    assert float(line.split("non-mated: ")[1].split("%")[0]) > 99.5


@pytest.mark.slow
def test_a_wrong_colour_order_is_refused(real_card: Path, shared: Path) -> None:
    spoil(real_card, "colour", '"BGR"')
    refused(check_real(real_card, shared), "channel swap (RGB) separates better", "the card is likely wrong")


@pytest.mark.slow
def test_pixels_that_were_not_scaled_are_refused(real_card: Path, shared: Path) -> None:
    spoil(real_card, "mean", "[0.0, 0.0, 0.0]")
    spoil(real_card, "std", "[1.0, 1.0, 1.0]")
    refused(check_real(real_card, shared), "near chance", "separates better")


@pytest.mark.slow
def test_a_scale_that_does_little_harm_is_refused_too(real_card: Path, shared: Path) -> None:
    """0..1 in place of -1..1, or of what dlib's net wants."""
    spoil(real_card, "mean", "[0.0, 0.0, 0.0]")
    spoil(real_card, "std", "[255.0, 255.0, 255.0]")
    right = "pixels as dlib takes them" if real_card.stem == "dlib-resnet29" else "pixels as (x - 127.5) / 128"
    refused(check_real(real_card, shared), f"{right} separates better")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("factor", "lower", "right"),
    [
        (0.8, 0.0, "faces larger in the crop by 15 %"),
        (1.0, 0.1, "faces higher in the crop by 4 %"),
    ],
)
def test_a_crop_that_the_net_was_not_made_for_is_refused(
    real_card: Path,
    shared: Path,
    crops: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    factor: float,
    lower: float,
    right: str,
) -> None:
    """The card's template, larger, smaller, lower or higher than the one that the net learned on."""
    size = cards.load_model(real_card.stem).preprocess.size
    template = cards.load_model(real_card.stem).preprocess.template
    wrong = [
        ((x - size[0] / 2) * factor + size[0] / 2, (y - size[1] / 2) * factor + size[1] * (0.5 + lower))
        for x, y in cards.ALIGNMENTS[template]
    ]
    monkeypatch.setitem(cards.ALIGNMENTS, template, tuple(wrong))
    crops.clear()
    outcome = check_real(real_card, shared)
    crops.clear()
    refused(outcome, f"{right} separates better", "the card is likely wrong")


@pytest.mark.slow
def test_slips_of_alignment_are_tried_where_a_net_is_aligned(real_card: Path, shared: Path) -> None:
    outcome = check_real(real_card, shared)
    other = "arcface-112" if real_card.stem == "dlib-resnet29" else "dlib-150"
    text = "\n".join(outcome.lines)
    for slip in (f"alignment {other}", "faces larger", "faces higher", "pixels by ImageNet's mean"):
        assert f"{slip}" in text, text
