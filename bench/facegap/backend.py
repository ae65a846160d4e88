"""The only import of onnxruntime: open a net on the provider that was asked for, or say what to install.

onnxruntime falls back to the CPU silently when a provider cannot start. Here the provider that was asked for is the
provider that runs, or the run stops.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Releases of onnxruntime may report to their maker as soon as they are imported: nothing here speaks to a network.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime

from facegap.errors import BackendMissing, ModelRefused

onnxruntime.disable_telemetry_events()

Array = np.ndarray[Any, Any]


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
    """A named input or output: `shape` holds ints, and names for dimensions that vary."""

    name: str
    shape: tuple[int | str | None, ...]
    dtype: str


class Net:
    """An ONNX net on one provider; `run` may be called from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, provider: str) -> None:
        self._session = session
        self.provider = provider
        self.inputs = tuple(Port(port.name, tuple(port.shape), port.type) for port in session.get_inputs())
        self.outputs = tuple(Port(port.name, tuple(port.shape), port.type) for port in session.get_outputs())

    def run(self, feeds: dict[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        """Outputs (all, or the named ones, in order) for `feeds` (input name -> array).

        Their shapes and dtypes are those of the ports, such as (n, 3, h, w) float32.
        """
        return list(self._session.run(list(outputs) if outputs is not None else None, feeds))


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


def open_net(file: Path, provider: str = "cpu", threads: int = 1) -> Net:
    """The net in `file` on `provider`, with `threads` threads inside an operator.

    Raises:
        BackendMissing: the provider is not in this onnxruntime, or did not start; the message says what to install.
        ModelRefused: the file is not an ONNX net that onnxruntime takes.
    """
    wanted = require(provider)
    try:
        session = _session(file, wanted.execution_provider, threads)
    except ModelRefused as error:
        if provider != "cpu":
            # Whose fault is it? A file that is no net is refused on the CPU too.
            _session(file, PROVIDERS["cpu"].execution_provider, threads)
            raise BackendMissing(f"backend '{provider}': did not start: {error}; needs {wanted.install}") from None
        raise
    actual = session.get_providers()[0]
    if actual != wanted.execution_provider:
        raise BackendMissing(
            f"backend '{provider}': asked for {wanted.execution_provider}, onnxruntime gave {actual}; "
            f"needs {wanted.install}"
        )
    return Net(session, actual)


def _session(file: Path, execution_provider: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A spinning thread pool would starve the decoding threads beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=[execution_provider])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        line = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise ModelRefused(f"{file}: onnxruntime does not take this file: {line}") from None
