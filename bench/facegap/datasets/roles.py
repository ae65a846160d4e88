"""Roles by the names of files, where the card says how they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from facegap.cards import DatasetCard
from facegap.datasets.row import Row
from facegap.records import Finding
from facegap.words import plural


def with_roles(card: DatasetCard, name: str, rows: Sequence[Row]) -> tuple[list[Row], list[Finding]]:
    """The rows with the role whose pattern their file's name matches; a row that has a role keeps it.

    A name that matches patterns of two roles is refused; one that matches none has no role, which a finding says.
    """
    if not card.roles:
        return list(rows), []
    found = [_with_role(card, row) for row in rows]
    return found, list(_without(name, found))


def _with_role(card: DatasetCard, row: Row) -> Row:
    if row.role or row.fault or not row.path:
        return row
    stem = PurePosixPath(row.path).stem
    roles = [role for role, patterns in card.roles.items() if any(fnmatchcase(stem, one) for one in patterns)]
    if len(roles) > 1:
        return replace(row, fault=f"role: its name matches {' and '.join(roles)}")
    return replace(row, role=roles[0]) if roles else row


def _without(name: str, rows: Sequence[Row]) -> Iterator[Finding]:
    bare = [row.path for row in rows if not row.role and not row.fault]
    if bare:
        yield Finding(
            level="warning",
            rule="no-role",
            message=f"{name}: {plural(len(bare), 'sample')} whose name matches no pattern of the card's roles",
            examples=tuple(bare),
            advice="in no trial that asks for a role; add a pattern, or remove them",
            count=len(bare),
        )
