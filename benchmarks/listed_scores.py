"""How fast, and in how much memory, scores of a list are read: `python benchmarks/listed_scores.py [SCORES]`.

Each case is a process of its own. Beside `read_listed`, which checks every line, stands `pandas.read_csv` on the same
file, which checks nothing; both with and without looking up what each line names.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

PEOPLE, EACH = 10_000, 5
N = PEOPLE * EACH
STRIDE = 1_618_033_987  # odd, and no multiple of 5: N * N is 2^8 5^10
FORMS = ("pair,score", "reference,probe,score")
READERS = ("read_listed", "pandas.read_csv", "pandas.read_csv, looked up")
IN_CHUNKS = "pandas.read_csv in chunks"
MANY = 50_000_000
"""From so many on pandas reads in chunks of a million lines: whole, it would need more memory than most have."""


def world(count: int) -> tuple[Any, Any]:
    """Samples' ids, and so many comparisons of them."""
    from facegap.outside import Ids
    from facegap.outside.ids import DIGITS
    from facegap.records import ListedTrials

    rng = np.random.default_rng(1)
    names = np.array([f"i{x:016x}" for x in rng.integers(0, 2**63, N).tolist()], dtype=f"U{DIGITS + 1}")
    own = np.array([f"{k:06}" for k in range(N)])
    subjects = np.array([f"p{k // EACH:05}" for k in range(N)])
    ids = Ids(exported=names, own=own, subjects=subjects, secret=bytes(32))
    a, b = distinct_pairs(count)
    return ids, ListedTrials(a, b)


def distinct_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """So many different comparisons in an order that looks drawn, without a table of all that there could be.

    Pairs of one person come first, all of them or a tenth of what is asked; the rest walk through all pairs by a stride
    that has no divisor in common with their number, so that none is met twice.
    """
    mated = np.array([(EACH * p + i, EACH * p + j) for p in range(PEOPLE) for i in range(EACH) for j in range(i)])
    mated = mated[: count // 10]
    keys = (np.arange(int(1.01 * count) + N, dtype=np.int64) * STRIDE) % (N * N)
    a, b = np.divmod(keys, N)
    others = np.flatnonzero(a // EACH != b // EACH)[: count - len(mated)]
    return np.concatenate([mated[:, 0], a[others]]), np.concatenate([mated[:, 1], b[others]])


def keep(folder: Path, count: int) -> None:
    """The world in a file, so that making it is no part of the memory that is measured."""
    ids, trials = world(count)
    np.savez(folder / "world.npz", names=ids.exported, reference=trials.reference, probe=trials.probe)


def kept(folder: Path) -> tuple[Any, Any]:
    """The world from its file."""
    from facegap.outside import Ids
    from facegap.records import ListedTrials

    found = np.load(folder / "world.npz")
    own = np.array([f"{k:06}" for k in range(N)])
    subjects = np.array([f"p{k // EACH:05}" for k in range(N)])
    ids = Ids(exported=found["names"], own=own, subjects=subjects, secret=bytes(32))
    return ids, ListedTrials(found["reference"], found["probe"])


def pairs_of(count: int) -> np.ndarray:
    """Ids of pairs, drawn as hashes are."""
    return np.array([f"p{x:016x}" for x in np.random.default_rng(2).integers(0, 2**63, count).tolist()])


def write(path: Path, form: str) -> None:
    """The file, in an order of its own."""
    ids, trials = kept(path.parent)
    rng = np.random.default_rng(3)
    scores = rng.normal(size=len(trials)).astype(np.float32) + 4 * (trials.reference // EACH == trials.probe // EACH)
    order = rng.permutation(len(trials))
    names = pairs_of(len(trials)) if form == FORMS[0] else None
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{form}\n")
        for start in range(0, len(order), 1 << 16):
            part = order[start : start + (1 << 16)]
            if names is not None:
                lines = [f"{p},{s:.9g}" for p, s in zip(names[part], scores[part].tolist(), strict=True)]
            else:
                sides = ids.exported[trials.reference[part]], ids.exported[trials.probe[part]]
                lines = [f"{a},{b},{s:.9g}" for a, b, s in zip(*sides, scores[part].tolist(), strict=True)]
            file.write("\n".join(lines) + "\n")


def measure(path: Path, form: str, reader: str) -> None:
    """Read the file, and print seconds and the growth of the peak in MB."""
    import pandas

    from facegap.cards.outside import ScoresCard
    from facegap.outside import read_listed

    text = {"kind": "scores", "name": "v", "version": "1", "title": "t", "licence": "l", "source": "s"}
    card = ScoresCard.model_validate({**text, "direction": "similarity"})
    ids, trials = kept(path.parent)
    pairs = pairs_of(len(trials)) if form == FORMS[0] else None
    rows = ids.rows
    # The peak from here on (Linux); what was needed before is none of the reader's.
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before, start = status("VmRSS"), time.perf_counter()
    if reader == READERS[0]:
        assert np.isfinite(read_listed([path], card, ids, trials, pairs).score).all()
    elif reader == IN_CHUNKS:
        assert sum(len(frame) for frame in pandas.read_csv(path, chunksize=1_000_000)) == len(trials)
    else:
        frame = pandas.read_csv(path)
        if reader == READERS[2] and pairs is not None:
            pandas.Series(np.arange(len(pairs)), index=pairs).reindex(frame["pair"]).to_numpy()
        elif reader == READERS[2]:
            key = frame["reference"].map(rows).to_numpy() * N + frame["probe"].map(rows).to_numpy()
            wanted = pandas.Series(np.arange(len(trials)), index=trials.reference * N + trials.probe)
            wanted.reindex(key).to_numpy()
    seconds = time.perf_counter() - start
    print(f"{len(trials)} {path.stat().st_size} {seconds} {(status('VmHWM') - before) / 1024:.0f}")


def status(name: str) -> int:
    """A number of /proc/self/status, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Every form and reader, each in a process; rates relative to `pandas.read_csv` of the same run."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    what = "pandas.read_csv" if count < MANY else IN_CHUNKS
    print(f"| columns | reader | scores | MB of text | rate, of {what} | MB of memory |\n" + "|---" * 6 + "|")
    with tempfile.TemporaryDirectory() as place:
        keep(Path(place), count)
        for form in FORMS if count < MANY else FORMS[1:]:
            path = Path(place) / "scores.csv"
            write(path, form)
            found = {}
            readers = READERS if count < MANY else (READERS[0], IN_CHUNKS)
            for reader in readers:
                words = [sys.executable, __file__, "--one", str(path), form, reader]
                said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
                found[reader] = [float(word) for word in said]
            for reader, (scores, size, seconds, memory) in found.items():
                rate = found[readers[1]][2] / seconds
                print(f"| {form} | {reader} | {scores:,.0f} | {size / 1e6:,.0f} | {rate:.2f} | {memory:,.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        main()
