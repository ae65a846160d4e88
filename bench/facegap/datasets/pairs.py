"""Lists of pairs that a data set brings with it, as rows of its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegap.cards import DatasetCard
from facegap.datasets.adapters.manifest import column_place, read_table
from facegap.datasets.files import card_file, existing_root, read_text
from facegap.errors import DatasetError
from facegap.records import Finding, Rows, Samples
from facegap.words import plural

_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, eq=False)
class Pairs:
    """A list of comparisons.

    Attributes:
        reference, probe: (k,) rows of the samples; a pair is mated where their subjects are the same.
        refused: reason -> how many pairs of the list cannot be used.
        findings: one line per reason.
    """

    reference: Rows
    probe: Rows
    refused: Mapping[str, int]
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.reference)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Pair:
    """A line of the list: two sample ids, what it says of them, or why it cannot be read."""

    line: int
    a: str
    b: str
    mated: bool | None
    fault: str = ""


def load_pairs(card: DatasetCard, root: Path, samples: Samples) -> Pairs:
    """The pairs that the card's `files.pairs` lists: LFW's own form for its adapter, else CSV by sample id.

    A CSV has the columns sample_a, sample_b and, where it wants to be checked, mated (1/0, true/false, yes/no).

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the card names no list, or the list cannot be read as a whole.
    """
    if "pairs" not in card.files:
        raise DatasetError(f"data set '{card.name}': it has no list of pairs; name it in the card: files.pairs")
    name = card_file(card, existing_root(card, root), "pairs")
    text = read_text(root / name)
    remarks: list[Finding] = []
    if card.adapter == "lfw":
        pairs = list(_lfw_pairs(root / name, text))
        remarks = _promised(root / name, name, text, len(pairs))
    else:
        pairs = list(_csv_pairs(card, root / name, text))
    return _settle(name, pairs, samples, remarks)


def _csv_pairs(card: DatasetCard, path: Path, text: str) -> Iterator[_Pair]:
    header, lines = read_table(path, text)
    a, b = (column_place(path, header, card.columns.get(column, column)) for column in ("sample_a", "sample_b"))
    own = card.columns.get("mated", "mated")
    mated = column_place(path, header, own) if own in header or "mated" in card.columns else None
    for line, fields in lines:
        if len(fields) != len(header):
            yield _Pair(
                line=line, a="", b="", mated=None, fault=f"{len(fields)} fields where the header has {len(header)}"
            )
            continue
        stated = "" if mated is None else fields[mated].casefold()
        fault = "" if stated == "" or stated in _TRUTH else f"mated: expected {', '.join(_TRUTH)}"
        yield _Pair(line=line, a=fields[a], b=fields[b], mated=_TRUTH.get(stated), fault=fault)


def _lfw_pairs(path: Path, text: str) -> Iterator[_Pair]:
    """Three fields (person, number, number) are a mated pair, four (person, number, person, number) a non-mated one."""
    _lfw_sizes(path, text)
    for number, line in enumerate(text.splitlines()[1:], start=2):
        fields = line.split()
        if not fields:
            continue
        person = fields[0]
        if len(fields) == 3 and fields[1].isdecimal() and fields[2].isdecimal():
            yield _Pair(line=number, a=_lfw_id(person, fields[1]), b=_lfw_id(person, fields[2]), mated=True)
        elif len(fields) == 4 and fields[1].isdecimal() and fields[3].isdecimal():
            yield _Pair(line=number, a=_lfw_id(person, fields[1]), b=_lfw_id(fields[2], fields[3]), mated=False)
        else:
            yield _Pair(
                line=number,
                a="",
                b="",
                mated=None,
                fault="expected person, number, number or person, number, person, number",
            )


def _lfw_id(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}.jpg"


def _lfw_sizes(path: Path, text: str) -> tuple[int, int]:
    """Folds and mated pairs per fold, as the first line says ("10 300", or "300" for one fold)."""
    first = text.splitlines()[0].split() if text.strip() else []
    if not 1 <= len(first) <= 2 or not all(part.isdecimal() for part in first):
        found = " ".join(first) if first else "nothing"
        raise DatasetError(f"{path}: line 1: expected folds and pairs per fold, such as 10 300; found {found}")
    return (int(first[0]), int(first[1])) if len(first) == 2 else (1, int(first[0]))


def _promised(path: Path, name: str, text: str, found: int) -> list[Finding]:
    folds, each = _lfw_sizes(path, text)
    expected = 2 * folds * each
    if found == expected:
        return []
    message = f"{name}: expected {expected} pairs by its first line, found {found}; the list may be cut off"
    return [Finding(level="warning", rule="pairs", message=message, count=abs(expected - found))]


def _settle(name: str, pairs: Sequence[_Pair], samples: Samples, remarks: Sequence[Finding]) -> Pairs:
    rows = {sample: row for row, sample in enumerate(samples.ids.tolist())}
    subjects = samples.subjects.tolist()
    seen: set[tuple[int, int]] = set()
    kept: list[tuple[int, int]] = []
    refused: dict[str, list[str]] = {}
    for pair in pairs:
        a, b = rows.get(pair.a, -1), rows.get(pair.b, -1)
        reason = pair.fault or _reason(a, b, pair.mated, subjects, seen)
        if reason:
            refused.setdefault(reason, []).append(f"line {pair.line}")
        else:
            kept.append((a, b))
            seen.add((min(a, b), max(a, b)))
    table = np.array(kept, dtype=np.int64).reshape(-1, 2)
    findings = [
        Finding(
            level="error",
            rule="pairs",
            message=f"{name}: {plural(len(lines), 'pair')} refused: {reason}",
            examples=tuple(lines),
            count=len(lines),
            lines=tuple(int(line.removeprefix("line ")) for line in lines),
        )
        for reason, lines in refused.items()
    ]
    counts = {reason: len(lines) for reason, lines in refused.items()}
    return Pairs(table[:, 0], table[:, 1], counts, (*findings, *remarks))


def _reason(a: int, b: int, mated: bool | None, subjects: Sequence[str], seen: set[tuple[int, int]]) -> str:
    """Why the pair cannot be used, "" where it can."""
    if a < 0 or b < 0:
        return "a sample that is not in use (unknown, refused or not drawn)"
    if a == b:
        return "a sample with itself"
    if (min(a, b), max(a, b)) in seen:
        return "a pair that was named before"
    if mated is not None and mated != (subjects[a] == subjects[b]):
        return f"called {'mated' if mated else 'non-mated'}, but the subjects are {'not ' if mated else ''}the same"
    return ""
