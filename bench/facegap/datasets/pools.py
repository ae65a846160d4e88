"""Templates of several pictures, as IJB-B and IJB-C compare them: which pictures each one is pooled of.

Two forms of file are read: NIST's CSV with the columns TEMPLATE_ID and FILENAME, and if there SUBJECT_ID and
SIGHTING_ID (or MEDIA_ID); and lines of `file template medium`, as insightface's release has them
(ijbc_face_tid_mid.txt). Where a file does not say what is of one medium, pictures of one session are (a card may call
SIGHTING_ID so), else each is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facegap.datasets.files import read_bytes, read_text
from facegap.datasets.names import AMBIGUOUS, UNKNOWN, Names
from facegap.datasets.row import numbers_of
from facegap.datasets.tables import Sheet, read_sheet
from facegap.errors import DatasetError
from facegap.records import NO_LABEL, Finding, Rows, Samples, Strings
from facegap.store import sha256_bytes
from facegap.words import plural

_MEDIA = ("sighting_id", "media_id")
_TWO_PEOPLE = "a template of pictures of two people"
_OTHER = "called another person than the data set says"
_AGAIN = "a picture that is in its template already"


@dataclass(frozen=True, eq=False, kw_only=True)
class Pools:
    """Templates and the pictures in them.

    Attributes:
        samples: (t,) templates in the place of samples: ids, subject, and the labels that all of their pictures share.
        template, medium, member: (m,) of each picture in a template: the template's place, the number of its medium,
            and the row of the picture among the data set's samples.
        findings: what cannot be used of the files, one line a reason.
    """

    samples: Samples
    template: Rows
    medium: Rows
    member: Rows
    findings: tuple[Finding, ...]

    def digests(self, sha256: Strings) -> Strings:
        """(t,) a digest of the digests of each template's pictures, "" where none of them could be read."""
        found = []
        for k in range(len(self.samples)):
            there = [one for one in sha256[self.member[self.template == k]].tolist() if one]
            found.append(sha256_bytes("\n".join(there).encode()) if there else "")
        return np.array(found, dtype="U64")


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A picture of a template: `where` it stands, and why it cannot be read ("" where it can)."""

    where: str
    file: str = ""
    template: str = ""
    subject: str = ""
    medium: str = ""
    fault: str = ""


def read_pools(paths: Sequence[Path], samples: Samples) -> Pools:
    """The templates that these files name, of pictures of the data set.

    A picture that is not in use (unknown, refused) is missing from its template, which is said; a template that has no
    picture left, or has pictures of two people, is none.

    Raises:
        DatasetError: a file is not there or cannot be read, or names no template that can be used.
    """
    if not paths:
        raise DatasetError("template pairs: no file says which pictures a template is pooled of; name it: templates")
    names, refused = Names(samples), dict[str, list[str]]()
    kept: dict[str, list[tuple[int, str]]] = {}
    for line in (line for path in paths for line in _lines(path, len(paths) > 1)):
        row = -1 if line.fault else names.row(line.file)
        reason = line.fault or (_why(names, line.file) if row < 0 else _contradicts(line, row, samples))
        members = kept.setdefault(line.template, []) if line.template else []
        if not reason and any(row == other for other, _ in members):
            reason = _AGAIN
        if reason:
            refused.setdefault(reason, []).append(line.where)
        else:
            members.append((row, line.medium or str(samples.sessions[row]) or f"\n{row}"))
    people = {name: {str(samples.subjects[row]) for row, _ in members} for name, members in kept.items()}
    several = [name for name, found in people.items() if len(found) > 1]
    if several:
        refused[_TWO_PEOPLE] = several
    usable = {name: members for name, members in kept.items() if len(people[name]) == 1}
    source = paths[0].name if len(paths) == 1 else f"{paths[0].name} and {plural(len(paths) - 1, 'more file')}"
    if not usable:
        raise DatasetError(f"{paths[0]}: no template that can be used: {'; '.join(refused) or 'it names none'}")
    return _pools(usable, samples, tuple(_findings(source, refused, len(kept) - len(usable) - len(several))))


def _why(names: Names, file: str) -> str:
    return AMBIGUOUS if names.several(file) else UNKNOWN


def _contradicts(line: _Line, row: int, samples: Samples) -> str:
    return _OTHER if line.subject and line.subject != str(samples.subjects[row]) else ""


def _findings(name: str, refused: dict[str, list[str]], empty: int) -> Iterator[Finding]:
    for reason, lines in refused.items():
        what = "template" if reason == _TWO_PEOPLE else "picture"
        yield Finding(
            level="error",
            rule="pools",
            message=f"{name}: {plural(len(lines), what)} refused: {reason}",
            examples=tuple(lines),
            count=len(lines),
            lines=numbers_of(lines),
        )
    if empty:
        message = f"{name}: {plural(empty, 'template')} without a picture that can be used"
        yield Finding(level="error", rule="pools", message=message, count=empty)


def _pools(usable: dict[str, list[tuple[int, str]]], samples: Samples, findings: tuple[Finding, ...]) -> Pools:
    template = np.repeat(np.arange(len(usable)), [len(members) for members in usable.values()])
    member = np.array([row for members in usable.values() for row, _ in members], dtype=np.int64)
    media = [f"{k}\n{medium}" for k, members in enumerate(usable.values()) for _, medium in members]
    _, medium = np.unique(np.array(media), return_inverse=True)
    first = np.searchsorted(template, np.arange(len(usable)))
    own = samples.take(member[first])

    def shared(values: Strings, otherwise: str) -> Strings:
        same = np.ones(len(usable), dtype=bool)
        np.logical_and.at(same, template, values[member] == values[member[first[template]]])
        return np.where(same, values[member[first]], otherwise)

    blank = np.full(len(usable), "")
    return Pools(
        samples=replace(
            own,
            ids=np.array(list(usable), dtype=np.str_),
            paths=blank,
            sessions=blank,
            roles=shared(samples.roles, ""),
            groups={column: shared(values, NO_LABEL) for column, values in samples.groups.items()},
            observed={column: shared(values, NO_LABEL) for column, values in samples.observed.items()},
            years={name: np.full(len(usable), np.nan) for name in samples.years},
        ),
        template=template,
        medium=medium.astype(np.int64),
        member=member,
        findings=findings,
    )


def _lines(path: Path, named: bool) -> Iterator[_Line]:
    """The lines of a file; `named`: each says in which of several files it stands."""
    if not path.is_file():
        raise DatasetError(f"{path}: no such file; expected which pictures each template is pooled of")
    start = f"{path.name} " if named else ""
    head = read_text(path).lstrip().partition("\n")[0].casefold()
    found = _of_table(path, read_sheet(path, read_bytes(path))) if "template_id" in head else _of_words(path)
    for line in found:
        yield replace(line, where=f"{start}{line.where}")


def _of_table(path: Path, sheet: Sheet) -> Iterator[_Line]:
    header = [name.casefold() for name in sheet.header]
    if "filename" not in header:
        raise DatasetError(f"{path}: no column FILENAME; expected TEMPLATE_ID, SUBJECT_ID, FILENAME")
    places = {name: header.index(name) for name in ("template_id", "filename", "subject_id", *_MEDIA) if name in header}
    medium = next((places[name] for name in _MEDIA if name in places), None)
    for where, fields in sheet.rows:
        if len(fields) != len(header):
            yield _Line(where=where, fault=f"{len(fields)} fields where the header has {len(header)}")
            continue
        template, file = fields[places["template_id"]], fields[places["filename"]]
        yield _Line(
            where=where,
            file=file,
            template=template,
            subject=fields[places["subject_id"]] if "subject_id" in places else "",
            medium="" if medium is None else fields[medium],
            fault="" if template and file else "no template or no file name",
        )


def _of_words(path: Path) -> Iterator[_Line]:
    for number, text in enumerate(read_text(path).splitlines(), start=1):
        words, where = text.split(), f"line {number}"
        if len(words) == 3:
            yield _Line(where=where, file=words[0], template=words[1], medium=words[2])
        elif words:
            yield _Line(where=where, fault="expected file, template and medium")
