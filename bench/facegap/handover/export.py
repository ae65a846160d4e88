"""A run's tables and scores in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from facegap import store
from facegap.errors import InputError, MissingError, StoreError
from facegap.evidence import read_evidence
from facegap.handover.latex import rates_table
from facegap.handover.nist import NIST_HEADER, nist_lines
from facegap.records import Comparisons, Samples
from facegap.schema import ROWS, columns_of, dictionary
from facegap.store.tables import Tables

BANNERS = "NOTICE.txt"


def export(run: Path, form: str, out: Path | None = None) -> Path:
    """Write the finished `run` in one of `FORMS` into a new folder.

    Args:
        out: the folder; None: the run's name and the form, beside the run.

    Raises:
        StoreError: the run is no finished run, changed since it was sealed, or nothing can be written.
        InputError: no such form, or the folder is there already.
        MissingError: Parquet is asked for and pyarrow is not installed.
    """
    if form not in FORMS:
        raise InputError(f"--form: expected {', '.join(FORMS)}; found '{form}'")
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so it is not exported: {changed[0]}")
    tables = Tables(run)
    folder = out if out is not None else run.with_name(f"{tables.manifest.run_id}-{form}")
    if folder.exists():
        raise InputError(f"{folder}: there already, and never overwritten; --out names another folder")
    if folder.resolve().is_relative_to(run.resolve()):
        raise InputError(f"{folder}: lies in the finished run {run}, which is never written to; name another folder")
    for name, data in FORMS[form](tables):
        store.write_atomic(folder / name, data)
    store.write_atomic(folder / BANNERS, _banners(tables).encode())
    return folder


def _banners(tables: Tables) -> str:
    said = [f"run {tables.manifest.run_id}, digest {store.run_digest(tables.folder)}", *tables.manifest.banners]
    return "".join(f"{line}\n" for line in said)


def _csv(tables: Tables) -> Iterator[tuple[str, bytes]]:
    """Every table as the run has it, and what each column means."""
    for row in ROWS.values():
        path = store.table_path(tables.folder, row)
        if path.exists():
            yield path.name, path.read_bytes()
    yield "README.md", dictionary().encode()


def _parquet(tables: Tables) -> Iterator[tuple[str, bytes]]:
    """Every table with typed columns, blanks as nulls, what a column means as its metadata."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingError("Parquet needs pyarrow: pip install 'facegap[parquet]'; or export --form csv") from None
    kinds = {"text": arrow.string(), "whole number": arrow.int64(), "number": arrow.float64()}
    for row in ROWS.values():
        rows = tables[row]
        fields = [
            arrow.field(
                c.name, kinds[c.kind], nullable=c.blank, metadata={"meaning": c.says.meaning, "unit": c.says.unit}
            )
            for c in columns_of(row)
        ]
        columns = [arrow.array([getattr(one, f.name) for one in rows], f.type) for f in fields]
        buffer = arrow.BufferOutputStream()
        parquet.write_table(arrow.Table.from_arrays(columns, schema=arrow.schema(fields)), buffer)
        yield f"{row.table}.parquet", buffer.getvalue().to_pybytes()


def _latex(tables: Tables) -> Iterator[tuple[str, bytes]]:
    for model in dict.fromkeys(use["card"] for use in tables.manifest.study["models"]):
        yield f"rates-{_file(str(model))}.tex", rates_table(tables, str(model)).encode()


def _nist(tables: Tables) -> Iterator[tuple[str, bytes]]:
    lines = [NIST_HEADER, *nist_lines(tables)]
    text = store.cells_text([[_cell(value) for value in line] for line in lines])
    yield "demographics.csv", text.encode()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return store.guarded(value) if isinstance(value, str) else repr(value)


_BOB_SAYS = """\
Score files of four columns, as bob.measure reads them: claimed identity, real identity, label of the probe, score.
Identities and labels are the run's opaque ids. Every mated comparison is here; of the non-mated ones those at or above
the floor, since a run keeps no others: no rate at a threshold below the floor can be computed from these files. Failed
comparisons are not listed, as bob expects a score. Of each file:

"""


def _bob(tables: Tables) -> Iterator[tuple[str, bytes]]:
    evidence = read_evidence(tables.folder, tables.manifest)
    said = []
    for (model, condition), comparisons in evidence.comparisons.items():
        name = f"scores-{_file(model)}-{_file(condition)}.txt"
        lines, failed = _bob_lines(comparisons, evidence.samples)
        total = int(comparisons.histogram.sum())
        kept = len(comparisons.tail.score)
        said.append(
            f"{name}: floor {comparisons.floor!r}; {kept} of {total} scored non-mated comparisons; {failed} mated "
            "comparisons failed"
        )
        yield name, "".join(lines).encode()
    yield "README.txt", (_BOB_SAYS + "".join(f"{line}\n" for line in said)).encode()


def _bob_lines(comparisons: Comparisons, samples: Samples) -> tuple[list[str], int]:
    """Lines of one score file, and how many mated comparisons failed."""
    lines, failed = [], int(np.isnan(comparisons.mated.score).sum())
    for pairs in (comparisons.mated, comparisons.tail):
        known = ~np.isnan(pairs.score)
        claimed, real = (samples.subjects[side[known]] for side in (pairs.reference, pairs.probe))
        label = samples.ids[pairs.probe[known]]
        for a, b, name, score in zip(claimed, real, label, pairs.score[known].tolist(), strict=True):
            lines.append(f"{a} {b} {name} {score:.9g}\n")
    return lines, failed


def _file(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.+") else "-" for letter in name)


FORMS: Mapping[str, Callable[[Tables], Iterator[tuple[str, Any]]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "latex": _latex,
    "bob": _bob,
    "nist": _nist,
}
"""Form -> name and content of every file that it makes of a run."""
