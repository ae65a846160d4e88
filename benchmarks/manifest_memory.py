"""How much memory a manifest of many rows takes to read: `python benchmarks/manifest_memory.py [ROWS]`.

Each case is a process of its own; what is printed is the growth of its peak over that of the imports. The files exist
in the walk of the root only, which is given, so that no million files need to be made.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

CARD = """\
name = "many"
version = "1"
title = "many rows"
licence = "none"
terms = "none"
status = "open"
adapter = "csv"
citation = "none"
[files]
manifest = "index.csv"
[groups.gender]
values = ["female", "male"]
label_source = "self-report"
[groups.ethnicity]
values = ["A", "B", "C", "D"]
label_source = "self-report"
"""

CASES = ("every file is there", "no file is there", "every label is unknown")


def path_of(row: int) -> str:
    """As data sets name them: a folder a person, ten pictures each."""
    return f"images/person_{row // 10:06d}/{row % 10:04d}.jpg"


def write(folder: Path, rows: int, case: str) -> None:
    """The card and the manifest."""
    (folder / "many.toml").write_text(CARD, encoding="utf-8")
    with (folder / "index.csv").open("w", encoding="utf-8") as file:
        file.write("sample_id,subject_id,path,gender,ethnicity\n")
        for row in range(rows):
            gender = "other" if case == CASES[2] else ("female", "male")[row // 10 % 2]
            file.write(f"sample{row:07d},person_{row // 10:06d},{path_of(row)},{gender},{'ABCD'[row // 20 % 4]}\n")


def measure(folder: Path, rows: int, case: str) -> None:
    """Read it, and print the growth of the peak in MB."""
    from facegap.cards import load_dataset
    from facegap.datasets.adapters import manifest
    from facegap.datasets.files import Tree

    # Each path is a text of its own, as a walk gives them.
    files = frozenset(path_of(row) for row in range(rows)) if case != CASES[1] else frozenset()
    setattr(manifest, "walk", lambda _: Tree(files, {}))  # noqa: B010 - in place of the walk
    card = load_dataset(str(folder / "many.toml"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    loaded = manifest.load(card, folder)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"| {case} | {len(loaded.samples):,} | {len(loaded.refused):,} | {(after - before) / 1024:.0f} |")


def main() -> None:
    """Every case, each in a process."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{rows:,} rows\n\n| case | samples | refused | MB |\n|---|---|---|---|", flush=True)
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), rows, case)
            subprocess.run([sys.executable, __file__, "--one", name, str(rows), case], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        main()
