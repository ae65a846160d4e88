"""The only import of onnxruntime: open a net on the provider that was asked for, or say what to install.

onnxruntime falls back to the CPU silently when a provider cannot start. Here the provider that was asked for is the
provider that runs, or the run stops. A net is opened from the bytes that were hashed, never by its path, so that no
file beside it is read; and Ctrl-C or a time limit ends it, whatever it computes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

# Releases of onnxruntime may report to their maker as soon as they are imported: nothing here speaks to a network.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime

from facegap.errors import BackendMissing, ModelRefused
from facegap.words import one_line

onnxruntime.disable_telemetry_events()

Array = np.ndarray[Any, Any]
T = TypeVar("T")

MAX_BYTES = 2 * 1024**3 - 1
"""Protobuf's own limit for one message, and so for a net in one file."""

_TICK = 0.2
"""Seconds between looks at the clock, while a net runs."""

_GRACE = 1.0
"""Seconds that a net is waited for once it was told to stop."""

_QUIET = 4
"""Of onnxruntime's log: fatal errors alone. What it would print is in the error that it raises."""

_NO_FOLDER = "/nonexistent/facegap-reads-no-side-files"


@dataclass(frozen=True)
class Provider:
    """How a backend's name maps to onnxruntime's execution provider, and how to get it."""

    execution_provider: str
    install: str


PROVIDERS = {
    "cpu": Provider("CPUExecutionProvider", "pip install onnxruntime"),
    "cuda": Provider(
        "CUDAExecutionProvider", "an NVIDIA GPU with driver, pip uninstall onnxruntime, pip install onnxruntime-gpu"
    ),
    "tensorrt": Provider(
        "TensorrtExecutionProvider",
        "an NVIDIA GPU with driver and TensorRT, pip uninstall onnxruntime, pip install onnxruntime-gpu",
    ),
    "openvino": Provider("OpenVINOExecutionProvider", "pip uninstall onnxruntime, pip install onnxruntime-openvino"),
    "coreml": Provider("CoreMLExecutionProvider", "macOS with pip install onnxruntime"),
    "directml": Provider(
        "DmlExecutionProvider", "Windows with pip uninstall onnxruntime, pip install onnxruntime-directml"
    ),
}
"""Every backend that a study can name. onnxruntime and its variants overwrite each other: install exactly one."""


@dataclass(frozen=True)
class Port:
    """A named input or output: `shape` holds ints, and names for dimensions that vary; none where it is no tensor."""

    name: str
    shape: tuple[int | str | None, ...]
    dtype: str


class NetTimeout(Exception):
    """A net was told to stop because its time was over."""


class Net:
    """An ONNX net on one provider; `run` may be called from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, provider: str, file: Path) -> None:
        self._session = session
        self.provider = provider
        self.file = file
        self.inputs = tuple(_port(port) for port in session.get_inputs())
        self.outputs = tuple(_port(port) for port in session.get_outputs())

    def run(
        self, feeds: dict[str, Array], outputs: Sequence[str] | None = None, limit: float | None = None
    ) -> list[Array]:
        """Outputs (all, or the named ones, in order) for `feeds` (input name -> array).

        Their shapes and dtypes are those of the ports, such as (n, 3, h, w) float32. Ctrl-C ends it within moments
        where it is called in the main thread; `interrupt` does wherever it runs.

        Raises:
            NetTimeout: it did not end within `limit` seconds.
            ModelRefused: it fails on the input.
        """
        options = onnxruntime.RunOptions()
        options.log_severity_level = _QUIET
        names = list(outputs) if outputs is not None else None

        def stop() -> None:
            options.terminate = True

        try:
            return list(_attended(lambda: self._session.run(names, feeds, options), stop, limit))
        except NetTimeout:
            raise
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelRefused(f"{self.file}: the net fails on its own input: {reason(error)}") from None


_stops: set[Callable[[], None]] = set()
_lock = threading.Lock()


@contextlib.contextmanager
def _running(stop: Callable[[], None]) -> Iterator[None]:
    with _lock:
        _stops.add(stop)
    try:
        yield
    finally:
        with _lock:
            _stops.discard(stop)


def interrupt() -> None:
    """Tell every net that is running now, in whatever thread, to stop: its `run` then raises."""
    with _lock:
        for stop in _stops:
            stop()


def left_running() -> bool:
    """Whether a net computes now: one operation that takes forever cannot be ended from within."""
    with _lock:
        return bool(_stops)


def _attended(work: Callable[[], T], stop: Callable[[], None], limit: float | None) -> T:
    """`work()`, beside a main thread that watches for Ctrl-C and the clock; without either, `work()` itself."""
    if limit is None and threading.current_thread() is not threading.main_thread():
        with _running(stop):
            return work()
    result: Future[T] = Future()
    done = threading.Event()

    def inside() -> None:
        try:
            with _running(stop):
                result.set_result(work())
        except BaseException as error:  # handed on to the thread that waits
            result.set_exception(error)
        done.set()

    thread = threading.Thread(target=inside, daemon=True)
    thread.start()
    end = time.monotonic() + limit if limit is not None else float("inf")
    try:
        while not done.wait(min(_TICK, max(end - time.monotonic(), 0))):
            if time.monotonic() >= end:
                raise NetTimeout
    except BaseException:
        stop()
        thread.join(_GRACE)
        raise
    return result.result()


def _port(port: Any) -> Port:
    shape = tuple(port.shape) if port.type.startswith("tensor(") else ()
    return Port(port.name, shape, port.type)


def available() -> dict[str, bool]:
    """Backend name -> whether this onnxruntime was built with it (whether it starts is seen on opening a net)."""
    built = set(onnxruntime.get_available_providers())
    return {name: provider.execution_provider in built for name, provider in PROVIDERS.items()}


def version() -> str:
    """onnxruntime's version."""
    return str(onnxruntime.__version__)


