"""Nets that attack, mislead or surprise are refused in one line, or measured with a remark; none is taken in silence.

Here within one process; benchmarks/hostile_models.py runs the command line on all of them.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hostile
import tiny
from facegap import backend, cards, store, weights
from facegap.audit import GateOutcome, check_model
from facegap.embed import Recogniser, made_up, settled, unusable
from facegap.errors import ModelMissing, ModelRefused
from facegap.probe import probe
from facegap.weights.fetch import fetch_members

QUICK = [case for case in hostile.ONNX if case.kind not in ("time", "memory")]
LIMIT = 20.0


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patterns that a mirror leaves alone, in a working directory that holds the side file as well."""
    place = tmp_path_factory.mktemp("hostile")
    tiny.make_data(place / "data", each=2)
    (place / "datasets").mkdir()
    (place / "datasets" / "patterns.toml").write_text(tiny.DATASET, encoding="utf-8")
    np.ones(16, dtype=np.float32).tofile(place / hostile.SIDE_FILE)
    return place


@pytest.fixture
def place(world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.rmtree(world / "models", ignore_errors=True)
    monkeypatch.chdir(world)
    return world


def write(place: Path, data: bytes, more: tuple[tuple[str, str], ...] = ()) -> None:
    file = place / "models" / "tiny.onnx"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    values = {"name": "tiny", "layout": "NCHW", "similarity": "cosine", "more": "", "dim": 16}
    text = tiny.CARD.format(sha256=store.sha256_bytes(data), **values)
    for old, new in more:
        assert old in text
        text = text.replace(old, new, 1)
    (place / "models" / "tiny.toml").write_text(text, encoding="utf-8")
    shutil.copyfile(place / hostile.SIDE_FILE, file.parent / hostile.SIDE_FILE)


def check(limit: float = LIMIT) -> GateOutcome:
    return check_model("tiny", "aligned-none", "patterns", Path("data"), silent, limit)


@pytest.mark.parametrize("case", QUICK, ids=[f"{case.kind}: {case.name}" for case in QUICK])
def test_what_is_right_is_said_of_every_net(
    place: Path, case: hostile.Case, monkeypatch: pytest.MonkeyPatch, crops: dict[str, Any]
) -> None:
    gate = importlib.import_module("facegap.audit.gate")
    monkeypatch.setattr(gate, "probe", lambda *_: None)
    monkeypatch.setattr(gate, "DRAWS", 20)
    real = gate._small_set
    monkeypatch.setattr(gate, "_small_set", lambda *words: crops.setdefault("set", crops.get("set") or real(*words)))
    write(place, case.make(), case.more)
    outcome = check()
    said = [line for line in outcome.lines if case.says in line]
    assert said, "\n".join(outcome.lines)
    assert not any("\n" in line or "\x1b" in line for line in outcome.lines)
    if not case.accepted:
        assert outcome.refused and outcome.lines[-1].startswith(("fail  ", "tiny: refused: "))


@pytest.fixture(scope="module")
def crops() -> dict[str, Any]:
    return {}


def test_a_net_without_end_is_refused_in_time(place: Path) -> None:
    write(place, hostile.endless())
    outcome = check(0.5)
    assert outcome.refused
    assert "did not end within 0.5 s on 1 picture; is there a loop without end" in outcome.lines[-1]


def test_a_net_that_ends_its_process_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that crashes or is killed for its memory does."""
    write(place, hostile.same())
    module = importlib.import_module("facegap.probe")
    real = module.subprocess.run

    def run(command: list[str], **more: Any) -> Any:
        return real([command[0], "-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"], **more)

    monkeypatch.setattr(module.subprocess, "run", run)
    with pytest.raises(ModelRefused, match=r"tiny: the net ended the process that tried it \(SIGSEGV\)"):
        probe(cards.load_model("tiny"), place / "models" / "tiny.onnx")


def test_more_memory_than_there_is_is_refused(place: Path) -> None:
    write(place, hostile.large(2**24, constant=False))
    with pytest.raises(ModelRefused, match="tiny: the net fails on its own input: "):
        probe(cards.load_model("tiny"), place / "models" / "tiny.onnx", LIMIT)


@pytest.mark.parametrize("case", hostile.OUTSIDE, ids=[case.name for case in hostile.OUTSIDE])
def test_bytes_have_no_side_files(place: Path, case: hostile.Case) -> None:
    """The second wall: what is opened without the check of its skeleton reads no file either, beside it or not."""
    write(place, case.make())
    file = place / "models" / "tiny.onnx"
    x = np.ones((1, 3, 32, 32), dtype=np.float32)
    plain = Recogniser(_unpinned("plain", hostile.same(), place), place / "models" / "plain.onnx")
    try:
        (found,) = backend.open_net(file).run({"x": x})
    except Exception as error:
        assert "takes no file" not in str(error)
        return
    expected = plain.outputs(np.full((1, 32, 32, 3), 129, dtype=np.uint8))
    np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg="the side file's ones were added")


def _unpinned(name: str, data: bytes, place: Path) -> cards.ModelCard:
    (place / "models" / f"{name}.onnx").write_bytes(data)
    return cards.load_model("tiny").model_copy(update={"sha256": None})


def test_the_table_of_messages_is_that_of_onnx() -> None:
    """Every message that can hold a tensor, and every way to one, as the schema of the installed onnx has them."""
    proto = hostile.onnx().ModelProto.DESCRIPTOR
    table: dict[str, dict[int, str]] = {}
    _reach(proto, table)
    holds = _holding(table)
    expected = {
        name: {number: kind for number, kind in fields.items() if kind in holds}
        for name, fields in table.items()
        if name in holds
    }
    module = importlib.import_module("facegap.weights.onnx_file")
    names = {
        "model": "ModelProto",
        "training": "TrainingInfoProto",
        "graph": "GraphProto",
        "function": "FunctionProto",
        "node": "NodeProto",
        "attribute": "AttributeProto",
        "sparse": "SparseTensorProto",
        "tensor": "TensorProto",
    }
    ours = {names[kind]: {n: names[inner] for n, inner in fields.items()} for kind, fields in module._NESTED.items()}
    assert ours == expected


def _reach(message: Any, table: dict[str, dict[int, str]]) -> None:
    if message.name in table:
        return
    table[message.name] = {one.number: one.message_type.name for one in message.fields if one.message_type}
    for one in message.fields:
        if one.message_type:
            _reach(one.message_type, table)


def _holding(table: dict[str, dict[int, str]]) -> set[str]:
    holds = {"TensorProto"}
    while more := {name for name, fields in table.items() if holds & set(fields.values())} - holds:
        holds |= more
    return holds


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_encoding_passes_that_protobuf_reads_as_outside(data: st.DataObject, tmp_path: Path) -> None:
    """Bytes of tags, lengths and values at random places, in a net whose last tensor lies outside."""
    bits = st.sampled_from([0, 1, 2, 7])
    content = bytearray(
        hostile.by_hand(
            data.draw(bits),
            data.draw(bits),
            data.draw(bits),
            data.draw(bits),
            data.draw(st.sampled_from([0, 1, 2**32, 2**32 + 1, 2**63 + 1])),
        )
    )
    for _ in range(data.draw(st.integers(0, 2))):
        content[data.draw(st.integers(len(content) - 60, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "net.onnx"
    path.write_bytes(bytes(content))
    try:
        weights.check_onnx(path)
    except ModelRefused:
        return
    try:
        made = hostile.onnx().load_model_from_string(bytes(content))
    except Exception:
        return  # protobuf does not take it either
    tensors = list(made.graph.initializer)
    assert not any(tensor.data_location or tensor.external_data for tensor in tensors)


def test_nan_is_within_no_tolerance(place: Path) -> None:
    write(place, hostile.centred())
    card = cards.load_model("tiny")
    found = settled(Recogniser(card, place / "models" / "tiny.onnx"), made_up(card.preprocess, 4))
    assert found.recogniser.single
    assert "templates depend on the rest of a batch (a batch of 3: a template here, none there)" in found.note


@pytest.mark.parametrize(
    ("folder", "name", "note", "why"),
    [
        ("02-gate-nan-batch", "bn_train", "templates depend on the rest of a batch", "zero"),
        ("18-inner-batch-1", "dyn_reshape1", "a batch of 3 fails", ""),
    ],
)
def test_the_shared_cases_are_given_one_picture_at_a_time(
    shared: Path, folder: str, name: str, note: str, why: str
) -> None:
    """The right answers in their README: the first has no template then and is refused, the second has."""
    case = shared / "cases" / folder
    if not case.is_dir():
        pytest.skip("no shared cases here")
    card = cards.load_model(str(case / f"{name}.toml"))
    found = settled(Recogniser(card, case / f"{name}.onnx"), made_up(card.preprocess, 4))
    assert found.recogniser.single and note in found.note
    assert unusable(found.recogniser.outputs(made_up(card.preprocess, 4))) == (f"4 of 4 {why}" if why else "")


@pytest.mark.parametrize("name", ["ir99", "opset99"])
def test_the_shared_nets_of_the_future_are_refused_with_the_reason(shared: Path, name: str) -> None:
    file = shared / "cases" / "11-reason-cut" / f"{name}.onnx"
    if not file.is_file():
        pytest.skip("no shared cases here")
    with pytest.raises(
        ModelRefused, match=r"(max supported IR version: \d+|till opset \d+)\.?; a newer onnxruntime may"
    ):
        backend.open_net(file)


def archive_source(case: hostile.Case, data: bytes) -> cards.Source:
    content = {
        "package": "weights",
        "version": "1.0",
        "kind": "wheel" if case.name.startswith("zip") else "sdist",
        "sha256": store.sha256_bytes(data),
        "members": {hostile.MEMBER: "1" * 64},
        "converter": "dlib",
    }
    return cards.Source.model_validate(content)


@pytest.mark.parametrize("case", hostile.ARCHIVES, ids=[case.name for case in hostile.ARCHIVES])
def test_a_broken_archive_is_one_line(tmp_path: Path, case: hostile.Case) -> None:
    path, data = tmp_path / "archive", case.make()
    path.write_bytes(data)
    with pytest.raises(ModelMissing) as caught:
        fetch_members(archive_source(case, data), path)
    assert case.says in str(caught.value) and "\n" not in str(caught.value)


def test_a_huge_archive_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "archive"
    with path.open("wb") as file:
        file.truncate(20 * 1024**3)  # sparse
    monkeypatch.setattr(store, "sha256_file", lambda _: pytest.fail("hashed"))
    with pytest.raises(ModelMissing, match="at most 2147483648 bytes, found 21474836480"):
        fetch_members(archive_source(hostile.ARCHIVES[0], b""), path)
