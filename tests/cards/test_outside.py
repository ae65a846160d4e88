"""Cards of models of which only scores or templates arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegap.cards import load_model, load_scores_card, load_templates_card
from facegap.errors import CardError

HEAD = 'name = "v"\nversion = "1"\ntitle = "V"\nlicence = "contract"\nsource = "vendor"\n'
SCORES = HEAD + 'kind = "scores"\ndirection = "distance"\nrange = [0.0, 2.0]\nvendor_threshold = 0.6\n'
TEMPLATES = (
    HEAD + 'kind = "templates"\ndim = 128\nsimilarity = "negative-l2"\nnormalised = false\nvendor_threshold = 0.6\n'
)


def _card(folder: Path, text: str) -> str:
    (folder / "v.toml").write_text(text, encoding="utf-8")
    return str(folder / "v.toml")


def test_a_distance_is_the_negative_of_a_score(tmp_path: Path) -> None:
    assert load_scores_card(_card(tmp_path, SCORES)).score_threshold == -0.6
    assert load_templates_card(_card(tmp_path, TEMPLATES)).score_threshold == -0.6
    without = TEMPLATES.replace("vendor_threshold = 0.6\n", "")
    assert load_templates_card(_card(tmp_path, without)).score_threshold is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("range = [0.0, 2.0]", "range = [2.0, 0.0]", "range: the least comes before the largest"),
        ("range = [0.0, 2.0]", "range = [1.0, 2.0]", "vendor_threshold: 0.6 is outside the range"),
        ('"distance"', '"higher"', "direction: "),
        ('kind = "scores"', 'kind = "templates"', "kind: expected 'scores' here, found 'templates'"),
        ('kind = "scores"', 'kind = "recogniser"', "kind: expected 'scores' here, found 'recogniser'"),
    ],
)
def test_a_rule_that_is_broken_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(CardError, match=says.replace("[", r"\[")):
        load_scores_card(_card(tmp_path, SCORES.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("vendor_threshold = 0.6", "vendor_threshold = 0.0", "vendor_threshold: an L2 distance is above 0"),
        ('"negative-l2"', '"cosine"\nnotes = ""', ""),
        ("dim = 128", "dim = 1", "dim: "),
    ],
)
def test_templates_likewise(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = _card(tmp_path, TEMPLATES.replace(old, new))
    if not says:
        assert load_templates_card(path).score_threshold == 0.6
        return
    with pytest.raises(CardError, match=says):
        load_templates_card(path)


def test_a_net_is_not_asked_of_it(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="kind: expected 'recogniser' here, found 'scores'"):
        load_model(_card(tmp_path, SCORES))