def require(provider: str) -> Provider:
    """The provider of that backend name, where this onnxruntime has it; a run asks before it computes anything.

    Raises:
        BackendMissing: it has not; the message says what to install.
    """
    wanted = PROVIDERS[provider]
    if wanted.execution_provider not in onnxruntime.get_available_providers():
        here = ", ".join(name for name, there in available().items() if there)
        raise BackendMissing(
            f"backend '{provider}': not in this onnxruntime {version()} (it has: {here}); needs {wanted.install}"
        )
    return wanted


def open_net(
    file: Path, provider: str = "cpu", threads: int = 1, sha256: str | None = None, limit: float | None = None
) -> Net:
    """The net in `file` on `provider`, with `threads` threads inside an operator.

    Args:
        file: an ONNX file that holds all of its weights.
        provider, threads: as above.
        sha256: what the bytes that are opened must have; None where nobody pinned them.
        limit: seconds that onnxruntime may take for it.

    Raises:
        BackendMissing: the provider is not in this onnxruntime, or did not start; the message says what to install.
        ModelRefused: the file is not an ONNX net that onnxruntime takes, or not the one that was pinned.
    """
    wanted = require(provider)
    data = _content(file, sha256)
    try:
        session = _session(file, data, wanted.execution_provider, threads, limit)
    except ModelRefused as error:
        if provider != "cpu":
            # Whose fault is it? A file that is no net is refused on the CPU too.
            _session(file, data, PROVIDERS["cpu"].execution_provider, threads, limit)
            raise BackendMissing(f"backend '{provider}': did not start: {error}; needs {wanted.install}") from None
        raise
    actual = session.get_providers()[0]
    if actual != wanted.execution_provider:
        raise BackendMissing(
            f"backend '{provider}': asked for {wanted.execution_provider}, onnxruntime gave {actual}; "
            f"needs {wanted.install}"
        )
    try:
        return Net(session, actual, file)
    except UnicodeDecodeError:
        raise ModelRefused(f"{file}: the names of its inputs and outputs are not UTF-8 text; export it again") from None


def _content(file: Path, sha256: str | None) -> bytes:
    """The file's bytes, as pinned.

    What was checked when it was found may have been exchanged since, so that what is opened is hashed itself.
    """
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise ModelRefused(f"{file}: expected an ONNX model of at most {MAX_BYTES} bytes, found {size}")
        data = file.read_bytes()
    except OSError as error:
        raise ModelRefused(f"{file}: cannot be read: {error.strerror}") from None
    if sha256 is not None and (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise ModelRefused(f"{file}: expected sha256 {sha256}, found {found}; not the file of this card")
    return data


def _session(
    file: Path, data: bytes, execution_provider: str, threads: int, limit: float | None
) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    # A spinning thread pool would starve the decoding threads beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Bytes have no folder, but older versions would look for side files in the working directory.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", _NO_FOLDER)
    # Not what the first bytes look like: the check of the file read it as ONNX.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return _attended(
            lambda: onnxruntime.InferenceSession(data, options, providers=[execution_provider]), lambda: None, limit
        )
    except NetTimeout:
        raise ModelRefused(f"{file}: onnxruntime did not open this file within {limit:g} s") from None
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise ModelRefused(f"{file}: onnxruntime does not take this file: {reason(error)}") from None


_ADVICE = {
    r"unsupported model IR version": "a newer onnxruntime may take it, or export the net with a lower IR version",
    r"opset \d+ is under development|until opset|unsupported opset|opset version": (
        "a newer onnxruntime may take it, or export the net with a lower opset"
    ),
    r"is not a registered function/op|No Op registered|Could not find an implementation|not a registered": (
        "export the net with standard ONNX operators only"
    ),
}
"""What an error of onnxruntime says -> what to do about it."""


_PLACE = re.compile(r"\S+\.(?:cc|h):\d+ (?:[\w ]+[*&]? )?\S*onnxruntime::[^(]*\((?:[^()]|\([^()]*\))*\)\s*")
"""Where in onnxruntime's own source an error arose."""


def reason(error: BaseException) -> str:
    """What an error of onnxruntime says, whole and on one line, and what to do where that is known."""
    said = one_line(str(error)) or type(error).__name__
    said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", said)
    said = re.sub(r"^Load model from .*? failed:", "", said)
    said = _PLACE.sub("", said).strip()
    advice = [line for pattern, line in _ADVICE.items() if re.search(pattern, said, flags=re.IGNORECASE)]
    return "; ".join([said, *(f"{line} (here: onnxruntime {version()})" for line in advice[:1])])
