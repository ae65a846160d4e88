"""Words that messages share: counts, a few examples of many, and what a misspelt name may have meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

GIVES_AWAY = "could be computed from it"
"""Ends the note of a group, or of numbers, that are hidden for the sake of a few other people."""

EXAMPLES = 3
"""Examples that a message shows before "and n more"."""


LONGEST = 4000
"""Characters of a foreign text that a message shows."""


def one_line(text: str) -> str:
    """A text from elsewhere (a library's error, a name in a file) as part of one line: whole, printable, no breaks."""
    words = " ".join(text[: 4 * LONGEST].split())
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} [cut here]"


_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
"""Control characters but tab and line feed, line and paragraph separators, what changes the direction of writing or has
no width, halves of characters."""


def escaped(text: str) -> str:
    """`text` with characters that move a cursor, hide or turn what is written as their codes, such as \\x1b."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def in_one_line(text: str) -> str:
    """`text` escaped, and its tabs and line feeds too: a name, where a line is expected."""
    return escaped(text).replace("\t", "\\t").replace("\n", "\\n")


def plural(count: int, noun: str) -> str:
    """ "1 sample", "2 samples"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(examples: Sequence[str]) -> str:
    """A few examples and how many more there are; what no terminal can show stands as its escape."""
    more = len(examples) - EXAMPLES
    return "; ".join(map(shown, examples[:EXAMPLES])) + (f"; and {more} more" if more > 0 else "")


def shown(text: str) -> str:
    """`text` with control characters and bytes that are no UTF-8 as escapes such as \\n and \\xe9."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    # Python keeps a byte of a file name that is no UTF-8 as a lone surrogate.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else character.encode("unicode_escape").decode()


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """ ", did you mean 'x'?" with the nearest of `names` where one is like `name`, else ""."""
    match = difflib.get_close_matches(name, list(names), n=1)
    return f", did you mean '{match[0]}'?" if match else ""


def with_examples(message: str, examples: Sequence[str], advice: str) -> str:
    """A message with a few examples and what to do, as a terminal shows it."""
    return f"{message}{f': {some(examples)}' if examples else ''}{f'; {advice}' if advice else ''}"
