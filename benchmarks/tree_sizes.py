"""How large functions and files are, and where names of columns stand: `python benchmarks/tree_sizes.py FOLDER ...`

A column's name "stands" wherever it is a text or a keyword of its own in the package or the tests. Prints one line a
measure and folder, so that two checkouts can be laid side by side.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

COLUMNS = [
    "n_eff",
    "design_effect",
    "rest_n_eff",
    "ratio_80",
    "people_1_5",
    "share_of_people",
    "wrongly_accepted_per_10000",
    "discarded_share",
    "by_quality_low",
    "at_same_quality",
    "against_others_low",
    "fnmr_clean",
    "fpir_model_low",
    "model_less_measured",
    "fmr_from",
    "p_permutation",
    "other_threshold",
    "only_other",
    "p_mcnemar",
    "tail_subjects",
    "end_point",
    "anderson_darling",
    "own_threshold_low",
    "attempt_correlation",
    "bytes_per_attempt",
    "own_weight",
    "rate_optimistic",
    "null_low",
    "visible_80",
    "threshold_high",
]
"""Names that are columns of tables and nothing else."""


def modules(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file below `folder`."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def functions(folder: Path) -> list[int]:
    """Lines of every function and method."""
    return [
        node.end_lineno - node.lineno + 1
        for _, tree in modules(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None
    ]


def positional_records(folder: Path) -> int:
    """Dataclasses of more than four fields that take them by position."""
    found = 0
    for _, tree in modules(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                how = [ast.unparse(one) for one in node.decorator_list if ast.unparse(one).startswith("dataclass")]
                fields = sum(isinstance(one, ast.AnnAssign) for one in node.body)
                found += bool(how) and fields > 4 and "kw_only" not in how[0]
    return found


def starred_tuples(folder: Path) -> int:
    """Literal tuples that are unpacked where they stand."""
    return sum(
        isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple)
        for _, tree in modules(folder)
        for node in ast.walk(tree)
    )


def module_caches(folder: Path) -> int:
    """Functions that keep what they gave for as long as the process lives."""
    return sum(
        any("lru_cache" in ast.unparse(one) for one in node.decorator_list)
        for _, tree in modules(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )


def declarations(folder: Path) -> int:
    """How often the columns of `COLUMNS` are named in a list of columns or as a field, over how many there are."""
    found = 0
    for _, tree in modules(folder):
        for node in ast.walk(tree):
            if isinstance(node, (ast.Tuple, ast.List)):
                found += sum(isinstance(one, ast.Constant) and one.value in COLUMNS for one in node.elts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
                found += sum(word in COLUMNS for word in node.value.split())
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found += node.target.id in COLUMNS
    return found


def main() -> None:
    for folder in map(Path, sys.argv[1:]):
        sizes, files = functions(folder), [len(p.read_text(encoding="utf-8").splitlines()) for p, _ in modules(folder)]
        print(f"{folder}")
        print(f"  files {len(files)}, lines {sum(files)}; median {statistics.median(files):g}, largest {max(files)}")
        deciles = statistics.quantiles(sizes, n=10)
        print(f"  functions {len(sizes)}, lines median {statistics.median(sizes):g}, 90th percentile {deciles[-1]:g}")
        print(f"  positional records of more than four fields {positional_records(folder)}")
        print(
            f"  unpacked literal tuples {starred_tuples(folder)}, caches that outlive a build {module_caches(folder)}"
        )
        print(f"  {len(COLUMNS)} column names declared {declarations(folder)} times")


if __name__ == "__main__":
    main()
