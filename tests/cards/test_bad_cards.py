"""One small broken file per rule of the cards, each with the lines that its author reads.

A file in tests/cards_bad/<kind>/ opens with `# expect: ...`, once per line of the message, without the file's own path.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from facegap.cards import (
    load_condition,
    load_dataset,
    load_detector,
    load_liveness,
    load_model,
    load_policy,
    load_population,
    load_study,
)
from facegap.errors import CardError

BAD = Path(__file__).resolve().parents[1] / "cards_bad"
LOADERS = {
    "model": load_model,
    "detector": load_detector,
    "liveness": load_liveness,
    "dataset": load_dataset,
    "condition": load_condition,
    "study": load_study,
    "policy": load_policy,
    "population": load_population,
}
FILES = sorted(BAD.glob("*/*.toml"))


def expected(path: Path) -> list[str]:
    lines = path.read_bytes().decode("latin-1").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
def test_the_message_of_a_broken_rule(path: Path) -> None:
    lines = expected(path)
    assert lines, "the file says nothing of what to expect"
    with pytest.raises(CardError) as error:
        LOADERS[path.parent.name](str(path))
    assert str(error.value).splitlines() == [f"{path}: {line}" for line in lines]


def test_every_kind_of_card_has_broken_files() -> None:
    assert {path.parent.name for path in FILES} == set(LOADERS)
