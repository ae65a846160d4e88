"""The page and its figures, drawn again from the tables and compared: byte for byte, or by words and numbers."""

from __future__ import annotations

import platform
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib import metadata

from facegap import store
from facegap.audit.case import Case
from facegap.audit.verified import Remark

DRAWING = ("numpy", "matplotlib", "jinja2")
"""Packages that shape a page's bytes, beside this one."""

SHOWN = 5
_NUMBER = re.compile(r"\d[\d,.\u00a0\u202f]*\d|\d")


def page_differences(case: Case) -> Iterator[str]:
    """Whether page and figures are what the tables give."""
    found = {name: path for name, path in store.plain_files(case.run).items() if store.is_drawn(name)}
    if store.NO_PAGE in found or not case.manifest.page:
        why = "could not be drawn" if store.NO_PAGE in found else "was not asked for"
        yield from (f"{name}: the run says that its page {why}" for name in found if name != store.NO_PAGE)
        yield Remark(f"there is none: it {why} when the run was made; `facegap report` draws it from the tables")
        return
    if case.drawn is None:
        return
    wanted = case.drawn(case.run)
    yield from (f"{name}: missing; the tables give it" for name in wanted if name not in found)
    yield from (f"{name}: not drawn from the tables by this version" for name in found if name not in wanted)
    pairs = {name: (found[name].read_bytes(), wanted[name]) for name in wanted if name in found}
    others = list(_other_versions(case))
    if all(there == here for there, here in pairs.values()):
        yield Remark("drawn again, byte for byte the same")
    elif not others:
        yield from (line for name, pair in pairs.items() for line in _bytes(name, *pair))
    else:
        exact = case.same_version
        yield from (line for name, pair in pairs.items() for line in _words(name, *pair, exact))
        what = "words and numbers" if exact else "numbers"
        yield Remark(
            f"drawn again, {what} compared with those that the tables give; bytes and shapes were not, as the run says "
            f"that it was drawn with {', '.join(others)}"
        )


def _other_versions(case: Case) -> Iterator[str]:
    """What the run says that it was drawn with, where it is something else here."""
    said = case.manifest.versions
    if not case.same_version:
        yield f"facegap {said.get('facegap')}"
    for package in DRAWING:
        if package in said and said[package] != _version(package):
            yield f"{package} {said[package]} (here {_version(package)})"
    system = f"{platform.system()} {platform.machine()}"
    if case.manifest.machine.get("system") != system:
        yield f"{case.manifest.machine.get('system')} (here {system})"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _bytes(name: str, found: bytes, wanted: bytes) -> Iterator[str]:
    if found == wanted:
        return
    said = list(_words(name, found, wanted, True))
    yield from said or [f"{name}: its words are those that the tables give, its bytes are not"]


def _words(name: str, found: bytes, wanted: bytes, exact: bool) -> Iterator[str]:
    """Differing texts where `exact`, and numbers that the tables do not give anywhere."""
    texts, drawn = _texts(found)
    other_texts, other_drawn = _texts(wanted)
    lines: list[str] = []
    if exact:
        lines += _first_of(texts, other_texts)
    else:
        lines += _numbers(texts, other_texts)
    lines += _numbers(drawn, other_drawn)
    yield from (f"{name}: {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"{name}: and {len(lines) - SHOWN} more"


def _first_of(found: list[str], wanted: list[str]) -> list[str]:
    if len(found) != len(wanted):
        said, gives = Counter(found) - Counter(wanted), Counter(wanted) - Counter(found)
        return [f"says {_cut(text)}, which the tables do not give" for text in said] + [
            f"does not say {_cut(text)}" for text in gives
        ]
    return [f"says {_cut(a)}, the tables give {_cut(b)}" for a, b in zip(found, wanted, strict=True) if a != b]


def _numbers(found: list[str], wanted: list[str]) -> list[str]:
    said, gives = (Counter(number for text in texts for number in _NUMBER.findall(text)) for texts in (found, wanted))
    return [
        f"says {number} {times} times more than the tables give it" for number, times in sorted((said - gives).items())
    ]


def _cut(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:120]}…")


def _texts(data: bytes) -> tuple[list[str], list[str]]:
    """The texts of a page or figure, and those that a drawing library put on the axes."""
    reader = _Texts()
    reader.feed(data.decode("utf-8", "replace"))
    reader.close()
    return reader.texts, reader.drawn


class _Texts(HTMLParser):
    """Texts and the attributes that are read out or followed; those inside of an SVG's <text> apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.drawn: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("svg", "text"):
            self._open.append(tag)
        read: Mapping[str, str | None] = dict(attrs)
        # Inside of a drawing links lead to its own shapes, under names that versions give differently.
        names = (
            ("aria-label", "alt", "content") if self._open else ("aria-label", "alt", "content", "href", "id", "class")
        )
        self.texts += [f"{name}={read[name]}" for name in names if read.get(name)]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text:
            (self.drawn if "text" in self._open else self.texts).append(text)
