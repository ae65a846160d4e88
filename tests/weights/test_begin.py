"""A card begun from a file says what the file says, and asks the rest, one line each, until it is answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hostile
import tiny
from facegap import weights
from facegap.cards import ModelCard, load_model, read_toml
from facegap.cli import main
from facegap.errors import CardError, InputError, ModelRefused
from facegap.store import sha256_file, weights_path

ASKED = {
    "version",
    "licence",
    "source",
    "similarity",
    "vendor_threshold",
    "vendor_threshold_source",
    "preprocess.colour",
    "preprocess.mean",
    "preprocess.std",
    "preprocess.template",
}

ANSWERS = {
    "version": '"3.1"',
    "licence": '"evaluation"',
    "source": '"the vendor"',
    "similarity": '"cosine"',
    "vendor_threshold": "0.4",
    "vendor_threshold_source": '"manual"',
    "colour": '"RGB"',
    "mean": "[127.5, 127.5, 127.5]",
    "std": "[128.0, 128.0, 128.0]",
    "template": '"none"',
}


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_what_the_file_says_is_written(tmp_path: Path, layout: str) -> None:
    net = tiny.make_net(tmp_path / "vendor.onnx", layout=layout)
    path, questions = weights.begin_card("acme", net, tmp_path)
    content = read_toml(path)
    assert content["sha256"] == sha256_file(net) and weights_path(content["sha256"]).read_bytes() == net.read_bytes()
    assert (content["name"], content["file"], content["dim"]) == ("acme", "vendor.onnx", 16)
    assert content["preprocess"]["size"] == [32, 32] and content["preprocess"]["layout"] == layout
    assert set(questions) == ASKED
    shape = "[n, 3, 32, 32]" if layout == "NCHW" else "[n, 32, 32, 3]"
    ports = f"input 'x' {shape} of tensor(float); output 'y' [n, 16] of tensor(float)"
    assert f"# In the file: {ports}." in path.read_text(encoding="utf-8")


def test_the_reader_asks_until_all_is_answered(tmp_path: Path) -> None:
    path, questions = weights.begin_card("acme", tiny.make_net(tmp_path / "vendor.onnx"), tmp_path)
    left = dict(questions)
    for key, answer in ANSWERS.items():
        with pytest.raises(CardError) as caught:
            load_model(str(path))
        lines = str(caught.value).splitlines()
        assert lines == [f"{path}: {name}: not answered yet: {question}" for name, question in left.items()]
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf'^{key} = "\?"$', f"{key} = {answer}", text, flags=re.M), encoding="utf-8")
        left = {name: question for name, question in left.items() if name.rpartition(".")[2] != key}
    assert load_model(str(path)).score_threshold == 0.4
    assert weights.find_model(load_model(str(path)), path).is_file()


def test_what_a_file_leaves_free_is_asked_too(tmp_path: Path) -> None:
    (tmp_path / "two.onnx").write_bytes(
        hostile.net(
            hostile.node("Identity", ["raw"], ["y"]),
            hostile.node("Neg", ["raw"], ["y1"]),
            inputs=[hostile.port("x", ["n", "c", "h", "w"])],
            outputs=[hostile.port("y", ["n", "d"]), hostile.port("y1", ["n", 16])],
        )
    )
    _, questions = weights.begin_card("acme", tmp_path / "two.onnx", tmp_path)
    assert set(questions) == ASKED | {"dim", "output", "preprocess.size", "preprocess.layout"}
    assert set(questions.values()) <= set(ModelCard.QUESTIONS.values())


REFUSED = [case for case in hostile.ONNX if case.kind in ("no ONNX", "weights outside")]


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_no_card_is_begun_from_a_file_that_is_refused(tmp_path: Path, case: hostile.Case) -> None:
    (tmp_path / "vendor.onnx").write_bytes(case.make())
    with pytest.raises(ModelRefused):
        weights.begin_card("acme", tmp_path / "vendor.onnx", tmp_path)
    assert not (tmp_path / "acme.toml").exists()


def test_no_card_is_written_over(tmp_path: Path) -> None:
    net = tiny.make_net(tmp_path / "vendor.onnx")
    weights.begin_card("acme", net, tmp_path)
    with pytest.raises(InputError, match=r"acme\.toml: is there already"):
        weights.begin_card("acme", net, tmp_path)
    with pytest.raises(InputError, match="a card's name is lower-case letters"):
        weights.begin_card("../acme", net, tmp_path)


def test_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.make_net(tmp_path / "vendor.onnx")
    monkeypatch.chdir(tmp_path)
    for words, code in ((("new", "acme", "vendor.onnx"), 0), (("list",), 0), (("check", "acme"), 2)):
        monkeypatch.setattr("sys.argv", ["facegap", "models", *words])
        with pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == code
    said = capsys.readouterr()
    assert "models/acme.toml: begun and pinned" in said.out
    assert '  preprocess.colour: "RGB" or "BGR"?' in said.out
    assert "10 open questions: `facegap models check acme` names them" in said.out
    assert len(said.err.splitlines()) == 10 and "Traceback" not in said.err
