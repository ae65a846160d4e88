"""Patterns of paths: where a file's path says who is on it and what the labels are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

FIELDS = ("subject", "sample", "session")
"""Fields of a path besides the label columns."""

_PART = re.compile(r"(\{\*\}|\{[A-Za-z][\w-]*\})")


@dataclass(frozen=True, kw_only=True)
class PathPattern:
    """A compiled pattern: `names` has the field of each pair of brackets, "" for one without a name."""

    text: str
    regex: re.Pattern[str]
    names: Sequence[str]

    def match(self, path: str) -> dict[str, list[str]] | None:
        """Field -> its distinct values in `path`; None where the path is not of this pattern.

        The case of the path's ending does not count.
        """
        found = self.regex.fullmatch(_lower_ending(path))
        if found is None:
            return None
        values: dict[str, list[str]] = {}
        for name, value in zip(self.names, found.groups(), strict=True):
            if name and value is not None:
                values.setdefault(name, [])
                values[name] += [] if value in values[name] else [value]
        return values


def path_pattern(text: str) -> PathPattern:
    """The pattern that `text` writes, with fields in braces or, where it has `(?P<`, as a regular expression.

    `{field}` is one or more characters up to the one that stands after it in the pattern, without "/"; right before
    the ending, or the end, it goes up to there. `{*}` is anything but "/", also nothing. A field that stands twice has
    to have one value.

    Raises:
        ValueError: it is no regular expression.
    """
    if "(?P<" in text:
        try:
            regex = re.compile(text)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        names = [""] * regex.groups
        for name, place in regex.groupindex.items():
            names[place - 1] = name
        return PathPattern(text=text, regex=regex, names=names)
    text = _lower_ending(text)
    parts = _PART.split(text)
    ending = PurePosixPath(text).suffix
    written = "".join(_expression(part, after, ending) for part, after in pairwise([*parts, ""]))
    names = [part[1:-1] for part in parts if _PART.fullmatch(part) and part != "{*}"]
    return PathPattern(text=text, regex=re.compile(written), names=names)


def _expression(part: str, after: str, ending: str) -> str:
    if part == "{*}":
        return "[^/]*"
    if not _PART.fullmatch(part):
        return re.escape(part)
    last = after in ("", ending)
    return "([^/]+)" if last or after[0] == "/" else f"([^/{re.escape(after[0])}]+)"


def _lower_ending(path: str) -> str:
    ending = PurePosixPath(path).suffix
    return path[: len(path) - len(ending)] + ending.lower() if ending and "}" not in ending else path
