"""Constants that are ranges: read from cards, checked, and tried at both ends with everything else the same."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from facegap import conditions
from facegap.cards import ConditionCard
from facegap.errors import CardError

FOLDER = Path(__file__).parents[2] / "configs" / "conditions" / "phones"

CARD = """\
name = "veil"
title = "a veil"
source = "made by the tests"

[[steps]]
step = "jpeg"
quality = {quality}
subsampling = "4:2:0"
"""


def _card(folder: Path, quality: str) -> str:
    (folder / "veil.toml").write_text(CARD.format(quality=quality), encoding="utf-8")
    return str(folder / "veil.toml")


def test_a_range_is_its_own_number_until_it_is_tried(tmp_path: Path) -> None:
    plain = conditions.load(_card(tmp_path, "60"))
    wide = conditions.load(_card(tmp_path, "{ use = 60, low = 20, high = 90 }"))
    assert wide.steps[0].parameters == plain.steps[0].parameters
    assert conditions.digest(wide) == conditions.digest(plain), "a range alone changes no pixel"
    assert [end.condition for end in conditions.ends(wide)] == ["veil@jpeg.quality=20", "veil@jpeg.quality=90"]
    assert conditions.ends(plain) == ()


def test_what_a_manifest_keeps_is_the_card_again(tmp_path: Path) -> None:
    wide = conditions.load(_card(tmp_path, "{ use = 60, low = 20, high = 90 }"))
    assert ConditionCard.model_validate_json(wide.model_dump_json()) == wide
    assert "ranges" not in conditions.load("low-res-jpeg").model_dump_json()
    end = conditions.load(f"{_card(tmp_path, '{ use = 60, low = 20, high = 90 }')}@jpeg.quality=20")
    assert ConditionCard.model_validate_json(end.model_dump_json()) == end


@pytest.mark.parametrize(
    ("quality", "says"),
    [
        ("{ use = 60, low = 20 }", "quality: expected a number, or { use = ..., low = ..., high = ... }, found"),
        ("{ use = 60, low = 70, high = 90 }", "quality: expected low <= use <= high and low < high, found 70, 60, 90"),
        ("{ use = 60, low = 60, high = 60 }", "quality: expected low <= use <= high and low < high"),
        ("{ use = 60, low = 0, high = 90 }", "(jpeg): quality: expected a whole number from 1 to 100, found 0"),
        ("{ use = 60, low = 20, hihg = 90 }", "quality: expected a number, or {"),
    ],
)
def test_a_range_that_is_none(tmp_path: Path, quality: str, says: str) -> None:
    with pytest.raises(CardError) as error:
        conditions.load(_card(tmp_path, quality))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("low-res-jpeg@jpeg.quality", "expected step.parameter=value after @, found 'jpeg.quality'"),
        ("low-res-jpeg@jpg.quality=3", "has no step 'jpg', did you mean 'jpeg'?"),
        ("low-res-jpeg@jpeg.qualty=3", "jpeg has no 'qualty', did you mean 'quality'?"),
        ("low-res-jpeg@jpeg.quality=300", "quality: expected a whole number from 1 to 100, found 300"),
        ("low-res-jpeg@jpeg.quality=low", "quality: expected a whole number from 1 to 100, found 'low'"),
        ("low-res-jpeg@", "expected step.parameter=value after @, found ''"),
    ],
)
def test_a_change_that_is_none(name: str, says: str) -> None:
    with pytest.raises(CardError) as error:
        conditions.load(name)
    assert says in str(error.value)


def test_several_constants_at_once() -> None:
    card = conditions.load("old-2015+dim-tent+2g@meter.max_gain=8,lens.glare=0.06,meter.mode=face")
    steps = {step.step: step for step in card.steps}
    assert (steps["meter"].parameters["max_gain"], steps["meter"].parameters["mode"]) == (8, "face")
    assert steps["lens"].parameters["glare"] == 0.06
    assert card.plain_name == "old-2015+dim-tent+2g"
    left = {end.constant for end in conditions.ends(card)}
    assert not left & {"meter.max_gain", "lens.glare"}, "what was changed is no range"
    assert {"illumination.lux", "sensor.read_noise"} <= left


def test_the_noise_is_that_of_the_condition_itself() -> None:
    """Only the constant differs between both ends: the same seed, and at the card's own number the same pixels."""
    face = np.random.default_rng(4).integers(60, 200, (64, 48, 3)).astype(np.uint8)
    names = [f"old-2015+office+wifi{change}" for change in ("", "@meter.max_gain=16", "@meter.max_gain=8")]
    cards = [conditions.load(name) for name in names]
    pixels = [conditions.apply(card, face, conditions.rng_for(7, "one", card.plain_name)) for card in cards]
    np.testing.assert_array_equal(pixels[0], pixels[1])
    np.testing.assert_array_equal(pixels[0], pixels[2], "an office asks for less gain than 8")


DECIDING = {
    "camera": ("short_px", "pitch_um", "f_number", "full_well"),
    "meter": ("max_gain",),
    "sensor": ("read_noise",),
    "lens": ("glare",),
}


@pytest.mark.parametrize("name", conditions.parts("phones"))
def test_what_decides_has_its_source_or_a_range(name: str) -> None:
    """Resolution, pitch, f-number, full well, read noise, gain and glare: a range, or who published the number."""
    lines = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    for step in conditions.part("phones", name).steps:
        for constant in DECIDING.get(step.step, ()):
            if constant in step.ranges:
                low, high = step.ranges[constant]
                assert low < high, (name, constant)
            else:
                at = lines.index(f'step = "{step.step}"')
                line = next(one for one in lines[at:] if one.startswith(f"{constant} ="))
                assert "published" in line or "640 x 480" in line, (name, line)


@pytest.mark.parametrize("name", conditions.parts("phones"))
def test_every_phone_says_its_range_of_iso(name: str) -> None:
    """The card's own words, against 78 lx s over the exposure that fills a pixel at gain 1 (docs/conditions.md)."""
    steps = {step.step: step.parameters for step in conditions.part("phones", name).steps}
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    base, top = (float(number.replace(",", "")) for number in re.findall(r"# ISO ([\d,]+) to ([\d,]+)", text)[0])
    assert top / base == pytest.approx(float(str(steps["meter"]["max_gain"])), rel=0.05)
