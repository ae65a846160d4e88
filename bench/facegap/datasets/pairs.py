"""Lists of comparisons as rows of a data set's samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from facegap.cards import DatasetCard
from facegap.cards.dataset import ListFormat, Protocol
from facegap.cards.study import TrialRule
from facegap.datasets.files import existing_root, leaves_root
from facegap.datasets.lists import Contents, Listed, read_list, read_names
from facegap.datasets.names import AMBIGUOUS, UNKNOWN, Names
from facegap.datasets.pools import Pools, read_pools
from facegap.datasets.row import numbers_of
from facegap.errors import DatasetError, InputError
from facegap.records import NO_LABEL, Finding, ListedTrials, Mask, Rows, Samples, Strings
from facegap.words import did_you_mean, plural

CHANGED = "a sample whose id differs from a known one as a spreadsheet changes numbers (0001, 1, 1.0)"
MOST_RELATIONS = 20
"""Kinds of relation that a list may name; more are names of families, which belong into the manifest."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """A list of comparisons.

    Attributes:
        reference, probe: (k,) rows of the samples; a pair is mated where their subjects are the same.
        fold: (k,) 1 to the number of folds, 0 where the list has none.
        refused: reason -> how many pairs of the list cannot be used.
        findings: one line per reason.
        relations: kind of relation that the list names, such as "twin" -> (n samples,) a value that related people
            share, "" where none is named.
        pools: of pairs of templates what those are pooled of; the rows are then those of `pools.samples`.
    """

    reference: Rows
    probe: Rows
    fold: Rows
    refused: Mapping[str, int]
    findings: tuple[Finding, ...]
    relations: Mapping[str, Strings]
    pools: Pools | None = None

    def __len__(self) -> int:
        return len(self.reference)

    def trials(self) -> ListedTrials:
        """The comparisons as they are to be made."""
        return ListedTrials(self.reference, self.probe, self.fold if self.fold.any() else None)


def asked_pairs(rule: TrialRule, study: Path, card: DatasetCard, root: Path | None, samples: Samples) -> Pairs | None:
    """The list that a study's trials name; None where they follow a rule.

    Args:
        study: its file, to which a list of its own is relative.
        root: of the data set; None where it is rendered.

    Raises:
        InputError: the data set is rendered and a list of its own is asked for, or it has no such protocol.
        DatasetMissing, DatasetError: as `load_pairs`.
    """
    if rule.file is not None:
        path = (study.parent / rule.file).resolve()
        if rule.format == "template-pairs":
            return _pooled(path, [(study.parent / name).resolve() for name in rule.templates], samples)
        return _settled(path, rule.format or "csv", {}, samples)
    if not rule.by_list:
        return None
    if root is None:
        raise InputError(f"trials.pairs: '{card.name}' is rendered and brings no list of pairs")
    return load_pairs(card, root, samples, rule.protocol)


def load_pairs(card: DatasetCard, root: Path, samples: Samples, protocol: str = "") -> Pairs:
    """The pairs that the card's `files.pairs` or the named one of its `protocols` lists.

    Raises:
        DatasetMissing: there is no such folder.
        DatasetError: the card names no list, or the list cannot be read as a whole.
    """
    if protocol and _protocol(card, protocol).format == "gallery-probe":
        return _gallery_and_probes(card, root, samples, protocol)
    name, form = _of_card(card, protocol)
    if form == "template-pairs":
        return _pooled_of_card(card, root, samples, protocol)
    if leaves_root(name):
        raise DatasetError(f"data set '{card.name}': list of pairs '{name}' leaves the root; name a file below it")
    path = existing_root(card, root) / name
    paths = list_files(root, name)
    if not paths:
        there = sorted(found.name for found in path.parent.iterdir()) if path.parent.is_dir() else []
        near = did_you_mean(PurePosixPath(name).name, there)
        raise DatasetError(f"data set '{card.name}': list of pairs: no '{name}' in {root}{near}; correct the card")
    return _settled(path, form, card.columns, samples, paths)


def _gallery_and_probes(card: DatasetCard, root: Path, samples: Samples, protocol: str) -> Pairs:
    """Each picture that one file names with each of another, none with itself."""
    said, names, findings = card.protocols[protocol], _without_endings(samples), list[Finding]()
    existing_root(card, root)
    sides, refused = [], dict[str, int]()
    for name in (said.references, said.pairs):
        if leaves_root(name):
            raise DatasetError(f"data set '{card.name}': list '{name}' leaves the root; name a file below it")
        paths = list_files(root, name)
        if not paths:
            raise DatasetError(
                f"data set '{card.name}': no '{name}' in {root}; correct protocols.{protocol} in the card"
            )
        listed = [(where, names.get(PurePosixPath(picture).stem, -1)) for where, picture in read_names(paths[0])]
        lost = [where for where, row in listed if row < 0]
        if lost:
            refused[f"{paths[0].name}: {UNKNOWN}"] = len(lost)
            findings.append(_refusal(paths[0].name, UNKNOWN, lost, "picture"))
        sides.append(np.unique([row for _, row in listed if row >= 0]).astype(np.int64))
    reference, probe = (side.ravel() for side in np.meshgrid(*sides, indexing="ij"))
    apart = reference != probe
    table = np.stack([reference[apart], probe[apart]], axis=1)
    findings += _within_groups(protocol, table, samples)
    fold = np.zeros(len(table), dtype=np.int64)
    return Pairs(table[:, 0], table[:, 1], fold, refused, tuple(findings), {})


def _without_endings(samples: Samples) -> dict[str, int]:
    """Name of a picture without folder and ending -> its row; -1 where several have it."""
    rows: dict[str, int] = {}
    for row, name in enumerate(samples.ids.tolist()):
        stem = PurePosixPath(name).stem
        rows[stem] = -1 if stem in rows else row
    return rows


def _pooled_of_card(card: DatasetCard, root: Path, samples: Samples, protocol: str) -> Pairs:
    said = card.protocols[protocol]
    outside = next((name for name in (said.pairs, *said.templates) if leaves_root(name)), None)
    if outside is not None:
        raise DatasetError(f"data set '{card.name}': list '{outside}' leaves the root; name a file below it")
    existing_root(card, root)
    return _pooled(root / said.pairs, [root / name for name in said.templates], samples)


def _pooled(path: Path, templates: Sequence[Path], samples: Samples) -> Pairs:
    """A list of pairs of templates; what is found of the templates comes first."""
    pools = read_pools(templates, samples)
    pairs = _settled(path, "template-pairs", {}, pools.samples)
    return replace(pairs, pools=pools, findings=(*pools.findings, *pairs.findings))


def list_files(root: Path, name: str) -> list[Path]:
    """The file or folder `name`, or every one that a pattern such as test/txts/*/*_pairs.txt names, in their order."""
    if "*" in name:
        return sorted(path for path in root.glob(name) if not path.name.startswith("."))
    return [root / name] if (root / name).exists() else []


def _protocol(card: DatasetCard, name: str) -> Protocol:
    if name not in card.protocols:
        there, near = ", ".join(card.protocols) or "none", did_you_mean(name, card.protocols)
        raise DatasetError(f"data set '{card.name}': no protocol '{name}'{near}; its protocols: {there}")
    return card.protocols[name]


def _of_card(card: DatasetCard, protocol: str) -> tuple[str, ListFormat]:
    if protocol:
        said = _protocol(card, protocol)
        assert said.format != "gallery-probe"
        return said.pairs, said.format
    if "pairs" not in card.files:
        raise DatasetError(f"data set '{card.name}': it has no list of pairs; name it in the card: files.pairs")
    return card.files["pairs"], "lfw" if card.adapter == "lfw" else "csv"


def _settled(
    path: Path, form: ListFormat, columns: Mapping[str, str], samples: Samples, paths: Sequence[Path] = ()
) -> Pairs:
    contents = _read([*paths] or [path], form, columns)
    names = Names(samples)
    subjects = samples.subjects.tolist()
    kept: list[tuple[int, int, int]] = []
    kinds: list[str] = []
    refused: dict[str, list[str]] = {}
    twice: list[str] = []
    seen: set[tuple[int, int]] = set()
    for line in contents.lines:
        a, b = (-1, -1) if line.fault else (names.row(line.a), names.row(line.b))
        reason = line.fault or _why_not(names, line) or _reason(a, b, line.mated, subjects)
        if not reason and line.relation and subjects[a] == subjects[b]:
            reason = "a relation of a person to themselves"
        if reason:
            refused.setdefault(reason, []).append(line.where)
            continue
        kept.append((a, b, line.fold))
        kinds.append(line.relation)
        pair = min(a, b), max(a, b)
        if pair in seen:
            twice.append(line.where)
        seen.add(pair)
    table = np.array(kept, dtype=np.int64).reshape(-1, 3)
    findings = [_refusal(path.name, reason, lines) for reason, lines in refused.items()]
    if twice:
        message = f"{path.name}: {plural(len(twice), 'pair')} listed before, counted as often as listed"
        findings.append(
            Finding(
                level="warning",
                rule="pairs-again",
                message=message,
                examples=tuple(twice),
                count=len(twice),
                lines=numbers_of(twice),
            )
        )
    counts = {reason: len(lines) for reason, lines in refused.items()}
    relations = _relations(path.name, table[:, :2], np.array(kinds, dtype=np.str_), samples)
    findings += [*contents.remarks, *_within_groups(path.name, table[:, :2], samples)]
    return Pairs(table[:, 0], table[:, 1], table[:, 2], counts, tuple(findings), relations)


def _within_groups(name: str, pairs: Rows, samples: Samples) -> Iterator[Finding]:
    """A warning by each label of which the list joins no two groups, though there are several: none can be confused."""
    reference, probe = pairs[:, 0], pairs[:, 1]
    strangers = samples.subjects[reference] != samples.subjects[probe]
    for column, labels in samples.groups.items():
        a, b = labels[reference[strangers]], labels[probe[strangers]]
        known = (a != NO_LABEL) & (b != NO_LABEL)
        count = int(known.sum())
        if len(np.unique(a[known])) > 1 and (a == b)[known].all():
            message = f"{name}: all {plural(count, 'non-mated pair')} join people of one group by {column}"
            yield Finding(
                level="warning",
                rule="within-groups",
                message=f"{message}: the list says nothing of false matches across groups",
                count=count,
            )


def _read(paths: Sequence[Path], form: ListFormat, columns: Mapping[str, str]) -> Contents:
    """One list, or several after one another: then each line says in which it stands."""
    if len(paths) == 1:
        return read_list(paths[0], form, columns)
    parts = [(path.name, read_list(path, form, columns)) for path in paths]
    lines = [replace(line, where=f"{name} {line.where}") for name, part in parts for line in part.lines]
    return Contents(lines=lines, remarks=[remark for _, part in parts for remark in part.remarks])


def related(samples: Samples, pairs: Pairs) -> Samples:
    """The samples with the relations that the list names, be they pictures or templates.

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


def _joined(name: str, kind: str, i: Rows, j: Rows, said: Mask, people: int) -> Strings:
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


def _refusal(name: str, reason: str, lines: Sequence[str], what: str = "pair") -> Finding:
    message = f"{name}: {plural(len(lines), what)} refused: {reason}"
    return Finding(
        level="error",
        rule="pairs",
        message=message,
        examples=tuple(lines),
        count=len(lines),
        lines=numbers_of(lines),
    )


def _why_not(names: Names, line: Listed) -> str:
    """What keeps a name of the line from being found, beyond that no sample has it."""
    missing = [name for name in (line.a, line.b) if names.row(name) < 0]
    if any(names.several(name) for name in missing):
        return AMBIGUOUS
    return CHANGED if any(names.changed(name) for name in missing) else ""


def _reason(a: int, b: int, mated: bool | None, subjects: Sequence[str]) -> str:
    """Why the pair cannot be used, "" where it can."""
    if a < 0 or b < 0:
        return UNKNOWN
    if a == b:
        return "a sample with itself"
    if mated is not None and mated != (subjects[a] == subjects[b]):
        return f"called {'mated' if mated else 'non-mated'}, but the subjects are {'not ' if mated else ''}the same"
    return ""
