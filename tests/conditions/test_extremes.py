"""Whatever a valid card says, a picture comes out or the sample is unreadable: nothing crashes, nothing warns."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facegap import conditions
from facegap.conditions.parameters import signature
from shots import card_of

CHAIN = (
    "unprocess",
    "illumination",
    "direction",
    "second_light",
    "backlight",
    "camera",
    "lens",
    "meter",
    "tremor",
    "sensor",
    "demosaic",
    "isp",
    "crop",
    "resize",
    "webp",
    "jpeg",
    "upload_cap",
    "uplink",
    "truncate",
    "lose",
)
DAYLIGHT_FROM = 4000


def values(kind: object) -> st.SearchStrategy[object]:
    """The ends of a parameter's range, and what lies between."""
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    base, limits = get_args(kind)
    if base is int:
        return st.sampled_from([int(limits.low), int(limits.high)]) | st.integers(int(limits.low), int(limits.high))
    return st.sampled_from([float(limits.low), float(limits.high)]) | st.floats(limits.low, limits.high)


@st.composite
def cards(draw: st.DrawFn):
    steps = []
    for name in CHAIN:
        given_values: dict[str, Any] = {
            key: draw(values(kind)) for key, kind in signature(conditions.STEPS[name]).types.items()
        }
        if given_values.get("locus") == "daylight":
            given_values["kelvin"] = max(given_values["kelvin"], DAYLIGHT_FROM)
        steps.append({"step": name, **given_values})
    return card_of(*steps)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(cards(), st.integers(2, 40), st.integers(2, 40), st.booleans(), st.integers(0, 99))
def test_every_valid_card_gives_a_picture_or_unreadable(card, height, width, linear, seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    given_image = (image / np.float32(64)).astype(np.float32) if linear else image
    conditions.validate(card)
    try:
        out = conditions.apply(card, given_image, rng, (1.0, 1.0, width / 2 + 1, height / 2 + 1))
    except conditions.Unreadable:
        return
    assert out.dtype == np.uint8 and out.ndim == 3 and out.shape[2] == 3 and min(out.shape) > 0


def test_all_steps_are_in_the_chain():
    assert {*CHAIN, "h264"} == set(conditions.STEPS)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 51), st.integers(2, 40), st.integers(2, 40), st.integers(2000, 10_000))
def test_every_rate_factor_gives_a_picture(crf, height, width, most):
    pytest.importorskip("av", reason="H.264 is coded with PyAV: install facegap[video]")
    card = card_of({"step": "h264", "crf": crf}, {"step": "upload_cap", "max_bytes": most})
    image = np.random.default_rng(crf).integers(0, 256, (height, width, 3)).astype(np.uint8)
    assert min(conditions.apply(card, image, np.random.default_rng(0)).shape) > 0
