"""The command `facegap`: parse, call, print, exit code. Nothing is computed here, and heavy imports wait for a command.

`EXIT_CODES` in `cli.app` says what a command's exit code means.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from typing import Any

from facegap.cli.app import app
from facegap.cli.output import escaped_output
from facegap.cli.unexpected import DEBUG, UNEXPECTED, report
from facegap.errors import FacegapError

INTERRUPTED = 130

_STOPPED = "stopped; what was computed is kept, and the same command goes on from there"


def main() -> None:
    """Run the command line; a user's mistake gives one clear line and an exit code, never a traceback."""
    _stop_in_order()
    with escaped_output():
        try:
            app(standalone_mode=True)
        except FacegapError as error:
            _end(error.exit_code, str(error))
        except KeyboardInterrupt:
            _end(INTERRUPTED, _STOPPED)
        except SystemExit as end:
            # Typer turns Ctrl-C inside a command into this code.
            if end.code == INTERRUPTED or isinstance(end, _Signalled):
                _end(end.code, _STOPPED)
            _end(end.code)
        except Exception as error:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            _end(UNEXPECTED, report(error))


class _Signalled(SystemExit):
    """The end that a signal asks for."""


def _stop_in_order() -> None:
    """Signals that end a process unwind it first, so that no part of a results folder is left."""

    def stop(number: int, _: Any) -> None:
        raise _Signalled(128 + number)

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Whoever started this with nohup wants it to go on.
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, stop)


def _end(code: str | int | None, line: str = "") -> None:
    """Exit, with a line that says why; at once where a net computes on that nothing else ends."""
    if line:
        print(f"facegap: {line}", file=sys.stderr)
    backend = sys.modules.get("facegap.backend")
    if backend is not None and backend.left_running():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(bool(code)))
    sys.exit(code)
