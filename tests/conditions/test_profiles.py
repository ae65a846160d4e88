"""The shipped profiles: all of them load, compose, run, say where their constants come from, and tell the story."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facegap import conditions
from facegap.colour import decode, to_bytes
from facegap.conditions import light, profiles, sensor, video
from facegap.conditions.chain import STEPS
from facegap.conditions.parameters import signature
from facegap.errors import CardError

FOLDER = Path(__file__).parents[2] / "configs" / "conditions"
PARTS = sorted(path for kind in profiles.KINDS for path in (FOLDER / kind).glob("*.toml"))


def face(skin: float) -> np.ndarray:
    """A head and shoulders of one reflectance before a room, as linear light."""
    rows, columns = np.mgrid[:120, :120]
    head = ((columns - 60) / 26) ** 2 + ((rows - 56) / 34) ** 2 < 1
    body = ((columns - 60) / 50) ** 2 + ((rows - 130) / 40) ** 2 < 1
    value = np.where(head, skin, np.where(body, 0.08, 0.35)).astype(np.float32)
    return np.ascontiguousarray(np.repeat(value[:, :, None], 3, axis=2))


def seen(name: str, skin: float) -> float:
    """Mean linear luminance of the face that the matcher receives."""
    out = conditions.apply(conditions.load(name), to_bytes(face(skin)), conditions.rng_for(0, "a", name), BOX)
    return float(decode(out[40:75, 45:75] / 255).mean())


BOX = (42.0, 32.0, 78.0, 80.0)


def test_the_parts_are_those_that_were_agreed():
    assert set(profiles.parts("phones")) >= {"budget-2019", "flagship-2024", "mid-range-2021", "old-2015", "webcam-vga"}
    assert set(profiles.parts("networks")) >= {"2g", "3g", "dropping", "wifi"}
    indoors, outdoors = {"office", "shelter-fluorescent", "dim-tent", "backlit-window"}, {"street-night", "noon-sun"}
    assert set(profiles.parts("lights")) >= indoors | outdoors


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.stem)
def test_every_constant_has_its_source_beside_it(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    constants = [
        line for line in lines if " = " in line and line.split(" = ")[0] not in HEAD and not line.startswith("locus")
    ]
    assert all("  # " in line for line in constants), [line for line in constants if "  # " not in line]
    assert any(line.startswith("source = ") for line in lines)


HEAD = ("name", "title", "source", "applies_to", "step")


def test_every_combination_is_a_valid_condition_of_its_own():
    names = profiles.combinations()
    assert len(names) == math.prod(len(profiles.parts(kind)) for kind in profiles.KINDS) >= 120
    cards = [conditions.load(name) for name in names]
    assert len({conditions.digest(card) for card in cards}) == len(names)
    assert all(card.applies_to == "probe" for card in cards)


def taking_pictures(phone: str) -> Any:
    """The phone, skipped where it films and nothing here codes a video."""
    films = video.filmed_by(conditions.load(f"{phone}+office+wifi"))
    reason = "H.264 is coded with PyAV: install facegap[video]"
    return pytest.param(phone, marks=pytest.mark.skipif(films and find_spec("av") is None, reason=reason))


PHONES = [taking_pictures(phone) for phone in profiles.parts("phones")]


@pytest.mark.parametrize("light_name", profiles.parts("lights"))
@pytest.mark.parametrize("phone", PHONES)
def test_every_phone_takes_a_picture_in_every_light(phone, light_name):
    name = f"{phone}+{light_name}+wifi"
    out = conditions.apply(conditions.load(name), to_bytes(face(0.3)), conditions.rng_for(0, "a", name), BOX)
    assert out.shape == (120, 120, 3) and out.dtype == np.uint8
    assert out.max() > 10


def test_the_noise_of_every_phone_stays_on_the_fast_path():
    """Skewness is largest at twice the read variance: 0.385 * spread / read noise, below the limit of the sensor."""
    for phone in profiles.parts("phones"):
        card = conditions.load(f"{phone}+office+wifi")
        read = next(step.parameters["read_noise"] for step in card.steps if step.step == "sensor")
        assert 0.385 / float(str(read)) < sensor.SKEW_LIMIT


def test_whole_frame_metering_before_a_window_turns_faces_dark_and_dark_faces_black():
    for skin in (0.5, 0.05):
        assert seen("old-2015+backlit-window+wifi", skin) < 0.3 * seen("flagship-2024+backlit-window+wifi", skin)
    assert seen("old-2015+backlit-window+wifi", 0.05) < 0.7 * seen("old-2015+backlit-window+wifi", 0.5)


def test_face_metering_gives_every_skin_the_same_exposure():
    assert seen("flagship-2024+office+wifi", 0.05) == pytest.approx(seen("flagship-2024+office+wifi", 0.5), rel=0.1)


@pytest.mark.parametrize("phone", PHONES)
def test_a_face_is_darker_the_less_light_there_is(phone):
    levels = [seen(f"{phone}+{where}+wifi", 0.3) for where in ("office", "dim-tent", "street-night")]
    assert levels[0] > 0.9 * levels[1] > 0.8 * levels[2]


def test_an_old_phone_s_face_is_dark_in_a_street_at_night():
    assert seen("old-2015+street-night+wifi", 0.3) < 0.1 * seen("old-2015+office+wifi", 0.3)


def test_dropped_uploads_come_as_often_as_the_card_says():
    card = conditions.load("flagship-2024+office+dropping")
    failed = 0
    for number in range(300):
        try:
            conditions.apply(card, to_bytes(face(0.3))[::4, ::4].copy(), conditions.rng_for(0, str(number), "x"))
        except conditions.Unreadable:
            failed += 1
    expected = 1 - 0.85 * 0.95
    assert failed / 300 == pytest.approx(expected, abs=3.5 * (expected * (1 - expected) / 300) ** 0.5)


def test_every_card_of_its_own_loads():
    assert set(profiles.names()) >= {"clean", "low-res-jpeg"}
    for name in profiles.names():
        assert conditions.load(name).name == name


def test_the_ladder_is_a_list_of_conditions():
    rungs = profiles.ladder()
    assert len(rungs) == len(set(rungs)) >= 8
    assert rungs[0] == "flagship-2024+office+wifi"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("budget-2018+office+wifi", "did you mean 'budget-2019'?"),
        ("office+wifi", "expected a name, or phone+light+network, found 2 parts"),
        ("low-res-jpg", "did you mean 'low-res-jpeg'?"),
    ],
)
def test_an_unknown_condition_is_refused_with_a_near_name(name, line):
    with pytest.raises(CardError) as refused:
        conditions.load(name)
    assert line in str(refused.value)


def test_a_card_in_a_file_is_checked_when_it_is_loaded(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "t"\nsource = "s"\n[[steps]]\nstep = "jpeg"\nqualty = 3\n', encoding="utf-8"
    )
    with pytest.raises(CardError, match="condition 'mine': step 1 \\(jpeg\\): qualty"):
        conditions.load(str(path))


def test_combined_conditions_begin_with_unprocessing_and_keep_the_order_of_light_phone_network():
    steps = [step.step for step in conditions.load("budget-2019+street-night+2g").steps]
    assert steps[:4] == ["unprocess", "illumination", "second_light", "direction"]
    assert steps[-2:] == ["upload_cap", "uplink"] and steps.index("camera") < steps.index("sensor") < steps.index("isp")
    assert signature(STEPS["unprocess"]).takes is signature(light.unprocess).takes
