"""Finding a card by name, and reading it strictly without changing what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from facegap.cards import (
    Card,
    card_names,
    card_path,
    load_condition,
    load_detector,
    load_liveness,
    load_model,
    load_scores_card,
    load_study,
    load_templates_card,
)
from facegap.cards.model import card_kind
from facegap.errors import CardError

CONDITION = """name = "dim"
title = "Dim"
source = "assumed, typical"
applies_to = "both"

[[steps]]
step = "exposure"
stops = -2
gamma = 1e-4
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, with a folder of conditions."""
    (tmp_path / "configs/conditions").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_card_in_the_working_directory_comes_first(here: Path) -> None:
    (here / "configs/conditions/clean.toml").write_text(CONDITION.replace("dim", "clean"), encoding="utf-8")
    assert card_path("configs/conditions", "clean") == here / "configs/conditions/clean.toml"
    (here / "configs/conditions/clean.toml").unlink()
    assert card_path("configs/conditions", "clean").is_file()


def test_numbers_keep_their_kind(here: Path) -> None:
    (here / "configs/conditions/dim.toml").write_text(CONDITION, encoding="utf-8")
    card = load_condition("dim")
    assert card.applies_to == "both"
    assert card.steps[0].step == "exposure"
    assert card.steps[0].parameters == {"stops": -2, "gamma": 1e-4}
    assert isinstance(card.steps[0].parameters["stops"], int)


def test_a_name_that_no_card_has(here: Path) -> None:
    (here / "configs/conditions/dim.toml").write_text(CONDITION, encoding="utf-8")
    names = ", ".join(card_names("configs/conditions"))
    message = f"no card named 'dmi' in configs/conditions/, did you mean 'dim'?; there are: {names}"
    with pytest.raises(CardError, match=f"^{re.escape(message)}$"):
        load_condition("dmi")


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=f"^{re.escape(str(tmp_path / 'no.toml'))}: no such file$"):
        load_model(str(tmp_path / "no.toml"))


def test_the_kind_of_a_card_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("kind: recogniser\n", encoding="utf-8")
    assert card_kind(broken) == "" == card_kind(tmp_path / "none.toml")


def test_a_threshold_is_a_score(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[1] / "cards_bad/model/l2_threshold_negative.toml").read_text(
        encoding="utf-8"
    )
    card = tmp_path / "good.toml"
    card.write_text(text.replace("vendor_threshold = -0.6", "vendor_threshold = 0.6"), encoding="utf-8")
    assert load_model(str(card)).score_threshold == -0.6
    card.write_text(text.replace("vendor_threshold = -0.6\n", ""), encoding="utf-8")
    assert load_model(str(card)).score_threshold is None


def test_every_card_and_study_that_comes_along_keeps_the_rules() -> None:
    for name in card_names("models"):
        kind = card_kind(card_path("models", name))
        load: dict[str, Callable[[str], Card]] = {
            "recogniser": load_model,
            "liveness": load_liveness,
            "scores": load_scores_card,
            "templates": load_templates_card,
        }
        assert vars(load.get(kind, load_detector)(name))["name"] == name
    for name in card_names("configs"):
        assert load_study(name)[0].name == name
    for kind in ("phones", "lights", "networks"):
        for name in card_names(f"configs/conditions/{kind}"):
            assert load_condition(str(card_path(f"configs/conditions/{kind}", name))).name == name
