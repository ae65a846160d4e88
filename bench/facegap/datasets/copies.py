"""The same picture more than once: under two people, or twice under one.

A comparison of a picture with itself measures no recogniser: it counts as a false match at every threshold, or as a
mated comparison that cannot fail, and one of them can move the threshold of a whole run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facegap.records import COPY_AGAIN, COPY_OF_OTHER, NEAR_AGAIN, NEAR_OTHER, Finding, Mask, Rows, Samples, Strings
from facegap.words import plural

NEAR_BITS = 18
"""Bits of 256 by which the perceptual hashes of nearly the same picture differ at most. Faces scaled to a third and
coded again at quality 50 differ by up to 13; the two nearest of 204 pictures of the London set by 30."""

FEWEST = 32
"""Bits that a hash must have set: pictures of one colour have none, and are near each other for that alone."""

MOST = 60_000
"""Pictures up to which all perceptual hashes are compared with each other."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Looks:
    """What is known of every picture before anything is measured on it, one entry a sample.

    Attributes:
        sha256, pixels: (n,) digests of the file and of its decoded pixels, "" where there is none. They stay in the
            private cache: an unkeyed digest tells whoever has a picture that it is in the data set.
        hashes: (n, 4) uint64 perceptual hashes; only of rows with a digest of pixels.
        reasons: (n,) why a file cannot be decoded, "" where it can.
    """

    sha256: Strings
    pixels: Strings
    hashes: npt.NDArray[np.uint64]
    reasons: Strings


@dataclass(frozen=True, eq=False, kw_only=True)
class Copies:
    """Pictures that are there more than once.

    Attributes:
        kind: (n,) what each sample is: "" for a picture of its own or the one that is kept of several, else one of
            `records.COPY_AGAIN`, `COPY_OF_OTHER` (left out of every trial), `NEAR_AGAIN` or `NEAR_OTHER` (a warning).
        same, near: rows of each set of the same picture, and of each pair of nearly the same.
        searched: whether nearly the same pictures were looked for.
    """

    kind: Strings
    same: Sequence[Sequence[int]]
    near: Sequence[tuple[int, int]]
    searched: bool = True

    @property
    def left_out(self) -> Mask:
        """(n,) samples that enter no trial."""
        return np.isin(self.kind, (COPY_AGAIN, COPY_OF_OTHER))


def find_copies(samples: Samples, looks: Looks, identities: bool, reference_role: str | None = None) -> Copies:
    """The pictures that are there more than once.

    Of a picture that one person has several times the first is kept, one of the reference role before others. Of one
    that two people have all are left out: nobody can tell whose it is. Where nobody is known, the first is kept.
    """
    kind = np.full(len(samples), "", dtype="U24")
    subjects = samples.subjects if identities else np.full(len(samples), "")
    same = _same(looks)
    for rows in same:
        _mark(kind, rows, subjects, samples.roles, reference_role, (COPY_AGAIN, COPY_OF_OTHER))
    searched = len(samples) <= MOST
    near = _near(looks) if searched else []
    for pair in near:
        if not kind[list(pair)].any():
            _mark(kind, pair, subjects, samples.roles, reference_role, (NEAR_AGAIN, NEAR_OTHER))
    return Copies(kind=kind, same=same, near=near, searched=searched)


def _mark(
    kind: Strings,
    rows: Sequence[int],
    subjects: Strings,
    roles: Strings,
    reference_role: str | None,
    names: tuple[str, str],
) -> None:
    again, other = names
    if len({str(subjects[row]) for row in rows}) > 1:
        kind[list(rows)] = other
        return
    first = next((row for row in rows if roles[row] == reference_role), rows[0])
    kind[[row for row in rows if row != first]] = again


def _same(looks: Looks) -> list[list[int]]:
    """Rows of each set of two or more whose files or decoded pixels are the same."""
    sets: dict[str, list[int]] = defaultdict(list)
    for row, (file, pixels) in enumerate(zip(looks.sha256.tolist(), looks.pixels.tolist(), strict=True)):
        if pixels or file:
            sets[pixels or file].append(row)
    return [rows for rows in sets.values() if len(rows) > 1]


