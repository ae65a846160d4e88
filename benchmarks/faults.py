"""What faults do to a run: `python benchmarks/faults.py [TRIES]` writes benchmarks/faults.md.

A study of made pictures (tests/tiny.py) runs by the command line, each time in a process of its own. Classes of faults:

- stops: KILL, INT, TERM and HUP at random moments of a run with an empty cache, then the same command again: its tables
  and evidence must be, byte for byte, those of a run that nothing stopped, and no part of a results folder may be left
  that is taken for one;
- flipped bits: one bit in one file of a complete cache, in every kind of file there is, then the same command: the same
  bytes, or one clear line and no results;
- cut and emptied files of the cache, likewise.

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
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import tiny  # noqa: E402

SEED = 20261128
SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")
main_of_facegap: Callable[[], None]
"""The command line, once it is imported."""

STUDY = (
    tiny.STUDY.replace('groups = [["group"], ["group", "size"]]', 'groups = [["group"]]')
    .replace("fmr = [0.05, 0.01]", "fmr = [0.05]")
    .replace("min_subjects = 4", "min_subjects = 4\ndraws = 100")
)
"""Fewer tables than the tests' study has: they are computed from the same evidence."""


class Child:
    """The study in a process of its own, forked from this one, which has imported everything already."""

    def __init__(self, place: Path) -> None:
        self.said = place / "said.txt"
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._run(place)

    def _run(self, place: Path) -> None:
        os.chdir(place)
        said = os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(said, stream)
        # Ctrl-C is hidden from what runs in the background.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["facegap", "run", "tiny.toml"]
        code = 1
        try:
            main_of_facegap()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            sys.stderr.flush()
            os._exit(code)

    def wait(self, seconds: float) -> bool:
        """Whether it ended within so many seconds."""
        end = time.monotonic() + seconds
        while self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                return False
            else:
                time.sleep(0.005)
        return True

    def error(self) -> str:
        """What it printed."""
        return self.said.read_text(encoding="utf-8", errors="replace")


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


def run(place: Path) -> tuple[int, str, Path | None]:
    """Exit code, output and the results folder, if there is one, of a run that nothing stops."""
    shutil.rmtree(place / "results", ignore_errors=True)
    child = Child(place)
    if not child.wait(600):
        os.kill(child.pid, signal.SIGKILL)
        child.wait(60)
    found = [path for path in (place / "results").glob("*") if not path.name.startswith(".")]
    return child.returncode or 0, child.error(), found[0] if found else None


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
    _cache(place, whole, rows=False)
    started = time.monotonic()
    run(place)
    took = time.monotonic() - started
    for number in range(tries):
        name = SIGNALS[number % len(SIGNALS)]
        _cache(place, whole, rows=False)
        shutil.rmtree(place / "results", ignore_errors=True)
        child = Child(place)
        if child.wait(rng.uniform(0, took)):
            tally.add(name, "was done before", ok=child.returncode == 0)
            continue
        os.kill(child.pid, getattr(signal, name))
        child.wait(600)
        left = [path for path in (place / "results").glob("*") if not path.name.startswith(".")]
        if left and state(left[0]) != wanted:
            tally.add(name, "half a results folder", ok=False)
        elif "Traceback" in child.error():
            tally.add(name, "a traceback", ok=False)
            print(child.error()[-3000:], file=sys.stderr)
        else:
            judge(tally, name, run(place), wanted)


def _cache(place: Path, whole: Path, rows: bool) -> Path:
    """A copy of the whole cache in its place; without templates and acquisitions unless `rows`."""
    cache = place / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(whole, cache)
    for kind in () if rows else ("templates", "acquisitions"):
        shutil.rmtree(cache / kind)
    return cache


KINDS = ("templates", "acquisitions", "compiled", "id-secret")


