"""Every rule that a row can break, one function each; a row that breaks one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from facegap.cards.dataset import ROLES, GroupColumn
from facegap.datasets.files import Tree, leaves_root
from facegap.datasets.ids import Near
from facegap.datasets.row import Problem, Source, per_subject
from facegap.datasets.values import is_number
from facegap.records import NO_LABEL
from facegap.words import did_you_mean, some


def _unreadable(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.fault:
            yield Problem(number, "layout", row.fault, row.where)


def _not_text(source: Source) -> Iterator[Problem]:
    """A name that is no UTF-8 text, as archives from other systems hold them: no table can have it."""
    for number, row in enumerate(source.rows):
        if not all(map(_is_text, (row.path, row.id, row.subject))):
            yield Problem(number, "not-utf8", "file name is not UTF-8", f"'{row.path}'")


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _nameless(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.fault:
            continue
        for column, value in (("path", row.path), ("sample_id", row.id), ("subject_id", row.subject)):
            if not value:
                yield Problem(number, "empty", f"no {column}", row.where)
                break


def _same_id(source: Source) -> Iterator[Problem]:
    for value, numbers in _sharing(source, [row.id for row in source.rows]):
        if len({source.rows[number].path for number in numbers}) > 1:
            yield from _shared(source, "duplicate-id", "sample_id given twice", value, numbers)


def _same_path(source: Source) -> Iterator[Problem]:
    for value, numbers in _sharing(source, [row.path for row in source.rows]):
        yield from _shared(source, "duplicate-path", "path given twice", value, numbers)


def _sharing(source: Source, values: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Values that more than one row has, with those rows."""
    seen: set[str] = set()
    several: dict[str, list[int]] = {}
    for number, value in enumerate(values):
        if value and not source.rows[number].fault:
            if value in seen:
                several[value] = []
            seen.add(value)
    for number, value in enumerate(values) if several else ():
        if value in several and not source.rows[number].fault:
            several[value].append(number)
    return list(several.items())


def _shared(source: Source, rule: str, reason: str, value: str, numbers: Sequence[int]) -> Iterator[Problem]:
    """Every row that shares its value with another: nobody can tell which one is right."""
    detail = f"'{value}' ({some([source.rows[number].where for number in numbers])})"
    return (Problem(number, rule, reason, detail) for number in numbers)


