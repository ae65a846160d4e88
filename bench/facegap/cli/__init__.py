"""The command `facegap`: parse, call, print, exit code. Nothing is computed here, and heavy imports wait for a command.

`EXIT_CODES` in `cli.app` says what a command's exit code means.
"""

from __future__ import annotations

import os
import sys

from facegap.cli.app import app
from facegap.errors import FacegapError

INTERRUPTED = 130


def main() -> None:
    """Run the command line; a user's mistake gives one clear line and an exit code, never a traceback."""
    try:
        app(standalone_mode=True)
    except FacegapError as error:
        print(f"facegap: {error}", file=sys.stderr)
        _end(error.exit_code)
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as end:
        # Typer turns Ctrl-C inside a command into this code.
        if end.code == INTERRUPTED:
            _stopped()
        _end(end.code if isinstance(end.code, int) else int(bool(end.code)))


def _stopped() -> None:
    print("facegap: stopped; what was computed is kept, and the same command goes on from there", file=sys.stderr)
    _end(INTERRUPTED)


def _end(code: int) -> None:
    """Exit; at once where a net computes on that nothing else ends."""
    backend = sys.modules.get("facegap.backend")
    if backend is not None and backend.left_running():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
