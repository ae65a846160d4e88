"""Everything that the command line prints goes through here: no text of others reaches the terminal as a command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from facegap.words import escaped


class Escaped:
    """A text stream that shows control and direction-changing characters as what they are."""

    # Not a wrapper of a binary stream, whose bytes would be written past it.
    def __init__(self, stream: TextIO) -> None:
        self.raw_text = stream

    @property
    def encoding(self) -> str:
        """Of the stream."""
        return self.raw_text.encoding

    @property
    def errors(self) -> str | None:
        """How the stream meets what its encoding lacks."""
        return self.raw_text.errors

    def write(self, text: str) -> int:
        """Write `text`, escaped; also what the stream's encoding lacks."""
        shown = escaped(text)
        try:
            self.raw_text.write(shown)
        except UnicodeEncodeError:
            encoding = self.raw_text.encoding or "ascii"
            self.raw_text.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self.raw_text.flush()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self.raw_text.isatty()

    def fileno(self) -> int:
        """The stream's descriptor."""
        return self.raw_text.fileno()

    def writable(self) -> bool:
        """It is."""
        return True


@contextmanager
def escaped_output() -> Iterator[None]:
    """Standard output and error through `Escaped`, and what the package logs on standard error, one line each."""
    before, log = (sys.stdout, sys.stderr), logging.getLogger("facegap")
    sys.stdout, sys.stderr = Escaped(before[0]), Escaped(before[1])
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(logging.Formatter("facegap: %(message)s"))
    log.addHandler(shown)
    try:
        yield
    finally:
        log.removeHandler(shown)
        sys.stdout, sys.stderr = before


def bare_error() -> TextIO:
    """Standard error for what draws on a terminal itself, such as a bar of progress."""
    stream = sys.stderr
    return stream.raw_text if isinstance(stream, Escaped) else stream