def _near(looks: Looks) -> list[tuple[int, int]]:
    """Pairs of rows, the lower first, whose hashes are near and whose pixels differ."""
    told_apart = np.bitwise_count(looks.hashes).sum(axis=1, dtype=np.int64) >= FEWEST
    rows = np.flatnonzero((looks.pixels != "") & told_apart)
    hashes, pixels = looks.hashes[rows], looks.pixels[rows]
    found = []
    for i in range(len(rows) - 1):
        bits = np.bitwise_count(hashes[i + 1 :] ^ hashes[i]).sum(axis=1, dtype=np.int64)
        found += [(i, i + 1 + int(k)) for k in np.flatnonzero(bits <= NEAR_BITS)]
    return [(int(rows[i]), int(rows[j])) for i, j in found if pixels[i] != pixels[j]]


def copy_findings(samples: Samples, copies: Copies) -> Iterator[Finding]:
    """What a check says of copies."""
    if copies.same:
        across = sum(bool((copies.kind[list(rows)] == COPY_OF_OTHER).any()) for rows in copies.same)
        yield Finding(
            level="warning",
            rule="copies",
            message=f"{plural(len(copies.same), 'image')} there more than once (the same file or pixels), {across} of "
            f"them under two subjects; {plural(int(copies.left_out.sum()), 'sample')} left out of every comparison",
            examples=tuple(" = ".join(f"'{samples.paths[row]}'" for row in rows) for rows in copies.same),
            advice="keep one of each, under whom it belongs to",
            count=len(copies.same),
        )
    if copies.near:
        across = int((copies.kind == NEAR_OTHER).any()) and sum(
            samples.subjects[a] != samples.subjects[b] for a, b in copies.near
        )
        yield Finding(
            level="warning",
            rule="near-copies",
            message=f"{plural(len(copies.near), 'pair')} of images nearly the same, {across} of them under two "
            "subjects; kept in every comparison",
            examples=tuple(f"'{samples.paths[a]}' and '{samples.paths[b]}'" for a, b in copies.near),
            advice="look at them: a picture that was scaled or coded again is a copy too",
            count=len(copies.near),
        )
    if not copies.searched:
        message = f"nearly the same images were not looked for among more than {MOST:,}"
        yield Finding(level="info", rule="near-copies", message=message, count=len(samples))


def spread(looks: Looks, rows: Rows, n: int) -> Looks:
    """The looks at (k,) `rows` of n samples as looks at all of them: nothing is known of the others."""

    def text(values: Strings) -> Strings:
        found = np.full(n, "", dtype=values.dtype if len(values) else "U64")
        found[rows] = values
        return found

    hashes = np.zeros((n, looks.hashes.shape[1]), dtype=np.uint64)
    hashes[rows] = looks.hashes
    return Looks(sha256=text(looks.sha256), pixels=text(looks.pixels), hashes=hashes, reasons=text(looks.reasons))


def absent_findings(looks: Looks) -> Iterator[Finding]:
    """What is said where scores or templates arrive, and not every image is there."""
    absent = int(np.count_nonzero(looks.sha256 == ""))
    if absent:
        yield Finding(
            level="warning",
            rule="no-image",
            message=f"{plural(absent, 'image file')} of {len(looks.sha256)} not there: whether a picture is there more "
            "than once was not looked for among them",
            advice="put them below the root, if copies are to be left out of the comparisons",
            count=absent,
        )


def unreadable_findings(samples: Samples, looks: Looks) -> Iterator[Finding]:
    """One finding per reason for which files cannot be decoded."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for path, reason in zip(samples.paths.tolist(), looks.reasons.tolist(), strict=True):
        if reason:
            reasons[reason].append(path)
    for reason, paths in reasons.items():
        yield Finding(
            level="warning",
            rule="unreadable",
            message=f"{plural(len(paths), 'image')} cannot be read: {reason}",
            examples=tuple(paths),
            advice="counted as failures to acquire, and so in every rate",
            count=len(paths),
        )
