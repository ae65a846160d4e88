"""What a face must not look like: lips, whites of the eyes, brows, lids, edges of hair, tones, children."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.synth import assets, camera, designs, expression, hair, identity, lights, render, shape, skin
from facegap.synth.features import IRIS, PUPIL, Paint, brow, iris, lid_crease
from facegap.synth.head import Head, head, repainted

MIDDLES = [
    (high + low) / 2
    for high, low in zip((skin.MONK_ENDS[0], *skin.MONK_ITA), (*skin.MONK_ITA, skin.MONK_ENDS[1]), strict=True)
]
"""The typology angle in the middle of each Monk tone."""
PEOPLE = 60


@pytest.fixture(scope="module")
def people() -> list[identity.Identity]:
    spec = designs.Spec(identities=PEOPLE)
    return [designs.identity(spec, number) for number in range(PEOPLE)]


def at_tone(person: identity.Identity, ita: float) -> identity.Identity:
    blood = min(person.paint.blood, skin.most_blood_at(ita))
    return replace(person, paint=person.paint._replace(melanin=skin.melanin_at(ita, blood), blood=blood))


# Lips


@pytest.mark.parametrize("ita", MIDDLES)
@pytest.mark.parametrize("blood", [0.015, 0.021, 0.030])
@pytest.mark.parametrize("more", [1.2, 2.4])
def test_lips_are_the_skins_own_colour_with_more_blood(ita, blood, more):
    blood = min(blood, skin.most_blood_at(ita))
    melanin = skin.melanin_at(ita, blood)
    face = skin.skin_lab(melanin, blood)
    lips = skin.skin_lab(melanin, blood * (1 + more), skin.LIPS)
    chroma = [float(np.hypot(colour[1], colour[2])) for colour in (face, lips)]
    hue = float(np.degrees(np.arctan2(lips[2], lips[1])))
    # Redder and never much lighter; on dark skin no more colourful than a few units of chroma: neither pink (hue near
    # 0) nor orange (60 and more).
    assert lips[1] > face[1]
    assert lips[0] < face[0] + 2
    assert chroma[1] - chroma[0] < (8.0 if ita > 10 else 4.5)
    assert 30 < hue < 55


def _photo(subject: Head, person: identity.Identity, size: int = 96) -> tuple[Any, Any]:
    """(h, w, 3) linear light of a studio photo, and the scene with the surface that each pixel shows."""
    made = repainted(subject, person)
    view, rig = camera.View(), lights.RIGS["studio"]
    linear = render.render(made, rig, view, (), np.full((2, 2, 3), 0.6, np.float32), size, 1)
    return linear, render._seen(made, rig, view, (), size)


def _at(scene: Any, values: Any) -> Any:
    """Values (v, c) of the mesh's vertices at the pixels, NaN off the head."""
    out = np.full((*scene.ids.shape, values.shape[1]), np.nan)
    for row, col in np.argwhere(scene.ids >= 0):
        corners = assets.load().triangles[scene.ids[row, col]]
        q1, q2 = scene.bary[row, col]
        a, b, c = values[corners]
        out[row, col] = a + q1 * (b - a) + q2 * (c - a)
    return out


def _lab(linear: Any) -> Any:
    return skin.lab(np.asarray(linear, dtype=np.float64) @ np.linalg.inv(skin.XYZ_TO_RGB).T)


@pytest.fixture(scope="module")
def tones() -> list[tuple[Any, Any]]:
    """One woman, whose paint is at the ends that tempt most, at the ten tones."""
    person = designs.identity(designs.Spec(ages=(25.0, 40.0)), 10)
    assert person.sex == "female"
    bold = replace(person, paint=person.paint._replace(lip_blood=2.4, under_eye=0.5))
    subject = head(bold)
    return [_photo(subject, at_tone(bold, ita)) for ita in MIDDLES]


def test_lips_in_the_picture_keep_to_the_skin_at_all_ten_tones(tones):
    loaded = assets.load()
    masks = np.stack([loaded.masks["lips"], loaded.masks["inside-mouth"]], axis=1)
    where = _at(tones[0][1], masks)
    place = _at(tones[0][1], loaded.base)
    lips = (where[..., 0] > 0.9) & (where[..., 1] < 0.1)
    chin = (np.abs(place[..., 0]) < 0.35) & (place[..., 1] > 6.25) & (place[..., 1] < 6.45) & (where[..., 0] < 0.05)
    assert lips.sum() > 40
    assert chin.sum() > 40
    for ita, (linear, _) in zip(MIDDLES, tones, strict=True):
        mouth, around = _lab(linear[lips].mean(axis=0)), _lab(linear[chin].mean(axis=0))
        assert np.hypot(*mouth[1:]) - np.hypot(*around[1:]) < (9.0 if ita > 10 else 5.5)
        assert 20 < np.degrees(np.arctan2(mouth[2], mouth[1])) < 55


