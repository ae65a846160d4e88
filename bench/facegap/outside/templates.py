"""Templates that a laboratory gives: vectors of samples, from a file."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facegap.cards.outside import TemplatesCard
from facegap.errors import InputError, MissingError
from facegap.outside.ids import Ids
from facegap.records import Floats, Mask, Rows, Strings, Templates
from facegap.words import some

LARGEST = 64 * 2**30
"""Bytes of a file of templates, unpacked: 30 million templates of 512 numbers."""

OFF_UNIT = 2e-3
"""How far the length of a vector that is said to be normalised may lie from 1: half precision is off by 1e-3."""

LEAST_LENGTH = 1e-6
"""A shorter vector has no direction that can be trusted in single precision."""

ALIKE = 1e-6
"""Vectors that differ by less than so much of the largest number among them are one template."""

Array = np.ndarray[Any, Any]


def read_templates(path: Path, card: TemplatesCard, ids: Ids, condition: str) -> Templates:
    """The templates in `path` of the samples that `ids` name; a sample without a row is a failure.

    A `.npz` holds arrays `sample` (m,) of ids and `vector` (m, dim) of numbers; a `.parquet` columns of these names.

    Raises:
        InputError: it cannot be read as such, or a vector breaks a rule; the first ones are named.
        MissingError: Parquet without pyarrow.
    """
    names, vectors = _content(path)
    _check_shape(path, card, names, vectors)
    rows = _rows(path, names, ids)
    _check_finite(path, names, vectors)
    with np.errstate(over="ignore"):
        found = vectors.astype(np.float32)
    _check_finite(path, names, found)  # a large float64 is none in single precision
    lengths = np.linalg.norm(found.astype(np.float64), axis=1)
    _check_lengths(path, card, names, lengths)
    _check_different(path, found)
    if card.similarity == "cosine" and not card.normalised:
        found = (found.astype(np.float64) / lengths[:, None]).astype(np.float32)
    order = np.argsort(rows)
    return Templates(
        rows=rows[order],
        vectors=np.ascontiguousarray(found[order]),
        model=card.name,
        condition=condition,
        similarity=card.similarity,
    )


def _content(path: Path) -> tuple[Strings, Array]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected templates, a .npz or a .parquet file")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        arrays = _npz(path)
    elif suffix == ".parquet":
        arrays = _parquet(path)
    else:
        raise InputError(f"{path}: templates come as .npz or .parquet, found '{path.suffix}'")
    names = arrays["sample"]
    if names.dtype.kind in "iu":
        raise InputError(f"{path}: sample: expected ids as texts, found numbers: 0001 and 1 would be one id")
    if names.dtype.kind == "S":
        names = np.char.decode(names, "utf-8")
    if names.dtype.kind != "U":
        raise InputError(f"{path}: sample: expected ids as texts, found {names.dtype}")
    return names, arrays["vector"]


def _npz(path: Path) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > LARGEST:
            raise ValueError(f"{size:,} bytes unpacked, expected at most {LARGEST:,}")
        with np.load(path, allow_pickle=False) as archive:
            _require(path, archive.files)
            return {name: archive[name] for name in ("sample", "vector")}
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises many kinds (zipfile, zlib, ValueError, EOFError)
        said = " ".join(str(error).split())[:200]
        hint = "; an array of objects is never unpickled, write texts and numbers" if "pickle" in said else ""
        raise InputError(f"{path}: cannot be read as arrays: {said}{hint}") from None


def _parquet(path: Path) -> dict[str, Array]:
    try:
        from pyarrow import parquet  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise MissingError(f"{path}: Parquet needs pyarrow: pip install 'facegap[parquet]'; or give a .npz") from None
    try:
        with parquet.ParquetFile(path) as file:
            _require(path, file.schema_arrow.names)
            table = file.read(columns=["sample", "vector"])
        vectors = [np.asarray(one) for one in table.column("vector").to_pylist()]
        names = np.array(table.column("sample").to_pylist())
    except InputError:
        raise
    except Exception as error:  # pyarrow raises kinds of its own
        raise InputError(f"{path}: cannot be read as Parquet: {' '.join(str(error).split())[:200]}") from None
    if len({vector.shape for vector in vectors}) > 1:
        raise InputError(f"{path}: vector: rows of different lengths")
    return {"sample": names, "vector": np.array(vectors)}


def _require(path: Path, there: Sequence[str]) -> None:
    for name in ("sample", "vector"):
        if name not in there:
            raise InputError(f"{path}: expected 'sample' (ids) and 'vector' (numbers), found: {some(list(there))}")


def _check_shape(path: Path, card: TemplatesCard, names: Strings, vectors: Array) -> None:
    if vectors.dtype.kind not in "fiu":
        raise InputError(f"{path}: vector: expected numbers, found {vectors.dtype}")
    if names.ndim != 1 or vectors.ndim != 2 or len(names) != len(vectors):
        raise InputError(
            f"{path}: expected sample (m,) and vector (m, {card.dim}), found {names.shape} and {vectors.shape}"
        )
    if not len(names):
        raise InputError(f"{path}: holds no template")
    if vectors.shape[1] != card.dim:
        raise InputError(
            f"{path}: vector: expected {card.dim} numbers, as card '{card.name}' says, found {vectors.shape[1]}"
        )


def _rows(path: Path, names: Strings, ids: Ids) -> Rows:
    """(m,) rows of samples; every id known, none twice."""
    listed = names.tolist()
    rows = ids.find(listed)
    strange = [name for name, row in zip(listed, rows.tolist(), strict=True) if row < 0]
    if strange:
        raise InputError(
            f"{path}: sample: {len(strange)} of {len(listed)} ids are none of this study's samples: "
            f"{_quoted(strange)}{ids.near.hint(strange[0])}; give those of the data set, or those of "
            "the protocol that was exported"
        )
    found, counts = np.unique(rows, return_counts=True)
    again = set(found[counts > 1].tolist())
    if again:
        twice = [name for name, row in zip(listed, rows.tolist(), strict=True) if row in again]
        raise InputError(f"{path}: sample: {len(again)} samples have more than one template: {_quoted(twice)}")
    return rows


def _check_finite(path: Path, names: Strings, vectors: Array) -> None:
    odd = ~np.isfinite(vectors).all(axis=1)
    _refuse(
        path, names, np.asarray(odd), "a number is not finite in single precision; a failure is a row that is not there"
    )


def _check_lengths(path: Path, card: TemplatesCard, names: Strings, lengths: Array) -> None:
    if card.normalised:
        off = np.abs(lengths - 1) > OFF_UNIT
        worst = lengths[off][:1]
        said = f"; card '{card.name}' says normalised = true, found a length of {worst[0]:.6g}" if off.any() else ""
        _refuse(path, names, off, f"not of length 1{said}")
    elif card.similarity == "cosine":
        _refuse(path, names, lengths < LEAST_LENGTH, "a vector of length 0 has no direction; leave a failure's row out")


def _refuse(path: Path, names: Strings, wrong: Mask, why: str) -> None:
    if wrong.any():
        raise InputError(f"{path}: vector of {_quoted(names[wrong].tolist())} ({int(wrong.sum())} in all): {why}")


def _check_different(path: Path, vectors: Floats) -> None:
    if len(vectors) < 2:
        return
    if float(np.abs(vectors - vectors[0]).max()) <= ALIKE * float(np.abs(vectors).max()):
        raise InputError(f"{path}: vector: every sample has the same template")


def _quoted(names: Sequence[str]) -> str:
    return some([f"'{name}'" for name in names])
