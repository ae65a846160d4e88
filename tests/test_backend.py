"""The provider that was asked for is the one that runs; and how far providers, threads and batches may differ."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import hostile
import tiny
from facegap import backend
from facegap.errors import BackendMissing, ModelRefused
from facegap.store import sha256_file

TOLERANCE = 1e-5
"""Largest difference, relative to the largest output, between threads or batches on one provider: float32 sums in
another order."""

GPU_TOLERANCE = 2e-3
"""The same between CPU and GPU, whose convolutions may be computed with 10-bit mantissas (TF32)."""


def far(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference relative to the largest output."""
    return float(np.abs(a - b).max() / np.abs(a).max())


def test_every_backend_says_what_to_install(tmp_path: Path) -> None:
    missing = [name for name, there in backend.available().items() if not there]
    assert missing, "no onnxruntime has every provider"
    for name in missing:
        with pytest.raises(BackendMissing, match=f"backend '{name}': not in this onnxruntime .* needs .*") as caught:
            backend.open_net(tmp_path / "any.onnx", name)
        assert backend.PROVIDERS[name].install in str(caught.value) and caught.value.exit_code == 3
    assert backend.available()["cpu"] and backend.version() == onnxruntime.__version__


@pytest.mark.parametrize("content", [b"", b"this is no net", bytes(1000)])
def test_a_file_that_is_no_net_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelRefused, match=r"net\.onnx: onnxruntime does not take this file") as caught:
        backend.open_net(file)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"net\.onnx: cannot be read: No such file or directory"):
        backend.open_net(tmp_path / "net.onnx")


def test_a_silent_fall_back_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tiny.make_net(tmp_path / "net.onnx")
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    taken = []

    def session(path: str, options: object, providers: list[str]) -> onnxruntime.InferenceSession:
        taken.append(providers)
        return real(path, options, providers=["CPUExecutionProvider"])

    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    expected = "backend 'cuda': asked for CUDAExecutionProvider, onnxruntime gave CPUExecutionProvider; needs an NVIDIA"
    with pytest.raises(BackendMissing, match=expected):
        backend.open_net(file, "cuda")
    assert taken == [["CUDAExecutionProvider"]]


def test_a_provider_that_does_not_start_is_missing_and_not_a_bad_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])

    def session(path: str, options: object, providers: list[str]) -> onnxruntime.InferenceSession:
        if providers != ["CPUExecutionProvider"]:
            raise RuntimeError("CUDA failure 35: CUDA driver version is insufficient\nstack")
        return real(path, options, providers=providers)

    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    with pytest.raises(BackendMissing, match=r"backend 'cuda': did not start: .*CUDA failure 35.*; needs an NVIDIA"):
        backend.open_net(tiny.make_net(tmp_path / "net.onnx"), "cuda")
    (tmp_path / "bad.onnx").write_bytes(b"no net")
    with pytest.raises(ModelRefused, match=r"bad\.onnx: onnxruntime does not take this file"):
        backend.open_net(tmp_path / "bad.onnx", "cuda")


def test_ports_say_names_shapes_and_types(tmp_path: Path) -> None:
    net = backend.open_net(tiny.make_net(tmp_path / "net.onnx", batch=4, outputs=2))
    assert net.inputs == (backend.Port("x", (4, 3, 32, 32), "tensor(float)"),)
    assert [port.name for port in net.outputs] == ["y", "y1"]
    x = np.ones((4, 3, 32, 32), dtype=np.float32)
    both, (second,) = net.run({"x": x}), net.run({"x": x}, ["y1"])
    np.testing.assert_array_equal(both[0], -both[1])
    np.testing.assert_array_equal(both[1], second)


def test_the_exact_net_does_not_depend_on_threads_or_batch(tmp_path: Path) -> None:
    file = tiny.make_net(tmp_path / "net.onnx")
    x = np.random.default_rng(0).integers(-128, 128, (32, 3, 32, 32)).astype(np.float32)
    one, two = backend.open_net(file), backend.open_net(file, threads=2)
    (whole,) = one.run({"x": x})
    np.testing.assert_array_equal(whole, two.run({"x": x})[0])
    np.testing.assert_array_equal(whole, np.concatenate([one.run({"x": x[k : k + 1]})[0] for k in range(32)]))
    sums = x.reshape(32, 3, 8, 4, 8, 4).sum(axis=(3, 5)).reshape(32, -1)
    np.testing.assert_array_equal(whole, sums.astype(np.int64) @ tiny.projection().astype(np.int64))


@pytest.fixture(params=["mobilefacenet.onnx", "mobileface.onnx"])
def real_net(shared: Path, request: pytest.FixtureRequest) -> Path:
    return shared / "models" / request.param


def some_input(net: backend.Net, n: int) -> dict[str, np.ndarray]:
    port = net.inputs[0]
    shape = [side if isinstance(side, int) else n for side in port.shape]
    x = np.random.default_rng(1).uniform(-1, 1, (n, *shape[1:]))
    return {port.name: x.astype(np.float32)}