def test_nothing_is_painted_on_lips():
    assert not [name for name in Paint._fields if "stick" in name]


# Eyes


def _angle_of_eye(scene: Any, centre: Any, axis: Any) -> Any:
    """(h, w) angle from the optical axis where an eyeball shows, NaN elsewhere."""
    offset = _at(scene, assets.load().base) - centre
    cosine = (offset * axis).sum(axis=2) / np.linalg.norm(offset, axis=2)
    return np.arccos(np.clip(cosine, -1, 1))


def test_the_whites_of_the_eyes_show_and_are_lighter_than_dark_skin(tones):
    loaded = assets.load()
    scene = tones[0][1]
    shown = np.where(scene.ids >= 0, loaded.parts[scene.ids], assets.SKIN)
    angle = _angle_of_eye(scene, render._eyes()[0], render._gaze(scene.view)[0])
    ball = shown == assets.LEFT_EYE
    white, dark = ball & (angle > IRIS + 0.06), ball & (angle < PUPIL)
    assert white.sum() > 0.25 * ball.sum()
    assert dark.any()
    beside = np.zeros_like(ball)
    rows, columns = np.nonzero(ball)
    beside[rows.max() + 4 : rows.max() + 8, columns.min() : columns.max()] = True
    for ita, (linear, _) in zip(MIDDLES, tones, strict=True):
        luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
        assert luminance[white].mean() > 3 * luminance[dark].mean()
        assert luminance[white].mean() < 0.55
        if ita < 0:
            assert luminance[white].mean() > 1.5 * luminance[beside].mean()


def test_no_white_of_an_eye_is_paper_white_and_it_reddens_towards_the_corners():
    paint = designs.identity(designs.Spec(), 0).paint
    near, far = iris(paint, float(np.cos(0.5)), 0.4, 0.0)[:3], iris(paint, float(np.cos(1.2)), 0.8, 0.0)[:3]
    assert 0.3 < max(near) < 0.55
    assert far[0] / far[2] > near[0] / near[2] > 1


def test_the_eyeball_is_darker_under_the_upper_lid_than_in_the_middle():
    eye = np.zeros((40, 60), dtype=bool)
    eye[12:28, 15:45] = True
    light = np.ones((40, 60, 3), dtype=np.float32)
    render._shade_under_lids(light, eye, 2.0)
    assert (light[~eye] == 1).all()
    assert light[13, 30, 0] < 0.7 * light[22, 30, 0]
    assert light[13, 30, 0] < light[26, 30, 0]
    nothing = np.ones((4, 4, 3), dtype=np.float32)
    render._shade_under_lids(nothing, np.zeros((4, 4), dtype=bool), 2.0)
    assert (nothing == 1).all()


def test_no_eye_at_rest_is_a_slit_or_a_stare(people):
    for person in people:
        assert 0.086 - 1e-6 <= shape.height_at_rest(shape.APERTURE, person.weights) <= 0.118 + 1e-6


@pytest.mark.parametrize("rest", shape.AT_REST)
def test_a_height_by_sums_is_that_of_the_built_head(rest, people):
    loaded = assets.load()
    upper, lower = (shape.rest_vertices(loaded, points) for points in (rest.upper, rest.lower))
    for person in people[:5]:
        built = shape.build(person.weights)
        scale = shape.head_scale(loaded, built)
        height = float(built[upper, 1].mean() - built[lower, 1].mean()) / scale
        assert shape.height_at_rest(rest, person.weights) == pytest.approx(height, abs=1e-3)
        assert rest.least - 1e-6 <= shape.height_at_rest(rest, person.weights) <= rest.greatest + 1e-6


def test_faces_at_rest_keep_a_third_of_their_spread(people):
    rest = shape.APERTURE
    slit = {**people[0].weights, "l-eye-height2-incr": -1.0, "r-eye-height2-incr": -1.0}
    before, after = (shape.height_at_rest(rest, weights) for weights in (slit, shape.at_rest(slit)))
    middle = (rest.least + rest.greatest) / 2
    assert before < rest.least
    assert after == pytest.approx(max(rest.least, middle + (before - middle) / 3), abs=1e-6)


