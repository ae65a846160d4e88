"""Ids that look alike: what a spreadsheet makes of numbers, and the forms in which a letter with an accent is written.

Nothing here decides that two ids are one: a near one is named beside the one that was not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"\d+(?:\.0+)?(?=\D|$)")


def as_number(name: str) -> str:
    """The name with every number as a spreadsheet would have it: without zeros before it or an empty fraction."""
    return _NUMBER.sub(lambda match: str(int(match[0].partition(".")[0])), name) if name.isascii() else name


def is_plain_number(name: str) -> bool:
    """Whether a spreadsheet would take the name for a number."""
    return re.fullmatch(r"0*\d+(?:[.,]0+)?", name) is not None


def as_letters(name: str) -> str:
    """The name with its accents composed and without case."""
    return unicodedata.normalize("NFC", name).casefold()


class Near:
    """Names by what they look like, so that a name that is not there can be told beside those that nearly are."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_letters: dict[str, list[str]] = defaultdict(list)
        self._by_number: dict[str, list[str]] = defaultdict(list)
        for name in names:
            self._by_letters[as_letters(name)].append(name)
            self._by_number[as_number(name)].append(name)

    def hint(self, name: str) -> str:
        """What is there in place of `name`, ", there is ..."; "" where nothing is like it."""
        if found := self._by_letters.get(as_letters(name)):
            return f", there is {_quoted(found)}{_form(name, found[0])}"
        if found := self._by_number.get(as_number(name)):
            return f", there is {_quoted(found)}: did a spreadsheet change it?"
        return ""

    def numbers(self, name: str) -> list[str]:
        """Other names that a spreadsheet would not tell from `name`."""
        return [other for other in self._by_number.get(as_number(name), []) if other != name]


def _quoted(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names[:3])


def _form(name: str, other: str) -> str:
    same = unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other)
    return ", whose accents are written in another form (NFC, NFD)" if same else ""


def alike(names: Iterable[str]) -> list[list[str]]:
    """Sets of names that case, the form of accents or a spreadsheet would make one."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        plain = as_letters(name)
        groups[as_number(plain.replace(",", ".")) if is_plain_number(plain) else plain].append(name)
    return [group for group in groups.values() if len(group) > 1]


def by_number(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Names by the number that a spreadsheet would have in place of each."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[as_number(name)].append(name)
    return found
