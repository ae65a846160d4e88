"""Reads a list of numpy arrays from a joblib file compressed with LZ4, without joblib and without trusting a pickle.

Such a file is one pickle in which every array's data follow the array's description. Only the three names that
describe an array resolve here, to plain stand-ins; any other name in the pickle ends the reading.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from facegap.errors import MissingError, ModelRefused

Array = npt.NDArray[np.float32]

_MAX_BYTES = 64 * 1024 * 1024


class _Described:
    """Stands for joblib's NumpyArrayWrapper: the description of an array."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.order = ""
        self.dtype: Any = None
        self.numpy_array_alignment_bytes: int | None = None


class _Unpickler(pickle._Unpickler):
    """Python's own reader of pickles, restricted to described arrays, each replaced by its data."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._file = file

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): _Described,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }
        if (module, name) not in known:
            raise ModelRefused(f"a weight file may hold float arrays only, found {module}.{name}")
        return known[module, name]

    def load_build(self) -> None:
        super().load_build()  # type: ignore[misc]
        stack: list[Any] = self.stack  # type: ignore[attr-defined]
        if isinstance(stack[-1], _Described):
            stack[-1] = self._data_of(stack[-1])

    dispatch[pickle.BUILD[0]] = load_build

    def _data_of(self, described: _Described) -> Array:
        if described.dtype != np.dtype("<f4") or described.order != "C":
            raise ModelRefused(f"a weight file may hold float32 arrays in C order only, found {described.dtype}")
        if described.numpy_array_alignment_bytes is not None:
            self._file.read(self._file.read(1)[0])
        size = 4 * int(np.prod(described.shape))
        return np.frombuffer(self._file.read(size), dtype="<f4").reshape(described.shape).astype(np.float32)


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
    arrays = _Unpickler(io.BytesIO(data)).load()
    if not isinstance(arrays, list) or not all(isinstance(array, np.ndarray) for array in arrays):
        raise ModelRefused("not a joblib file of arrays: expected a list of arrays")
    return arrays


def _decompress(data: bytes) -> bytes:
    try:
        import lz4.frame
    except ImportError:
        raise MissingError("converting MTCNN's weights needs 'lz4': pip install 'facegap[quickstart]'") from None
    out = bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=_MAX_BYTES))
    if len(out) == _MAX_BYTES:
        raise ModelRefused(f"a weight file may unpack to {_MAX_BYTES} bytes at most")
    return out
