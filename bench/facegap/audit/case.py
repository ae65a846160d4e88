"""A run under verification: what was read of it once, for all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from facegap.evidence import Evidence
from facegap.records import RunManifest
from facegap.version import __version__

Lines = Iterable[str]
"""Differences, and `Unknown` and `Remark` lines among them."""

Drawn = Callable[[Path], Mapping[str, bytes]]
"""Name -> content of the page and the figures of a results folder, as they are drawn here."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A results folder, what it says, and what it is checked with.

    Attributes:
        root: folder of the data set, where the user gave it.
        drawn: draws the page again; None leaves it out.
    """

    run: Path
    manifest: RunManifest
    evidence: Evidence
    root: Path | None
    drawn: Drawn | None

    @property
    def same_version(self) -> bool:
        """Whether the run says that this version of the program made it."""
        return self.manifest.versions.get("facegap") == __version__
