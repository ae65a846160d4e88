"""axe's rules in an open page: those of WCAG 2 at levels A and AA, and its best practices."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from browser import Browser

PACKAGE = "axe_core_python"
"""Carries axe.min.js and nothing else."""


def script() -> Path | None:
    """axe's script; None where its package is not there."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).with_name("axe.min.js") if spec is not None and spec.origin else None


def violations(opened: Browser, source: Path) -> list[str]:
    """What is serious or critical, each with the first elements that it is about."""
    opened.run(source.read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = json.loads(
        opened.run("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
    )
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