def _elsewhere(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.path and _odd(row.path):
            reason = "path leaves the root" if leaves_root(row.path) else "path is not written with /"
            yield Problem(number, "path", reason, f"{row.where} {row.path!r}")


def _odd(path: str) -> bool:
    return leaves_root(path) or "\\" in path or "\0" in path


def _absent(source: Source) -> Iterator[Problem]:
    near: Near | None = None
    for number, row in enumerate(source.rows):
        path = row.path
        if row.fault or not path or path in source.tree.files or _odd(path):
            continue
        link = _link_on_the_way(source.tree, path)
        if link:
            yield Problem(number, "symlink", f"path is {source.tree.links[link]}", f"{row.where} '{path}'")
            continue
        if not source.images:
            continue
        near = near if near is not None else Near(source.tree.files)
        yield Problem(number, "missing-file", "no such file", f"{row.where} '{path}'{near.hint(path)}")


def _link_on_the_way(tree: Tree, path: str) -> str:
    """The unusable link that `path` is or leads through, "" where there is none."""
    if not tree.links:
        return ""
    parts = path.split("/")
    ways = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return next((way for way in ways if way in tree.links), "")


def _unknown_label(source: Source) -> Iterator[Problem]:
    for column, group in source.card.read_groups.items():
        hints: dict[str, str] = {}
        expected = f"a number from {group.bands[0]:g} to below {group.bands[-1]:g}" if group.bands else ""
        reason = f"{column}: expected {expected or ', '.join(group.values)}"
        for number, label in enumerate(source.labels[column]):
            if label:
                continue
            raw = source.rows[number].labels[column]
            if raw not in hints:
                hints[raw] = f"'{raw}'{_label_hint(column, group, raw)} ({source.rows[number].where})"
            yield Problem(number, "unknown-label", reason, hints[raw])


def _label_hint(column: str, group: GroupColumn, raw: str) -> str:
    """What may be meant; no number is another one misspelt, nor are two flags one."""
    if raw.startswith("["):
        return f", a list: say in the card which counts, groups.{column}.lists"
    if group.bands or group.flags or is_number(raw):
        return ""
    return group.meant(raw)


def _unknown_role(source: Source) -> Iterator[Problem]:
    for number, row in enumerate(source.rows):
        if row.role and row.role not in ROLES:
            detail = f"'{row.role}'{did_you_mean(row.role, ROLES)} ({row.where})"
            yield Problem(number, "unknown-role", f"role: expected {', '.join(ROLES)}", detail)


def _contradiction(source: Source) -> Iterator[Problem]:
    """All samples of a subject that has two labels in a column that belongs to the subject."""
    if not source.card.identities:
        return
    for column, labels in per_subject(source):
        first: dict[str, tuple[str, int]] = {}
        details: dict[str, str] = {}
        for number, row in enumerate(source.rows):
            label = labels[number]
            if not label or label == NO_LABEL or not row.subject:
                continue
            known, place = first.setdefault(row.subject, (label, number))
            if known != label and row.subject not in details:
                there = source.rows[place].where
                details[row.subject] = f"'{row.subject}' is {known} ({there}) and {label} ({row.where})"
        for number, row in enumerate(source.rows):
            if row.subject in details:
                yield Problem(number, "contradiction", f"{column}: the subject has two labels", details[row.subject])


def _two_families(source: Source) -> Iterator[Problem]:
    """All samples of a subject that is said to have two values of a relation: nobody can tell whose relative it is."""
    for column in source.card.linked if source.card.identities else ():
        first: dict[str, str] = {}
        details: dict[str, str] = {}
        for row in source.rows:
            if row.fault or not row.subject:
                continue
            known = first.setdefault(row.subject, row.relations[column])
            if known != row.relations[column]:
                details.setdefault(row.subject, f"'{row.subject}' ({row.where})")
        for number, row in enumerate(source.rows):
            if row.subject in details:
                yield Problem(number, "two-relations", f"{column}: the subject has two values", details[row.subject])


def _same_labels(source: Source) -> Iterator[Problem]:
    """All samples of subjects who are one person under the same labels: nothing says what tells them apart."""
    column, columns = source.card.same_person, [labels for _, labels in per_subject(source)]
    first: dict[tuple[str, ...], str] = {}
    details: dict[str, str] = {}
    for number, row in enumerate(source.rows if column else ()):
        if row.fault or not row.subject or not row.relations[column]:
            continue
        other = first.setdefault((row.relations[column], *(labels[number] for labels in columns)), row.subject)
        if other != row.subject:
            details[row.subject] = details[other] = f"'{other}' and '{row.subject}' ({row.where})"
    for number, row in enumerate(source.rows):
        if row.subject in details:
            yield Problem(number, "same-labels", f"{column}: one person under the same labels", details[row.subject])


RULES: tuple[Callable[[Source], Iterator[Problem]], ...] = (
    _not_text,
    _unreadable,
    _nameless,
    _same_id,
    _same_path,
    _elsewhere,
    _absent,
    _unknown_label,
    _unknown_role,
    _contradiction,
    _two_families,
    _same_labels,
)

ADVICE = {
    "not-utf8": "rename it: on Linux, convmv -f latin1 -t utf8 does so for a whole tree",
    "empty": "fill it in or delete the row",
    "duplicate-id": "give each sample an id of its own",
    "duplicate-path": "name each file once",
    "path": "write it relative to the root, with /, without ..",
    "symlink": "put the file itself below the root",
    "missing-file": "restore the file or delete the row",
    "layout": "correct it",
    "unknown-label": "correct it, or map it in the card",
    "unknown-role": "correct it",
    "two-relations": "give all samples of a subject one value; all of them are left out",
    "same-labels": "give subjects of one person other labels, or one subject; all of them are left out",
    "contradiction": "correct the labels; all samples of the subject are left out",
}
