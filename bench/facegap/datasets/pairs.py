"""Lists of pairs that a data set brings with it, as rows of its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from facegap.cards import DatasetCard
from facegap.datasets.adapters.manifest import column_place, read_table
from facegap.datasets.files import card_file, existing_root, read_text
from facegap.errors import DatasetError
from facegap.records import Finding, Rows, Samples, Strings
from facegap.words import plural

MOST_RELATIONS = 20
"""Kinds of relation that a list may name; more are names of families, which belong into the manifest."""

_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, eq=False)
class Pairs:
    """A list of comparisons.

    Attributes:
        reference, probe: (k,) rows of the samples; a pair is mated where their subjects are the same.
        refused: reason -> how many pairs of the list cannot be used.
        findings: one line per reason.
        relations: kind of relation that the list names, such as "twin" -> (n samples,) a value that related people
            share, "" where none is named.
    """

    reference: Rows
    probe: Rows
    refused: Mapping[str, int]
    findings: tuple[Finding, ...]
    relations: Mapping[str, Strings]

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
    relation: str = ""


def load_pairs(card: DatasetCard, root: Path, samples: Samples) -> Pairs:
    """The pairs that the card's `files.pairs` lists: LFW's own form for its adapter, else CSV by sample id.

    A CSV has the columns sample_a, sample_b and, where it wants to be checked, mated (1/0, true/false, yes/no); where
    its pairs are of relatives, relation with the kind ("twin"), blank for strangers.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the card names no list, the list cannot be read as a whole, or a relation that it names does not
            hold between all of the people whom it joins.
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
    kind = card.columns.get("relation", "relation")
    relation = column_place(path, header, kind) if kind in header or "relation" in card.columns else None
    for line, fields in lines:
        if len(fields) != len(header):
            yield _Pair(
                line=line, a="", b="", mated=None, fault=f"{len(fields)} fields where the header has {len(header)}"
            )
            continue
        stated = "" if mated is None else fields[mated].casefold()
        fault = "" if stated == "" or stated in _TRUTH else f"mated: expected {', '.join(_TRUTH)}"
        yield _Pair(
            line=line,
            a=fields[a],
            b=fields[b],
            mated=_TRUTH.get(stated),
            fault=fault,
            relation="" if relation is None else fields[relation],
        )


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
    return [Finding(level="warning", rule="pairs", message=message)]


def _settle(name: str, pairs: Sequence[_Pair], samples: Samples, remarks: Sequence[Finding]) -> Pairs:
    rows = {sample: row for row, sample in enumerate(samples.ids.tolist())}
    subjects = samples.subjects.tolist()
    seen: set[tuple[int, int]] = set()
    kept: list[tuple[int, int]] = []
    kinds: list[str] = []
    refused: dict[str, list[str]] = {}
    for pair in pairs:
        a, b = rows.get(pair.a, -1), rows.get(pair.b, -1)
        reason = pair.fault or _reason(a, b, pair.mated, subjects, seen)
        if not reason and pair.relation and subjects[a] == subjects[b]:
            reason = "a relation of a person to themselves"
        if reason:
            refused.setdefault(reason, []).append(f"line {pair.line}")
        else:
            kept.append((a, b))
            kinds.append(pair.relation)
            seen.add((min(a, b), max(a, b)))
    table = np.array(kept, dtype=np.int64).reshape(-1, 2)
    findings = [
        Finding(
            level="error",
            rule="pairs",
            message=f"{name}: {plural(len(lines), 'pair')} refused: {reason}",
            examples=tuple(lines),
        )
        for reason, lines in refused.items()
    ]
    counts = {reason: len(lines) for reason, lines in refused.items()}
    relations = _relations(name, table, np.array(kinds, dtype=np.str_), samples)
    return Pairs(table[:, 0], table[:, 1], counts, (*findings, *remarks), relations)


def related(samples: Samples, pairs: Pairs) -> Samples:
    """The samples with the relations that the list names.

    Raises:
        DatasetError: the manifest has a relation of that name too.
    """
    twice = sorted(set(samples.relations) & set(pairs.relations))
    if twice:
        raise DatasetError(
            f"relation '{twice[0]}': named by the list of pairs and by the card; call one of them otherwise"
        )
    return replace(samples, relations={**samples.relations, **pairs.relations})


def _relations(name: str, pairs: Rows, kinds: Strings, samples: Samples) -> dict[str, Strings]:
    """Kind -> (n,) the number of the people whom it joins, "" for those it does not name."""
    found = sorted(set(kinds.tolist()) - {""})
    if len(found) > MOST_RELATIONS:
        raise DatasetError(
            f"{name}: relation: {len(found)} kinds; expected a few such as twin, sibling, look-alike. Names of "
            "families belong into the manifest: relations in the card"
        )
    person = samples.people()
    i, j = person[pairs[:, 0]], person[pairs[:, 1]]
    people = int(person.max(initial=-1)) + 1
    return {kind: _joined(name, kind, i, j, kinds == kind, people)[person] for kind in found}


def _joined(name: str, kind: str, i: Rows, j: Rows, said: np.ndarray, people: int) -> Strings:
    ones = np.ones(int(said.sum()))
    _, part = connected_components(coo_array((ones, (i[said], j[said])), shape=(people, people)), directed=False)
    named = np.zeros(people, dtype=bool)
    named[np.concatenate([i[said], j[said]])] = True
    wrong = int(((part[i] == part[j]) & (i != j) & ~said).sum())
    if wrong:
        raise DatasetError(
            f"{name}: relation '{kind}': {plural(wrong, 'pair')} of people whom it joins, directly or over others, not "
            "said to be so; name the relation in every pair of them, or leave it out of all"
        )
    return np.where(named, part.astype(np.str_), "")


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
