"""Whole folders: the same bytes whoever renders them, resumable, labels consistent."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from facegap import colour
from facegap.cards.dataset import load_dataset
from facegap.errors import DatasetError, InputError
from facegap.store import sha256_bytes
from facegap.synth import CAUSAL_TONES, Spec, designs, develop, ensure, generate, head, identity, render, skin
from facegap.synth.small import SMALL as SMALL_SET

SMALL = Spec(identities=3, size=48, oversample=1, sessions=("studio", "sun"), seed=7, linear=True)
CAUSAL = Spec(
    design="causal",
    identities=1,
    size=64,
    oversample=1,
    sessions=("studio", "backlit"),
    tones=(42, -42),
    exposures=("incident", "frame"),
)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return ensure(SMALL, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    return ensure(CAUSAL, tmp_path_factory.mktemp("causal"))


def test_two_workers_write_the_same_bytes(small, tmp_path):
    other = ensure(SMALL, tmp_path, workers=2)
    assert all_bytes(other) == all_bytes(small)


def test_more_people_leave_the_first_unchanged(small, tmp_path):
    more = ensure(Spec(**{**SMALL.__dict__, "identities": 4}), tmp_path)
    assert rows_of(more)[:6] == rows_of(small)


@pytest.mark.parametrize("kind", ["picture", "linear light"])
def test_a_damaged_file_is_rendered_again_and_nothing_else(kind, tmp_path):
    folder = ensure(SMALL, tmp_path)
    before = all_bytes(folder)
    times = {path: path.stat().st_mtime_ns for path in (folder / "images").iterdir()}
    damaged = folder / ("images/p00001-sun.jpg" if kind == "picture" else "linear/p00001-sun.npy")
    damaged.write_bytes(damaged.read_bytes()[:-40])
    seen = []
    ensure(SMALL, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]
    assert all_bytes(folder) == before
    assert all(path.stat().st_mtime_ns == times[path] for path in times if "p00001" not in path.name)


def test_a_folder_of_another_spec_is_refused(tmp_path):
    generate.render_population(SMALL, tmp_path)
    with pytest.raises(DatasetError, match="another spec"):
        generate.render_population(CAUSAL, tmp_path)


def test_labels_are_those_of_the_card_and_one_per_subject(small):
    card = load_dataset("synthetic-heads")
    rows = rows_of(small)
    assert len({row["sample_id"] for row in rows}) == len(rows) == 6
    for column, group in card.groups.items():
        assert {row[column] for row in rows} <= set(group.values)
        labels = {
            row["subject_id"]: {other[column] for other in rows if other["subject_id"] == row["subject_id"]}
            for row in rows
        }
        assert all(len(values) == 1 for values in labels.values())
    assert [row["role"] for row in rows[:2]] == ["photo", "selfie"]
    assert (
        card.banner
        == "synthetic: relative effects only; thresholds set in-domain; says nothing about a real deployment"
    )


def test_linear_and_srgb_agree(tmp_path):
    folder = ensure(Spec(**{**SMALL.__dict__, "identities": 1, "format": "png"}), tmp_path)
    for row in rows_of(folder):
        linear = np.load(folder / row["linear_path"]).astype(np.float32)
        shown = cv2.imread(str(folder / row["path"]))[:, :, ::-1]
        again = develop.develop(linear, float(row["gain"]))
        assert linear.shape == shown.shape
        # Half floats hold 11 bits, so a rounding of the 8-bit value may fall the other way.
        assert np.abs(again.astype(int) - shown.astype(int)).max() <= 1


def test_causal_tones_differ_in_the_skin_alone(causal):
    rows = rows_of(causal)
    assert len(rows) == 6  # two tones x (one photo + one selfie at two exposures)
    fixed = ("family", "sex", "age", "blood", "yaw", "pitch", "roll", "distance_dm", "smile", "light")
    for light, one in {row["session"]: row for row in rows if row["tone_level"] == "T1"}.items():
        other = next(row for row in rows if row["tone_level"] == "T2" and row["session"] == light)
        assert [one[column] for column in fixed] == [other[column] for column in fixed]
    assert {row["tone"] for row in rows} == {"light", "dark"}
    assert [float(row["ita"]) for row in rows if row["role"] == "photo"] == pytest.approx([42, -42], abs=0.1)
    photos = [cv2.imread(str(causal / row["path"])).astype(int) for row in rows if row["role"] == "photo"]
    changed = np.abs(photos[0] - photos[1]).max(axis=2)
    # The wall beside the head is bit for bit the same: the exposure of the reference does not follow the skin.
    assert changed[:24, :6].max() <= 2
    assert changed[28:40, 24:40].mean() > 25


def test_the_default_tones_are_in_equal_steps_and_reached_by_everybody():
    assert set(np.diff(CAUSAL_TONES)) == {-21.0}
    for blood in (identity.BLOOD * np.exp(sign * 3 * identity.BLOOD_SPREAD) for sign in (-1, 1)):
        for ita in (*CAUSAL_TONES, *designs.TONE_RANGE):
            melanin = skin.melanin_at(ita, blood)
            assert colour.typology_angle(skin.skin_lab(melanin, blood)) == pytest.approx(ita, abs=0.1)


def test_the_reference_photo_is_exposed_the_same_for_every_tone(causal):
    gains = {(row["tone_level"], row["exposure"]): float(row["gain"]) for row in rows_of(causal)}
    assert gains["T1", "incident"] == gains["T2", "incident"] == develop.WHITE
    assert gains["T1", "frame"] < gains["T2", "frame"]


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"sessions": ("candle",)}, "no light 'candle'; there are: studio"),
        ({"design": "causal"}, "needs ITA values"),
        ({"exposures": ("auto",)}, "'auto' is not incident"),
        ({"identities": 0}, "expected 1 or more, found 0"),
        ({"tones": (10.0,)}, "only the causal design"),
        ({"design": "causal", "tones": (60.0,)}, "expected ITA from -80 to 42 degrees, found"),
    ],
)
def test_a_wrong_spec_says_what_is_wrong(wrong, message):
    with pytest.raises(InputError, match=message):
        Spec(**wrong)


def test_the_committed_small_set_is_what_the_renderer_makes():
    folder = Path(__file__).parents[2] / "datasets/synthetic-heads/small"
    rows = rows_of(folder)
    assert len(rows) == 48
    shots = [shot for number in (4, 21) for shot in designs.shots(SMALL_SET, number)]
    heads = {shot.subject: head.head(shot.identity) for shot in shots}
    for shot in shots:
        row = next(row for row in rows if row["sample_id"] == shot.sample("incident"))
        data = (folder / row["path"]).read_bytes()
        assert sha256_bytes(data) == row["sha256"]
        kept = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].astype(int)
        linear = render.render(
            heads[shot.subject], shot.rig, shot.view, shot.units, shot.background, SMALL_SET.size, SMALL_SET.oversample
        )
        # JPEG at quality 90, and the last bits of exp and sqrt of another processor.
        assert np.abs(develop.develop(linear, float(row["gain"])).astype(int) - kept).mean() < 3.0


def test_reports_of_progress_and_the_manifest_path(tmp_path):
    path = generate.render_population(Spec(identities=1, size=32, oversample=1, sessions=("studio",)), tmp_path)
    assert path == tmp_path / "manifest.csv"
    assert {row["role"] for row in rows_of(tmp_path)} == {"photo"}
