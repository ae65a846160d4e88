"""What a data set's folder holds, before anything is measured on it: counts per group, what was refused, the terms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np

from facegap.cards import DatasetCard
from facegap.cards.dataset import Protocol
from facegap.datasets.copies import Looks, copy_findings, find_copies, spread, unreadable_findings
from facegap.datasets.files import read_bytes
from facegap.datasets.load import load
from facegap.datasets.pairs import Pairs, list_files, load_pairs
from facegap.records import NO_LABEL, Finding, Rows, Samples
from facegap.store import sha256_bytes
from facegap.words import plural, with_examples

DEPTH = 2
"""Label columns that are crossed at most: more make more rows than anybody reads, and groups of a handful."""


@dataclass(frozen=True, kw_only=True)
class GroupCount:
    """How much of a group there is. Pairs are unordered, both samples in the group, every sample with every other."""

    grouping: str
    group: str
    subjects: int
    samples: int
    mated: int
    nonmated: int


@dataclass(frozen=True, kw_only=True)
class ObservedCount:
    """Pictures by the value of an observed condition, and people with pictures of several of its values."""

    name: str
    samples: Mapping[str, int]
    several: int

    def text(self) -> str:
        """In words, for one line."""
        values = ", ".join(f"{value} {count:,}" for value, count in self.samples.items())
        return f"{self.name}: {values}; {plural(self.several, 'subject')} under several values"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What `check` found; `groups` starts with everyone, then each label column, then every two of them.

    `refused` counts samples by reason; `listed_pairs` those of each list that can be used, by
    the name of its protocol, "" for the card's files.pairs; `observed` pictures by what was recorded of them.
    """

    card: DatasetCard
    groups: tuple[GroupCount, ...]
    roles: Mapping[str, int]
    refused: Mapping[str, int]
    listed_pairs: Mapping[str, int]
    findings: tuple[Finding, ...]
    observed: tuple[ObservedCount, ...] = ()

    @property
    def ok(self) -> bool:
        """True where nothing was refused."""
        return not any(finding.level == "error" for finding in self.findings)

    def lines(self) -> list[str]:
        """The report as plain text, its table aligned."""
        return [*self._head(), "", *_aligned(self.table()), "", *self._tail()]

    def table(self) -> list[tuple[str, ...]]:
        """Header and one row per group."""
        rows = [
            (
                count.grouping,
                count.group,
                f"{count.subjects:,}",
                f"{count.samples:,}",
                f"{count.mated:,}",
                f"{count.nonmated:,}",
            )
            for count in self.groups
        ]
        return [("grouping", "group", "subjects", "samples", "mated pairs", "non-mated pairs"), *rows]

    def _head(self) -> list[str]:
        card = self.card
        sources = [f"{column}: {group.label_source}" for column, group in card.groups.items()]
        lines = [
            f"{card.name}, version {card.version}: {card.title}",
            f"status: {card.status}; licence: {card.licence}",
            f"terms: {card.terms}" + (f"; they bar {', '.join(card.bars)}" if card.bars else ""),
            f"source of the labels: {'; '.join(sources) or 'no labels'}",
            f"cite: {card.citation}",
        ]
        if card.needs_acknowledgement:
            lines.append("a study that uses it must say so: dataset.acknowledge_terms = true")
        if not card.identities:
            lines.append(
                "no identities: every sample counts as a person of its own, so there are failures to acquire and "
                "non-mated pairs, and no mated ones"
            )
        return lines + ([f"note: {card.banner}"] if card.banner else [])

    def _tail(self) -> list[str]:
        refused = sum(self.refused.values())
        lines = [f"{plural(self.groups[0].samples, 'sample')} can be used, {refused} refused"]
        lines += [f"  refused {count}: {reason}" for reason, count in self.refused.items()]
        if self.roles:
            lines.append("roles: " + ", ".join(f"{role or 'none'} {count}" for role, count in self.roles.items()))
        lines += [f"observed {one.text()}" for one in self.observed]
        for name, count in self.listed_pairs.items():
            lines.append(f"{plural(count, 'listed pair')} can be used{f' ({name})' if name else ''}")
        return lines + [f"{one.level}: {with_examples(one.message, one.examples, one.advice)}" for one in self.findings]


Look = Callable[[Samples], Looks]
"""Decodes every picture of some samples, as `pipeline.look` does."""


def check(card: DatasetCard, root: Path, look: Look | None = None) -> Report:
    """Load the data set and count it; without `look` image files are compared byte for byte, and not decoded.

    Raises:
        DatasetMissing: the folder is not there.
        DatasetError: the folder as a whole contradicts the card.
    """
    # A table of comparisons serves scores that arrived, which need no image.
    loaded = load(card, root, images=not card.sides)
    samples = loaded.samples
    there = _there(card, samples)
    looks = spread((look or _by_bytes)(samples.take(there)), there, len(samples))
    copies = find_copies(samples, looks, card.identities)
    findings = [*loaded.findings, *unreadable_findings(samples, looks), *copy_findings(samples, copies)]
    findings += [*_absent(len(samples) - len(there)), *_unlabelled(card, samples), *_lonely(card, samples)]
    lists = _lists(card, root, samples)
    findings += _missing_lists(card, root)
    roles = Counter(samples.roles.tolist())
    return Report(
        card=card,
        groups=tuple(_group_counts(card, samples)),
        roles=dict(sorted(roles.items())) if any(roles) else {},
        refused=dict(Counter(loaded.refused.values()).most_common()),
        listed_pairs={name: len(pairs) for name, pairs in lists.items()},
        observed=tuple(_observed(card, samples)),
        findings=(*findings, *(found for pairs in lists.values() for found in pairs.findings)),
    )


