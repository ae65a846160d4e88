"""What a verification found: its list of checks, what differs, what could not be checked, what is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["verified", "different", "could not be checked"]


class Unknown(str):
    """A line on what could not be checked here, which is neither agreement nor a difference."""


class Remark(str):
    """A line on how something was checked."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: what it is, and what came of it.

    Attributes:
        says: what holds where nothing differs.
        differences: one line each.
        unknown: what could not be checked, one line each.
        remarks: how it was done, where there is more than one way.
    """

    name: str
    says: str
    differences: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A verified run.

    Attributes:
        digest: of the run, to be quoted.
        trusted: what no recomputation finds, as the run says it.
        notes: on versions.
    """

    run: str
    digest: str
    checks: tuple[Check, ...]
    trusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def differences(self) -> list[str]:
        """One line per difference."""
        return [line for check in self.checks for line in check.differences]

    @property
    def unknown(self) -> list[str]:
        """One line per thing that could not be checked."""
        return [line for check in self.checks for line in check.unknown]

    @property
    def verdict(self) -> Verdict:
        """Any difference decides; then anything that could not be checked."""
        if self.differences:
            return "different"
        return "could not be checked" if self.unknown else "verified"
