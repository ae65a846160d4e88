"""What faults do to a run: `python benchmarks/faults.py [TRIES]` writes benchmarks/faults.md.

A study of made pictures (tests/tiny.py) runs by the command line in processes of its own. Classes of faults:

- stops: KILL, INT, TERM and HUP at random moments of a run with an empty cache, then the same command again: its tables
  and evidence must be, byte for byte, those of a run that nothing stopped, and no part of a results folder may be left
  that is taken for one;
- flipped bits: one bit in one file of a complete cache, in every kind of file there is, then the same command: the same
  bytes, or one clear line and no results;
- cut and emptied files of the cache, likewise;
- a cache that cannot be written: complete, it must serve a run.

"failed" counts tries that gave other bytes, a traceback, or neither results nor one clear line.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import tiny  # noqa: E402

SEED = 20261128
SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")
SECRET = "00112233445566778899aabbccddeeff"

# The page takes most of a small run's time and is drawn from the tables; Ctrl-C is hidden from background processes.
RUN = """
import signal, sys
from facegap import report
from facegap.cli import main
report.write = lambda folder: None
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["facegap", "run", "tiny.toml"]
main()
"""


class Tally:
    """Tries and failures by class, and what a try came to."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.ends: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, name: str, end: str, ok: bool) -> None:
        """Count one try."""
        self.tried[name] += 1
        self.failed[name] += not ok
        self.ends[name][end] += 1
        print(f"{name}: {end}{'' if ok else '  FAILED'}", file=sys.stderr, flush=True)

    def lines(self) -> Iterator[str]:
        """The table."""
        yield "| class | tried | failed | what they came to |"
        yield "|---|---|---|---|"
        for name, tried in self.tried.items():
            ends = "; ".join(f"{count} {end}" for end, count in self.ends[name].most_common())
            yield f"| {name} | {tried} | {self.failed[name]} | {ends} |"


def start(place: Path, cache: Path) -> subprocess.Popen[str]:
    """The study as a process of its own."""
    given = {"PYTHONPATH": str(HERE.parent / "bench"), "FACEGAP_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    # Compiled code is part of the cache here.
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "FACEGAP_SECRET")}
    return subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=place,
        env=environment | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(place: Path, cache: Path) -> tuple[int, str, Path | None]:
    """Exit code, standard error and the results folder, if there is one, of a run that nothing stops."""
    shutil.rmtree(place / "results", ignore_errors=True)
    with start(place, cache) as process:
        _, error = process.communicate(timeout=300)
    found = [path for path in (place / "results").glob("*") if not path.name.startswith(".")]
    return process.returncode, error, found[0] if found else None