def test_a_fold_lies_over_every_lid(people):
    for person in people[::5]:
        depth = [lid_crease(person.paint, 0.318, y, 1.39) for y in np.linspace(7.34, 7.40, 13)]
        assert max(depth) == pytest.approx(person.paint.lid_fold, rel=0.1)
        assert person.paint.lid_fold > 0.15


# Brows and expression


def test_brows_neither_join_nor_frown(people):
    grid_x, grid_y = np.linspace(0, 0.63, 22), np.linspace(7.30, 7.64, 35)
    for person in people[::5]:
        cover = np.array([[brow(person.paint, x, y, 1.3) for x in grid_x] for y in grid_y])
        assert cover[:, grid_x < 0.10].max() == 0
        weight = cover.sum(axis=0)
        there = weight > 0.25 * weight.max()
        height = (cover * grid_y[:, None]).sum(axis=0)[there] / weight[there]
        third = max(1, len(height) // 3)
        # The inner third is not below the outer third by more than 3 mm, nor below the peak by more than 7.
        assert height[:third].mean() > height[-third:].mean() - 0.03
        assert height[:third].mean() > height.max() - 0.07


def test_the_photos_expression_is_neutral():
    for seed in range(30):
        units = dict(expression.neutral(np.random.default_rng(seed)))
        assert set(units) == {"mouthSmileLeft", "mouthSmileRight"}
        assert 0 <= units["mouthSmileLeft"] <= 0.08


# Hair


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_cover_never_falls_as_hair_gets_denser(value, height, one, other):
    thin, thick = sorted((one, other))
    assert 0 <= hair.strand_cover(value, height, thin) <= hair.strand_cover(value, height, thick) <= 1
    assert hair.strand_cover(value, height, 0.0) == 0


def test_an_edge_of_hair_is_a_slope_and_not_a_cut():
    density = np.linspace(0, 1, 41)
    value = np.linspace(0, 1, 101)
    cover = np.array([[hair.strand_cover(v, 0.1, d) for v in value] for d in density]).mean(axis=1)
    assert (np.diff(cover) >= 0).all()
    assert np.diff(cover).max() < 0.08
    between = (cover > 0.05) & (cover < 0.95)
    assert between.sum() > 15


def test_hair_nearest_first_is_hair_farthest_last():
    """The fast order, nearest first with what still gets through, against painting from the back."""
    random = np.random.default_rng(4)
    side, count = 24, 30
    pixels = np.column_stack([random.uniform(0, side, (3 * count, 2)), random.uniform(0.1, 0.2, 3 * count)])
    pixels[:, 2] = np.repeat(pixels[::3, 2], 3)
    pixels = pixels.astype(np.float32)
    triangles = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
    strand = random.uniform(0, 1, (3 * count, 5)).astype(np.float32)
    radiance = random.uniform(0, 1, (3 * count, 3)).astype(np.float32)
    near = np.full((side, side), 0.12, np.float32)
    order = np.argsort(-pixels[triangles, 2].sum(axis=1), kind="stable")
    through, light = np.ones((side, side), np.float32), np.zeros((side, side, 3), np.float32)
    hair.rasterise_hair(pixels, triangles[order], strand, radiance, (20.0, 3), near, through, light)
    under = random.uniform(0, 1, (side, side, 3))
    fast = under * through[..., None] + light
    slow = under.copy()
    for t in order[::-1]:
        alone, one = np.ones((side, side), np.float32), np.zeros((side, side, 3), np.float32)
        hair.rasterise_hair(pixels, triangles[t : t + 1], strand, radiance, (20.0, 3), near, alone, one)
        slow = slow * alone[..., None] + one
    assert through.min() < 0.5
    assert fast == pytest.approx(slow, abs=2 * hair.OPAQUE)


def test_hair_behind_the_head_is_not_seen():
    pixels = np.array([[0, 0, 0.1], [30, 0, 0.1], [0, 30, 0.1]], dtype=np.float32)
    near, through, light = (
        np.full((8, 8), 0.2, np.float32),
        np.ones((8, 8), np.float32),
        np.zeros((8, 8, 3), np.float32),
    )
    strand = np.tile(np.array([0, 0, 0, 0.1, 1.0], np.float32), (3, 1))
    hair.rasterise_hair(
        pixels, np.array([[0, 1, 2]], np.int32), strand, np.ones((3, 3), np.float32), (20.0, 3), near, through, light
    )
    assert (through == 1).all()
    assert (light == 0).all()


def test_the_skin_under_an_edge_of_hair_is_shaded_by_its_roots(people):
    loaded = assets.load()
    haired = next(person for person in people if person.hair.style == "short" and person.hair.beard <= 0)
    height = hair.line_height(haired.hair, loaded.base)
    roots = hair.roots(haired.hair, loaded)
    assert (roots[height < -0.06] == 0).all()
    assert roots.max() > 0.95
    assert ((roots > 0.1) & (roots < 0.9)).sum() > 30
    bald = haired.hair._replace(style="bald")
    assert (hair.roots(bald, loaded) == 0).all()


# Tones


def test_ten_people_in_a_row_have_ten_tones_and_sixty_have_them_in_every_family_and_sex():
    for seed in (1, 2, 77):
        tone = [skin.monk_of_ita(designs.even_ita(seed, number)) for number in range(600)]
        assert all(set(tone[start : start + 10]) == set(range(1, 11)) for start in range(0, 600, 10))
        cells = Counter((designs.cell(number), tone[number]) for number in range(60))
        assert set(cells.values()) == {1}
        assert len(cells) == 60


@pytest.mark.parametrize("people_", [137, 600])
def test_the_histogram_of_tones_is_even_by_chi_square(people_):
    from scipy.stats import chisquare, kstest

    angles = np.array([designs.even_ita(5, number) for number in range(people_)])
    tone = np.array([skin.monk_of_ita(ita) for ita in angles])
    assert chisquare(np.bincount(tone, minlength=11)[1:]).pvalue > 0.5
    limits = np.array([skin.MONK_ENDS[0], *skin.MONK_ITA, skin.MONK_ENDS[1]])
    within = (angles - limits[tone]) / (limits[tone - 1] - limits[tone])
    assert kstest(within, "uniform").pvalue > 0.01


def test_the_tone_that_is_dealt_is_the_tone_that_is_labelled():
    spec = designs.Spec(identities=PEOPLE, sessions=("studio",))
    for number in range(0, PEOPLE, 3):
        shot = next(iter(designs.shots(spec, number)))
        label = designs.labels(shot)
        assert shot.identity.ita == pytest.approx(designs.even_ita(spec.seed, number), abs=0.15)
        assert label["monk_derived"] == skin.monk_of_ita(shot.identity.ita)
        assert label["monk_nearest"] == skin.monk(shot.identity.lab)


def test_measured_skin_follows_the_family_and_even_skin_does_not():
    angles: dict[str, dict[str, list[float]]] = {}
    for kind in ("even", "measured"):
        spec = designs.Spec(identities=60, skin=kind)
        angles[kind] = {family: [] for family in shape.FAMILIES}
        for number in range(60):
            person = designs.identity(spec, number)
            angles[kind][person.family].append(person.ita)
    means = {kind: [float(np.mean(values)) for values in by.values()] for kind, by in angles.items()}
    assert np.ptp(means["even"]) < 5
    assert np.ptp(means["measured"]) > 50


@pytest.mark.parametrize("ita, tone", [(53, 1), (52, 2), (30.1, 4), (30, 5), (-29.9, 7), (-30, 8), (-50, 9), (-80, 10)])
def test_monk_tones_have_the_stated_limits(ita, tone):
    assert skin.monk_of_ita(ita) == tone


def test_the_blood_that_an_angle_leaves_room_for():
    for ita in (42.0, 52.0, 56.0):
        blood = skin.most_blood_at(ita)
        skin.melanin_at(ita, blood)
        with pytest.raises(ValueError, match="expected -"):
            skin.melanin_at(ita, blood * 1.2)
    with pytest.raises(ValueError, match="expected at most"):
        skin.most_blood_at(80.0)


# Children


def test_children_have_large_eyes_and_a_short_lower_face():
    loaded = assets.load()
    chin = int(np.argmin(np.linalg.norm(loaded.base - [0, 6.2, 1.3], axis=1)))
    eye = loaded.part_vertices(assets.LEFT_EYE)

    def proportions(age: float, number: int) -> tuple[float, float]:
        family, sex = designs.cell(number)
        built = shape.build(identity.draw(9, number, family, sex, (age, age), 1.3).weights)
        scale = shape.head_scale(loaded, built)
        return float(-built[chin, 1] / scale), float(np.ptp(built[eye, 1]) / -built[chin, 1])

    for number in range(12):
        (child_face, child_eye), (adult_face, adult_eye) = proportions(8, number), proportions(30, number)
        assert child_face < adult_face
        assert child_eye > 1.1 * adult_eye
