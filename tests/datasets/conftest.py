"""Tiny data sets on disk, and cards for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facegap.cards import DatasetCard
from facegap.words import with_examples

GENDER = {"values": ("female", "male"), "label_source": "self-report"}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes files below a new root; a file's content is its own name unless it is given."""

    def write(*names: str, **contents: str | bytes) -> Path:
        root = tmp_path / "data"
        root.mkdir(exist_ok=True)
        texts: dict[str, str | bytes] = {name: name for name in names}
        texts.update({name.replace("__", "/"): content for name, content in contents.items()})
        for name, content in texts.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write


def card(**changes: Any) -> DatasetCard:
    """A csv card with one label column, `gender`, unless `changes` say otherwise."""
    content: dict[str, Any] = {
        "name": "tiny",
        "version": "1",
        "title": "Tiny",
        "licence": "CC0-1.0",
        "terms": "none",
        "status": "open",
        "adapter": "csv",
        "citation": "none",
        "files": {"manifest": "index.csv"},
        "groups": {"gender": GENDER},
    }
    return DatasetCard.model_validate({**content, **changes})


@pytest.fixture
def make_card() -> Callable[..., DatasetCard]:
    return card


def messages(findings: Any) -> list[str]:
    """The findings' lines, each with its level in front."""
    return [f"{one.level}: {with_examples(one.message, one.examples, one.advice)}" for one in findings]


@pytest.fixture
def lines_of() -> Callable[[Any], list[str]]:
    return messages
