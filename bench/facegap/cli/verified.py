"""What verify prints: every check when it is done, what is taken on trust, the digest, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from facegap.audit import Check, Verified
from facegap.cli.summary import IN_PART
from facegap.words import in_one_line, plural

EXIT = {"verified": 0, "different": 1, "could not be checked": IN_PART}
"""Verdict -> exit code."""


def check_lines(check: Check) -> Iterator[str]:
    """One check: what holds, or every difference and every thing that could not be checked."""
    if check.differences:
        yield f"DIFFERS  {check.name}:"
    elif check.unknown:
        yield f"unknown  {check.name}:"
    else:
        yield f"ok       {check.name}: {'; '.join(check.remarks) or check.says}"
        return
    yield from (f"  {in_one_line(line)}" for line in check.differences)
    yield from (f"  could not be checked: {in_one_line(line)}" for line in check.unknown)
    yield from (f"  {in_one_line(line)}" for line in check.remarks)


def last_lines(found: Verified, inputs: bool) -> Iterator[str]:
    """What no check reaches, and what it all comes to."""
    if not inputs:
        yield "left out  weights, images: as --no-inputs asks"
    yield from (f"on trust  {in_one_line(line)}" for line in found.trusted)
    yield from map(in_one_line, found.notes)
    yield f"digest: {found.digest}"
    if found.verdict == "different":
        yield f"{found.run}: {plural(len(found.differences), 'difference')}"
    elif found.verdict == "verified":
        yield f"{found.run}: verified"
    else:
        yield f"{found.run}: could not be checked: {'; '.join(in_one_line(_in_short(line)) for line in found.unknown)}"


def _in_short(line: str) -> str:
    """The line without what to do about it."""
    return line.removeprefix("inputs: ").partition(":")[0] if line.startswith("inputs: images not given") else line
