"""The skin model against measured faces, and the tone labels derived from it."""

import numpy as np
import pytest

from facegap import colour
from facegap.synth import shade, skin

# Mean face colour (cheek, cheekbone, forehead; specular component included) of eight groups of the International
# Skin Spectra Archive (Lu et al., Scientific Data 2025, figshare 28228571; 4 835 spectra), the fractions at which the
# model comes nearest, and the CIE 1976 colour difference stated there.
MEASURED = {
    "African": ((39.9, 10.3, 14.5), 0.216, 0.0239, 0.3),
    "South Asian": ((54.0, 10.7, 17.5), 0.087, 0.0189, 0.3),
    "Thai": ((56.4, 10.7, 18.5), 0.073, 0.0175, 1.4),
    "Iraqi": ((56.9, 11.6, 16.1), 0.059, 0.0230, 0.7),
    "Arabian": ((59.3, 13.1, 17.9), 0.041, 0.0258, 1.7),
    "Chinese": ((59.6, 11.6, 16.1), 0.045, 0.0213, 0.3),
    "Japanese": ((62.7, 11.8, 16.0), 0.028, 0.0213, 0.3),
    "Caucasian": ((61.5, 12.7, 14.4), 0.025, 0.0258, 1.3),
}


@pytest.mark.parametrize("group", MEASURED)
def test_the_model_reaches_the_measured_mean_face(group):
    measured, melanin, blood, stated = MEASURED[group]
    difference = np.linalg.norm(skin.skin_lab(melanin, blood) - np.array(measured))
    assert difference == pytest.approx(stated, abs=0.06)


def test_d65_white_has_its_published_chromaticity():
    # CIE 015: x = 0.31272, y = 0.32903; the 10 nm sum from 400 nm on differs in the fourth place.
    white = skin.xyz(np.ones(31))
    assert white[1] == pytest.approx(1.0)
    assert white[:2] / white.sum() == pytest.approx([0.3127, 0.3290], abs=4e-4)
    assert skin.XYZ_TO_RGB @ white == pytest.approx([1, 1, 1], abs=4e-3)


def test_lab_of_a_perfect_white_and_of_middle_grey():
    assert skin.lab(skin.xyz(np.ones(31))) == pytest.approx([100, 0, 0], abs=1e-9)
    # L* of 18 % reflectance is 49.5.
    assert skin.lab(0.18 * skin.xyz(np.ones(31)))[0] == pytest.approx(49.496, abs=1e-3)


def test_more_melanin_is_darker_and_more_blood_is_redder():
    melanin = np.geomspace(0.005, 0.5, 30)
    assert np.all(np.diff(skin.skin_lab(melanin, np.full(30, 0.02))[:, 0]) < 0)
    blood = np.linspace(0.006, 0.08, 30)
    assert np.all(np.diff(skin.skin_lab(np.full(30, 0.03), blood)[:, 1]) > 0)


def test_the_table_agrees_with_the_spectra():
    table = skin.table()
    for melanin, blood in ((0.02, 0.02), (0.2, 0.025), (0.009, 0.05), (0.45, 0.012)):
        exact = skin.xyz(skin.reflectance(melanin, blood)) @ skin.XYZ_TO_RGB.T
        assert np.array(shade.skin_rgb(table, melanin, blood)) == pytest.approx(exact, rel=0.01)


def test_tone_classes_have_the_published_limits():
    assert [skin.tone(v) for v in (56, 50, 35, 20, 0, -40)] == list(skin.TONES)
    assert [skin.tone(v) for v in (55, 41, 28, 10, -30)] == list(skin.TONES[1:])
    assert skin.fitzpatrick(56) == "I"
    assert skin.fitzpatrick(-40) == "VI"


@pytest.mark.parametrize("ita", [46, 21, 0, -21, -42])
def test_melanin_for_a_typology_angle_gives_that_angle(ita):
    melanin = skin.melanin_at(ita, 0.021)
    assert colour.typology_angle(skin.skin_lab(melanin, 0.021)) == pytest.approx(ita, abs=0.05)


def test_an_unreachable_typology_angle_is_refused():
    with pytest.raises(ValueError, match="expected -"):
        skin.melanin_at(80, 0.021)


def test_monk_swatches_find_themselves():
    for number, code in enumerate(skin.MONK, start=1):
        channels = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        assert skin.monk(skin.lab(np.linalg.inv(skin.XYZ_TO_RGB) @ linear)) == number


# L*a*b* that are listed with the swatches of the scale (skintone.google), against the hex codes.
MONK_LAB = (
    (94.211, 1.503, 5.422),
    (92.275, 2.061, 7.280),
    (93.091, 0.216, 14.205),
    (87.573, 0.459, 17.748),
    (77.902, 3.471, 23.136),
    (55.142, 7.783, 26.740),
    (42.470, 12.325, 20.530),
    (30.678, 11.667, 13.335),
    (21.069, 2.690, 5.964),
    (14.610, 1.482, 3.525),
)


def test_monk_swatches_have_the_colours_listed_with_them():
    for code, listed in zip(skin.MONK, MONK_LAB, strict=True):
        channels = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        # The white here is that of the 10 nm sum, a little beside the D65 of the list.
        assert skin.lab(np.linalg.inv(skin.XYZ_TO_RGB) @ linear) == pytest.approx(listed, abs=0.35)