def _observed(card: DatasetCard, samples: Samples) -> Iterator[ObservedCount]:
    """Each observed condition, its values in the order of the card."""
    for name, order in card.observed_order.items():
        value = samples.observed[name]
        counts = Counter(value.tolist())
        places = [*order, *sorted(set(counts) - {*order, NO_LABEL}), NO_LABEL]
        known = {*zip(samples.subjects.tolist(), value.tolist(), strict=True)}
        of_subject = Counter(subject for subject, one in known if one != NO_LABEL)
        several = sum(number > 1 for number in of_subject.values())
        there = {one: counts[one] for one in places if counts[one]}
        yield ObservedCount(name=name, samples=there, several=several)


def _lists(card: DatasetCard, root: Path, samples: Samples) -> dict[str, Pairs]:
    """The card's lists of comparisons, by protocol; "" is files.pairs where no protocol is that list."""
    named = [protocol.pairs for protocol in card.protocols.values()]
    unnamed = [""] if "pairs" in card.files and card.files["pairs"] not in named else []
    there = [name for name, protocol in card.protocols.items() if not _lacking(root, protocol)]
    return {name: load_pairs(card, root, samples, name) for name in (*unnamed, *there)}


def _missing_lists(card: DatasetCard, root: Path) -> Iterator[Finding]:
    """Official lists that do not lie here: a study that asks for one is stopped."""
    for name, protocol in card.protocols.items():
        lacking = _lacking(root, protocol)
        if not lacking:
            continue
        message = f"protocol '{name}': no '{lacking[0]}' below the root"
        yield Finding(level="warning", rule="no-list", message=message, advice="a study that asks for it is stopped")


def _lacking(root: Path, protocol: Protocol) -> list[str]:
    """Files that the protocol names and that are not there."""
    return [name for name in protocol.files if not list_files(root, name)]


def _group_counts(card: DatasetCard, samples: Samples) -> Iterator[GroupCount]:
    yield from _counts(samples, (), ["everyone"])
    for size in range(1, min(len(card.groups), DEPTH) + 1):
        for columns in combinations(card.groups, size):
            values = [
                [*card.groups[column].values, *([NO_LABEL] if NO_LABEL in samples.groups[column] else [])]
                for column in columns
            ]
            yield from _counts(samples, columns, [", ".join(parts) for parts in product(*values)])


def _counts(samples: Samples, columns: tuple[str, ...], groups: Sequence[str]) -> Iterator[GroupCount]:
    """One count per name in `groups`, zero where the data set has nobody in it."""
    names = samples.grouping(columns)
    for group in groups:
        _, each = np.unique(samples.subjects[names == group], return_counts=True)
        total, mated = int(each.sum()), int((each * (each - 1) // 2).sum())
        yield GroupCount(
            grouping=", ".join(columns),
            group=group,
            subjects=len(each),
            samples=total,
            mated=mated,
            nonmated=total * (total - 1) // 2 - mated,
        )


def _unlabelled(card: DatasetCard, samples: Samples) -> list[Finding]:
    """Label columns without a single label: a study that groups by one of them is stopped."""
    return [
        Finding(level="warning", rule="no-labels", message=f"{column}: no sample has a label; nothing can be grouped")
        for column in card.groups
        if len(samples) and (samples.groups[column] == NO_LABEL).all()
    ]


def _lonely(card: DatasetCard, samples: Samples) -> list[Finding]:
    if not card.identities:
        return []
    _, each = np.unique(samples.subjects, return_counts=True)
    alone = int((each == 1).sum())
    message = f"{plural(alone, 'subject')} with one sample only: in non-mated comparisons, never in mated ones"
    return [Finding(level="info", rule="one-sample", message=message, count=alone)] if alone else []


def _there(card: DatasetCard, samples: Samples) -> Rows:
    """(k,) rows of the samples whose file is there: all, but of a table of comparisons."""
    if not card.sides:
        return np.arange(len(samples))
    return np.flatnonzero([(samples.root / path).is_file() for path in samples.paths.tolist()])


def _absent(count: int) -> Iterator[Finding]:
    if count:
        message = f"{plural(count, 'image file')} not there: only scores or templates that arrive can be counted"
        yield Finding(level="info", rule="no-image", message=message, count=count)


def _by_bytes(samples: Samples) -> Looks:
    """The digests of files of one size; no file is decoded."""
    sha256 = np.full(len(samples), "", dtype="U64")
    for rows in _by_size(samples):
        for row in rows:
            sha256[row] = sha256_bytes(read_bytes(samples.root / str(samples.paths[row])))
    nothing = np.full(len(samples), "")
    return Looks(sha256=sha256, pixels=nothing, hashes=np.zeros((len(samples), 4), np.uint64), reasons=nothing)


def _by_size(samples: Samples) -> list[list[int]]:
    """Rows whose files are of one size, where there are at least two."""
    sizes: dict[int, list[int]] = defaultdict(list)
    for row, path in enumerate(samples.paths.tolist()):
        sizes[(samples.root / path).stat().st_size].append(row)
    return [rows for rows in sizes.values() if len(rows) > 1]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side: words to the left, numbers to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