def damage(tally: Tally, place: Path, whole: Path, wanted: str, tries: int, rng: random.Random) -> None:
    """One bit, an end or everything of one file of the cache."""
    for number in range(tries):
        kind = KINDS[number % len(KINDS)]
        how = ("a flipped bit", "a flipped bit", "a flipped bit", "cut short", "emptied")[number // len(KINDS) % 5]
        cache = _cache(place, whole, rows=True)
        files = sorted(path for path in (cache / kind).rglob("*") if path.is_file() and path.stat().st_size)
        path = rng.choice(files) if files else cache / kind
        path.write_bytes(_damaged(path.read_bytes(), how, rng))
        judge(tally, f"{how}: {kind}", run(place), wanted)


def _damaged(data: bytes, how: str, rng: random.Random) -> bytes:
    if how == "emptied":
        return b""
    if how == "cut short":
        return data[: rng.randrange(1, len(data))]
    place, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def cost() -> str:
    """What the digest of a row costs beside reading the row, in one process."""
    code = (
        "import time, os\nfrom facegap import store\n"
        "rows = {f'{k:064x}': os.urandom(2048) for k in range(20000)}\n"
        "keys = list(rows)\n"
        "with store.RowCache('templates', 'cost') as cache:\n"
        "    cache.put_many(rows)\n"
        "    bare = lambda: {key: value for key, value, _ in cache._get_many(keys)}\n"
        "    def took(work):\n"
        "        start = time.process_time(); work(); return time.process_time() - start\n"
        "    pairs = [(took(bare), took(lambda: cache.get_many(keys))) for _ in range(15)]\n"
        "read, whole = (min(side) for side in zip(*pairs))\n"
        "print(f'{whole / read:.2f}')\n"
    )
    with tempfile.TemporaryDirectory() as name:
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "bench"), "FACEGAP_CACHE": f"{name}/cache"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _nothing(folder: Path) -> None:
    """In place of the page."""


def _import(cache: Path) -> None:
    """Import what a run needs, once, with the cache that every run has: compiled code is a part of it."""
    global main_of_facegap
    for name in ("NUMBA_CACHE_DIR", "FACEGAP_SECRET"):
        os.environ.pop(name, None)
    os.environ |= {"FACEGAP_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    from facegap import report, schema
    from facegap.cli import main as command
    from facegap.cli import summary  # noqa: F401 - a run imports it
    from facegap.tables.build import TABLES

    # All are computed from the same evidence; these are enough to see another number in it.
    kept = (schema.AcquisitionRow, schema.ThresholdRow, schema.RateRow, schema.CrossRow, schema.DetRow)
    for row in set(TABLES) - set(kept):
        del TABLES[row]
    # The page takes most of a small run's time and is drawn from the tables.
    report.write = _nothing
    main_of_facegap = command


def main() -> None:
    """Every class, and the table."""
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rng, tally = random.Random(SEED), Tally()
    with tempfile.TemporaryDirectory() as name:
        place, whole = tiny.make_place(Path(name) / "place", STUDY), Path(name) / "whole"
        _import(place / "cache")
        code, error, results = run(place)
        assert code == 0 and results is not None, error
        wanted = state(results)
        shutil.copytree(place / "cache", whole)
        judge(tally, "nothing wrong", run(place), wanted)
        damage(tally, place, whole, wanted, tries, rng)
        stops(tally, place, whole, wanted, tries, rng)
    lines = [
        "# What faults do to a run",
        "",
        f"`python benchmarks/faults.py {tries}`, seed {SEED}; the script says what is done. A failure is other bytes",
        "than those of a run that nothing disturbed, a traceback, or neither results nor one clear line.",
        "",
        *tally.lines(),
        "",
        f"Reading 20,000 rows of 2 KB with their digests checked takes {cost()} times the processor time of reading",
        "them without.",
    ]
    (HERE / "faults.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    sys.exit(1 if sum(tally.failed.values()) else 0)


if __name__ == "__main__":
    main()
