"""The page that counts kinds of wrong files counts the cases of the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cases(path: Path, name: str) -> int:
    """How many entries the dict or list of that name has."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = node.value  # type: ignore[attr-defined]
            return len(value.keys) if isinstance(value, ast.Dict) else len(value.elts)
    raise AssertionError(f"{path}: no {name}")


def test_kinds_of_wrong_files_are_as_many_as_the_page_says() -> None:
    text = (ROOT / "docs" / "outside-evidence.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| (\d+) \| `(\w+)` in (tests/\S+\.py) \|$", text, flags=re.M)
    assert {(name, path): int(count) for count, name, path in rows} == {
        (name, path): cases(ROOT / path, name) for _, name, path in rows
    }
    assert len(rows) == 8 and sum(int(count) for count, _, _ in rows) >= 40