def in_batches(net: backend.Net, feeds: dict[str, np.ndarray], size: int) -> np.ndarray:
    ((name, x),) = feeds.items()
    return np.concatenate([net.run({name: x[k : k + size]})[0] for k in range(0, len(x), size)])


def test_threads_and_batches_agree_on_real_nets(real_net: Path) -> None:
    one, two = backend.open_net(real_net), backend.open_net(real_net, threads=2)
    first = one.inputs[0].shape[0]
    size = first if isinstance(first, int) else 32
    feeds = some_input(one, 32)
    whole = in_batches(one, feeds, size)
    assert np.isfinite(whole).all()
    assert far(whole, in_batches(two, feeds, size)) < TOLERANCE
    if size > 1:
        assert far(whole, in_batches(one, feeds, 1)) < TOLERANCE


def test_the_gpu_agrees_with_the_cpu_on_real_nets(real_net: Path) -> None:
    try:
        gpu = backend.open_net(real_net, "cuda")
    except BackendMissing as missing:
        pytest.skip(f"no GPU here: {missing}")
    cpu = backend.open_net(real_net)
    first = cpu.inputs[0].shape[0]
    size = first if isinstance(first, int) else 32
    feeds = some_input(cpu, 32)
    assert gpu.provider == "CUDAExecutionProvider"
    assert far(in_batches(cpu, feeds, size), in_batches(gpu, feeds, size)) < GPU_TOLERANCE


@pytest.fixture
def endless(tmp_path: Path) -> backend.Net:
    """A net that never ends."""
    (tmp_path / "endless.onnx").write_bytes(hostile.endless())
    return backend.open_net(tmp_path / "endless.onnx")


PICTURE = {"x": np.ones((1, 3, 32, 32), dtype=np.float32)}


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """A shell that starts the tests in its background lets them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_ends_a_net_that_runs(endless: backend.Net) -> None:
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    start = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        endless.run(PICTURE)
    assert time.monotonic() - start < 10
    assert not backend.left_running()


def test_a_limit_ends_a_net_that_runs(endless: backend.Net) -> None:
    with pytest.raises(backend.NetTimeout):
        endless.run(PICTURE, limit=0.3)
    assert not backend.left_running()


def test_nets_in_other_threads_are_interrupted(endless: backend.Net) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(endless.run, PICTURE) for _ in range(2)]
        while not all(one.running() for one in found) or not backend.left_running():
            time.sleep(0.01)
        while not all(one.done() for one in found):
            backend.interrupt()
            time.sleep(0.05)
    assert all("terminate flag" in str(one.exception()) for one in found)
    assert not backend.left_running()


def test_a_thread_of_its_own_changes_no_output(tmp_path: Path) -> None:
    net = backend.open_net(tiny.make_net(tmp_path / "net.onnx"))
    with ThreadPoolExecutor(1) as pool:
        (elsewhere,) = pool.submit(net.run, PICTURE).result()
    np.testing.assert_array_equal(net.run(PICTURE)[0], elsewhere)
    np.testing.assert_array_equal(net.run(PICTURE, limit=60)[0], elsewhere)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (
            {"ir": 99},
            ("Unsupported model IR version: 99, max supported IR version: ", "a lower IR version (here: "),
        ),
        ({"opset": 99}, ("Opset 99 is under development", "Current official support for domain ai.onnx is till opset")),
    ],
)
def test_a_newer_net_is_refused_with_the_whole_reason(
    tmp_path: Path, change: dict[str, int], parts: tuple[str, ...]
) -> None:
    """As shared/cases/11-reason-cut has it: its nets are of an IR and of operators 99."""
    (tmp_path / "net.onnx").write_bytes(hostile.same(**change))
    with pytest.raises(ModelRefused) as caught:
        backend.open_net(tmp_path / "net.onnx")
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value) and "onnxruntime_src" not in str(caught.value)


def test_what_is_opened_is_what_was_pinned(tmp_path: Path) -> None:
    file = tiny.make_net(tmp_path / "net.onnx")
    assert backend.open_net(file, sha256=sha256_file(file)).outputs
    with pytest.raises(ModelRefused, match=f"expected sha256 {'0' * 64}, found {sha256_file(file)}"):
        backend.open_net(file, sha256="0" * 64)


def test_onnxruntime_reports_to_nobody() -> None:
    """Before it is imported, since it may speak at once, and afterwards by its own switch."""
    code = (
        "import os, sys, types\n"
        "class Fake(types.ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        said.append((name, os.environ.get('ORT_DISABLE_TELEMETRY')))\n"
        "        return lambda *_, **__: None\n"
        "said = []\n"
        "sys.modules['onnxruntime'] = Fake('onnxruntime')\n"
        "import facegap.backend\n"
        "assert ('disable_telemetry_events', '1') in said, said\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
