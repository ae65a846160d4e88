"""A net's first run, in a process of its own: one that never ends, crashes or eats all memory takes only that with it.

`python -m facegap.probe` is that process: it reads what to try from standard input and writes one line.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from facegap.cards import ModelCard
from facegap.embed import Recogniser, made_up
from facegap.errors import FacegapError, ModelRefused

LIMIT = 60.0
"""Seconds that a net may take to open, and for each picture."""

_START = 120.0
"""Seconds that Python may take to start on a busy machine."""

_SHARE = 0.8
"""Of the machine's memory, what the process may take."""


def probe(card: ModelCard, file: Path, limit: float = LIMIT) -> None:
    """Open the net in `file` and run it on one made-up picture, elsewhere.

    Raises:
        ModelRefused: it is refused there, does not end within `limit` seconds, or ends the process.
    """
    asked = json.dumps({"card": card.model_dump(mode="json"), "file": str(file), "limit": limit})
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", "facegap.probe"]
    try:
        done = subprocess.run(
            command,
            input=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            encoding="utf-8",
            timeout=2 * limit + _START,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelRefused(f"{card.name}: the net did not end within {limit:g} s on 1 picture") from None
    if done.returncode == 0 and done.stdout.strip():
        refused = json.loads(done.stdout.splitlines()[-1])["refused"]
        if refused:
            raise ModelRefused(refused)
        return
    raise ModelRefused(f"{card.name}: the net ended the process that tried it ({_how(done.returncode)}); do not use it")


def _how(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _bounded() -> None:
    """Give this process at most `_SHARE` of the machine's memory, and no core file."""
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        import resource  # not on Windows

        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (int(whole * _SHARE), resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refused(asked: dict[str, object]) -> str:
    """Why the net is refused; "" where it is not."""
    card = ModelCard.model_validate_json(json.dumps(asked["card"]))
    try:
        recogniser = Recogniser(card, Path(str(asked["file"])), limit=float(str(asked["limit"])))
        recogniser.one_at_a_time().embed(made_up(card.preprocess, 1))
    except FacegapError as error:
        return str(error)
    except MemoryError:
        return f"{card.name}: the net needs more memory than there is"
    return ""


def main() -> None:
    """Try what standard input asks for; the answer is a line of JSON."""
    try:
        asked = json.load(sys.stdin)
        _bounded()
        print(json.dumps({"refused": _refused(asked)}), flush=True)
    except KeyboardInterrupt:
        os._exit(1)
    # At once: a net that was told to stop may compute on.
    os._exit(0)


if __name__ == "__main__":
    main()
