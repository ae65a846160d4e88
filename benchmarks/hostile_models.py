"""Nets and archives that attack, mislead or surprise, through the real command line: what is taken, and how it ends.

    python benchmarks/hostile_models.py > benchmarks/hostile_models.md

Every net is pinned by a card and put through `facegap models check`, and every archive through `facegap models pull`.
Failed is what ends in a traceback, is killed by a signal, takes longer than allowed, is accepted in silence, or is
refused without the line that is right (tests/hostile.py says which). The side file that nets name lies where they look.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import hostile  # noqa: E402
import tiny  # noqa: E402
from facegap import store  # noqa: E402

LIMIT = 3.0
"""Seconds of `--limit`."""

LONGEST = 120.0
"""Seconds after which a command is taken for one that hangs; most of them are Python's start on a busy machine."""

PULL = """
[pull]
package = "weights"
version = "1.0"
kind = "{kind}"
sha256 = "{archive}"
converter = "dlib"

[pull.members]
"weights/net.bin" = "{member}"
"""


def card(place: Path, sha256: str, more: tuple[tuple[str, str], ...], pull: str = "") -> None:
    """Write the card of the net."""
    values = {"name": "tiny", "layout": "NCHW", "similarity": "cosine", "more": "", "dim": 16}
    text = tiny.CARD.format(sha256=sha256, **values)
    for old, new in more:
        text = text.replace(old, new, 1)
    (place / "models").mkdir(exist_ok=True)
    (place / "models" / "tiny.toml").write_text(text + pull, encoding="utf-8")


def check(place: Path, case: hostile.Case) -> list[str]:
    """Write the net; the words of the command."""
    data = case.make()
    card(place, store.sha256_bytes(data), case.more)
    (place / "models" / "tiny.onnx").write_bytes(data)
    words = ["check", "tiny", "--detector", "aligned-none", "--dataset", "patterns", "--root", "data"]
    return [*words, "--limit", f"{LIMIT:g}"]


def pull(place: Path, case: hostile.Case) -> list[str]:
    """Write the archive; the words of the command."""
    data = case.make()
    kind = "wheel" if case.name.startswith("zip") else "sdist"
    more = PULL.format(kind=kind, archive=store.sha256_bytes(data), member="1" * 64)
    card(place, "2" * 64, (), more)
    (place / "archive").write_bytes(data)
    return ["pull", "tiny", "--from", "archive"]


def failure(place: Path, words: list[str], case: hostile.Case) -> str:
    """How the command failed at the case; "" where it did what is right."""
    command = [sys.executable, "-m", "facegap", "models", *words]
    start = time.monotonic()
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return "hang"
    said = (done.stdout + done.stderr).decode(errors="replace")
    if os.environ.get("HOSTILE_SHOW"):
        print(f"{case.kind}: {case.name}: {done.returncode}, {time.monotonic() - start:.1f} s\n{said}", file=sys.stderr)
    if "Traceback" in said:
        return "traceback"
    if done.returncode not in (0, 2, 3):
        return f"ended with {done.returncode}"
    if not case.accepted and done.returncode == 0:
        return "silent acceptance"
    return "" if any(case.says in line for line in said.splitlines()) else "not the right line"


def main() -> None:
    """Print tried and failed by class."""
    tried: Counter[str] = Counter()
    failed: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tiny.make_data(place / "data", each=2)
        (place / "datasets").mkdir()
        (place / "datasets" / "patterns.toml").write_text(tiny.DATASET, encoding="utf-8")
        (place / "models").mkdir()
        for beside in (place, place / "models"):
            np.ones(16, dtype=np.float32).tofile(beside / hostile.SIDE_FILE)
        os.environ["FACEGAP_CACHE"] = str(place / "cache")
        for case in [*hostile.ONNX, *hostile.ARCHIVES]:
            words = pull(place, case) if case.kind == "archive" else check(place, case)
            tried[case.kind] += 1
            how = failure(place, words, case)
            if how:
                failed.setdefault(case.kind, []).append(f"{case.name}: {how}")
    print("# Hostile and unusual models\n")
    print("Made by `python benchmarks/hostile_models.py`, which says what failed means.\n")
    print("| class | tried | failed | which |\n|---|---|---|---|")
    for kind, count in tried.items():
        print(f"| {kind} | {count} | {len(failed.get(kind, []))} | {'; '.join(failed.get(kind, []))} |")
    print(f"| all | {tried.total()} | {sum(map(len, failed.values()))} | |")


if __name__ == "__main__":
    main()
