"""Reads a list of numpy arrays from a joblib file compressed with LZ4, without joblib and without trusting a pickle.

Such a file is one pickle in which every array's data follow the array's description. Only the three names that
describe an array resolve here, to plain stand-ins; any other name in the pickle ends the reading. pickle reads no
further than it has to in a file that it cannot peek into, so that the data are still there once the description has
its state.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from facegap.errors import MissingError, ModelRefused

Array = npt.NDArray[np.float32]

_MAX_BYTES = 64 * 1024 * 1024


class _Described:
    """Stands for joblib's NumpyArrayWrapper, the description of an array, and takes the data that follow in `file`."""

    file: ClassVar[io.BytesIO]
    array: Array | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state["dtype"] != np.dtype("<f4") or state["order"] != "C":
            raise ModelRefused(f"a weight file may hold float32 arrays in C order only, found {state['dtype']}")
        if state.get("numpy_array_alignment_bytes") is not None:
            self.file.read(self.file.read(1)[0])
        data = self.file.read(4 * math.prod(state["shape"]))
        self.array = np.frombuffer(data, dtype="<f4").reshape(state["shape"]).astype(np.float32)


class _Unpickler(pickle.Unpickler):
    """Restricted to described arrays."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._known: dict[tuple[str, str], type] = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): type("_DescribedHere", (_Described,), {"file": file}),
            # Named as the class of the array and never called.
            ("numpy", "ndarray"): object,
            ("numpy", "dtype"): np.dtype,
        }

    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in self._known:
            raise ModelRefused(f"a weight file may hold float arrays only, found {module}.{name}")
        return self._known[module, name]


def read_arrays(data: bytes) -> list[Array]:
    """The float32 arrays in `data`, each of its own shape, (...,).

    Raises:
        MissingError: the package lz4 is not installed.
        ModelRefused: `data` is anything else than a list of float32 arrays.
    """
    try:
        return _read(_decompress(data))
    except (ModelRefused, MissingError):
        raise
    except Exception as error:
        raise ModelRefused(f"not a joblib file of arrays: {type(error).__name__}: {error}") from None


def _read(data: bytes) -> list[Array]:
    found = _Unpickler(io.BytesIO(data)).load()
    arrays = (
        [one.array if isinstance(one, _Described) else None for one in found] if isinstance(found, list) else [None]
    )
    if any(array is None for array in arrays):
        raise ModelRefused("not a joblib file of arrays: expected a list of arrays")
    return [array for array in arrays if array is not None]


def _decompress(data: bytes) -> bytes:
    try:
        import lz4.frame
    except ImportError:
        raise MissingError("converting MTCNN's weights needs 'lz4': pip install 'facegap[quickstart]'") from None
    out = bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=_MAX_BYTES))
    if len(out) == _MAX_BYTES:
        raise ModelRefused(f"a weight file may unpack to {_MAX_BYTES} bytes at most")
    return out
