"""The command `facegap`: parse, call, print, exit code. Nothing is computed here, and heavy imports wait for a command.

Exit codes: 0 done; 1 done, and verify found a difference; 2 wrong input; 3 a missing backend, model or data set; 70 an
error of facegap itself; 130 stopped by Ctrl-C, 129 and 143 by the signals HUP and TERM.
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
            _end(str(error), error.exit_code)
        except KeyboardInterrupt:
            _end(_STOPPED, INTERRUPTED)
        except SystemExit as end:
            # Typer turns Ctrl-C inside a command into this code.
            if end.code == INTERRUPTED or isinstance(end, _Signalled):
                _end(_STOPPED, end.code)
            raise
        except Exception as error:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            _end(report(error), UNEXPECTED)


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


def _end(line: str, code: Any) -> None:
    print(f"facegap: {line}", file=sys.stderr)
    sys.exit(code)