def state(results: Path) -> str:
    """A digest of all that a run computed: the manifest and the sums hold times."""
    parts = sorted(path for path in results.rglob("*") if path.is_file())
    kept = [path for path in parts if path.name not in ("manifest.json", "SHA256SUMS", "report-failed.txt")]
    said = "".join(f"{path.relative_to(results)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in kept)
    return hashlib.sha256(said.encode()).hexdigest()


def judge(tally: Tally, name: str, found: tuple[int, str, Path | None], wanted: str) -> None:
    """The same bytes, or one clear line without results."""
    code, error, results = found
    said = [line for line in error.splitlines() if line.startswith("facegap: ")]
    if code == 0 and results is not None:
        same = state(results) == wanted
        noted = " and said" if any("cache: " in line for line in said) else ""
        tally.add(name, f"the same bytes{noted}" if same else "other bytes", same)
    else:
        clear = code in (2, 3) and len(said) >= 1 and "Traceback" not in error and results is None
        tally.add(name, "one clear line" if clear else f"exit code {code}", clear)
        if not clear:
            print(error[-2000:], file=sys.stderr)


def stops(tally: Tally, place: Path, whole: Path, wanted: str, tries: int, rng: random.Random) -> None:
    """A signal at a random moment, then the same command."""
    took = time.monotonic()
    fresh = _without_rows(place, whole)
    run(place, fresh)
    took = time.monotonic() - took
    for number in range(tries):
        name = SIGNALS[number % len(SIGNALS)]
        cache = _without_rows(place, whole)
        shutil.rmtree(place / "results", ignore_errors=True)
        with start(place, cache) as process:
            try:
                process.wait(timeout=rng.uniform(0, took))
                tally.add(name, "was done before", ok=process.returncode == 0)
                continue
            except subprocess.TimeoutExpired:
                process.send_signal(getattr(signal, name))
            _, error = process.communicate(timeout=300)
        visible = [path for path in (place / "results").glob("*") if not path.name.startswith(".")]
        if visible and state(visible[0]) != wanted:
            tally.add(name, "half a results folder", ok=False)
        elif "Traceback" in error and _started(error):
            tally.add(name, "a traceback", ok=False)
            print(error[-2000:], file=sys.stderr)
        else:
            judge(tally, name, run(place, cache), wanted)


def _started(error: str) -> bool:
    """Whether facegap itself was running: Python may be stopped while it is still being imported."""
    return "facegap/cli/__init__.py" in error


def _without_rows(place: Path, whole: Path) -> Path:
    """A copy of the cache without templates and acquisitions: code need not be compiled each time."""
    cache = place / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(whole, cache)
    for kind in ("templates", "acquisitions"):
        shutil.rmtree(cache / kind)
    return cache


KINDS = ("templates", "acquisitions", "compiled", "id-secret")


def damage(tally: Tally, place: Path, whole: Path, wanted: str, tries: int, rng: random.Random) -> None:
    """One bit, an end or everything of one file of the cache."""
    for number in range(tries):
        kind = KINDS[number % len(KINDS)]
        how = ("a flipped bit", "a flipped bit", "a flipped bit", "cut short", "emptied")[number // len(KINDS) % 5]
        cache = place / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(whole, cache)
        files = sorted(path for path in (cache / kind).rglob("*") if path.is_file() and path.stat().st_size)
        path = rng.choice(files) if files else cache / kind
        data = bytearray(path.read_bytes())
        if how == "a flipped bit":
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(
            data if how == "a flipped bit" else data[: rng.randrange(1, len(data))] if how[0] == "c" else b""
        )
        judge(tally, f"{how}: {kind}", run(place, cache), wanted)


def cost() -> str:
    """What the digest of a row costs beside reading the row, in one process."""
    code = (
        "import time, os\nfrom facegap import store\n"
        "rows = {f'{k:064x}': os.urandom(2048) for k in range(20000)}\n"
        "keys = list(rows)\n"
        "with store.RowCache('templates', 'cost') as cache:\n"
        "    cache.put_many(rows)\n"
        "    def took(work):\n"
        "        best = 1e9\n"
        "        for _ in range(7):\n"
        "            start = time.perf_counter(); work(); best = min(best, time.perf_counter() - start)\n"
        "        return best\n"
        "    read = took(lambda: list(cache._get_many(keys)))\n"
        "    whole = took(lambda: cache.get_many(keys))\n"
        "print(f'{whole / read:.2f}')\n"
    )
    with tempfile.TemporaryDirectory() as name:
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "bench"), "FACEGAP_CACHE": f"{name}/cache"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    """Every class, and the table."""
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rng, tally = random.Random(SEED), Tally()
    with tempfile.TemporaryDirectory() as name:
        place = tiny.make_place(Path(name) / "place")
        whole = Path(name) / "whole"
        code, error, results = run(place, whole)
        assert code == 0 and results is not None, error
        wanted = state(results)
        judge(tally, "nothing wrong", run(place, whole), wanted)
        damage(tally, place, whole, wanted, tries, rng)
        stops(tally, place, whole, wanted, tries, rng)
    lines = [
        "# What faults do to a run",
        "",
        f"`python benchmarks/faults.py {tries}`, seed {SEED}; what is done is said in the script. A failure is other bytes "
        "than those of",
        "a run that nothing disturbed, a traceback, or neither results nor one clear line.",
        "",
        *tally.lines(),
        "",
        f"Reading 20,000 rows of 2 KB with their digests checked takes {cost()} times as long as reading them without.",
    ]
    (HERE / "faults.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    sys.exit(1 if sum(tally.failed.values()) else 0)


if __name__ == "__main__":
    main()
