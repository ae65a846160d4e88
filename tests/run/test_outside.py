"""Models that others ran: what arrives of them gives the tables that the net itself gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap import store
from facegap.audit import verify
from facegap.cards import load_scores_card
from facegap.errors import CardError, FacegapError, InputError
from facegap.run.inputs import threshold_of
from facegap.run.outside import score_range

Run = Callable[..., Path]


@pytest.fixture
def with_templates(place: Path) -> Path:
    """The place of the tiny study, with a study of the net's own templates as a laboratory gives them."""
    samples, made = given.measured(Path("tiny.toml"))
    given.write_templates(place / "vectors.npz", samples, made)
    given.write_card(place, "lab", given.TEMPLATES)
    study = tiny.STUDY.replace('card = "tiny"\ndetector = "aligned-none"', 'card = "lab"\ntemplates = "vectors.npz"')
    (place / "lab.toml").write_text(study, encoding="utf-8")
    return place


def test_templates_give_the_tables_of_the_net(with_templates: Path, finished: Path, run_here: Run) -> None:
    run = run_here("lab.toml")
    given.assert_same_tables(run, finished)
    assert verify(run) == []


VENDOR = 'card = "vendor"\nscores = ["{0}"]'
NET = 'card = "tiny"\ndetector = "aligned-none"'


def scored_study(place: Path, name: str, files: list[str], study: str = tiny.STUDY) -> str:
    """The study with the vendor's scores in place of the net, as a file of the working directory."""
    given.write_card(place, "vendor", given.SCORES)
    text = study.replace(NET, 'card = "vendor"\nscores = [{}]'.format(", ".join(f'"{file}"' for file in files)))
    (place / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.slow
@pytest.mark.parametrize("form", ["matrix", "lines"])
@pytest.mark.parametrize("roles", [True, False])
def test_scores_by_rule_give_the_tables_of_the_net(
    place: Path, finished: Path, run_here: Run, form: str, roles: bool
) -> None:
    study = tiny.STUDY
    if roles:
        study = study.replace(
            "[thresholds]", '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n\n[thresholds]'
        )
        (place / "roles.toml").write_text(study, encoding="utf-8")
    direct = run_here("roles.toml", "direct") if roles else finished
    samples, made = given.measured(Path("tiny.toml"))
    rows = {role: np.flatnonzero((samples.roles == role) | (not roles)).tolist() for role in ("photo", "selfie")}
    if form == "matrix":
        files = given.write_matrix(place, samples, made, rows["photo"], rows["selfie"])
    else:
        every = ((a, b) for a in rows["photo"] for b in rows["selfie"] if (a != b if roles else a < b))
        names = samples.ids.tolist()
        pairs = ((names[b], names[a], given.score_of(made, a, b)) for a, b in every)
        if roles:
            pairs = ((b, a, score) for a, b, score in pairs)
        files = [given.write_pairs(place / "all.csv", pairs)]
    run = run_here(scored_study(place, "vendor.toml", [file.name for file in files], study))
    given.assert_same_tables(run, direct)
    assert verify(run) == []


def test_scores_of_a_list_give_the_tables_of_the_net(place: Path, run_here: Run) -> None:
    study = tiny.STUDY.replace("[thresholds]", '[trials]\npairs = "pairs.csv"\n\n[thresholds]')
    (place / "listed.toml").write_text(study, encoding="utf-8")
    samples, made = given.measured(Path("tiny.toml"))
    names = samples.ids.tolist()
    rng = np.random.default_rng(3)
    mated = [(4 * k + a, 4 * k + b) for k in range(24) for a, b in ((1, 0), (0, 2), (3, 1))]
    strangers = rng.integers(0, 96, (800, 2)).tolist()
    pairs = [(a, b) for a, b in [*mated, *strangers] if a // 4 != b // 4 or (a, b) in mated]
    (place / "pairs.csv").write_text(
        "\n".join(["reference,probe", *(f"{names[a]},{names[b]}" for a, b in pairs)]) + "\n", encoding="utf-8"
    )
    direct = run_here("listed.toml", "direct")
    scores = {(a, b): (names[a], names[b], given.score_of(made, a, b)) for a, b in pairs}
    given.write_pairs(place / "scores.csv", iter(list(scores.values())[::-1]))
    run = run_here(scored_study(place, "vendor.toml", ["scores.csv"], study))
    searched = ("identification", "cmc", "gallery_model")
    given.assert_same_tables(run, direct, searched, ("FTA", "FNIR", "FPIR"))
    assert verify(run) == []
    manifest = store.read_manifest(run)
    assert any(found["rule"] == "no-searches" for found in manifest.findings)


def failing(run_here: Run, study: str, says: str, kind: type[Exception] = InputError) -> None:
    with pytest.raises(kind) as error:
        run_here(study)
    assert says in str(error.value), str(error.value)


def vectors(place: Path) -> dict[str, np.ndarray]:
    with np.load(place / "vectors.npz") as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda v: {**v, "sample": np.append(v["sample"][:-1], "s99-9")},
            "1 of 94 ids are none of this study's samples",
        ),
        (
            lambda v: {**v, "sample": np.append(v["sample"][:-1], v["sample"][0])},
            "1 samples have more than one template",
        ),
        (lambda v: {**v, "vector": v["vector"][:, :15]}, "expected 16 numbers, as card 'lab' says, found 15"),
        (lambda v: {**v, "vector": v["vector"] * 1.5}, "not of length 1; card 'lab' says normalised = true"),
        (lambda v: {**v, "vector": np.where(v["vector"] > 0.7, np.nan, v["vector"])}, "is not finite"),
        (lambda v: {**v, "vector": v["vector"][:1].repeat(94, 0)}, "every sample has the same template"),
        (lambda v: {**v, "vector": v["vector"].astype(str)}, "vector: expected numbers"),
        (
            lambda v: {**v, "vector": v["vector"][:-1]},
            "expected sample (m,) and vector (m, 16), found (94,) and (93, 16)",
        ),
        (lambda v: {**v, "sample": np.arange(94)}, "sample: expected ids as texts, found numbers"),
        (lambda v: {**v, "sample": v["sample"].astype(object)}, "an array of objects is never unpickled"),
        (lambda v: {"sample": v["sample"]}, "expected 'sample' (ids) and 'vector' (numbers), found: sample"),
        (lambda v: {**v, "sample": np.roll(v["sample"], 41)}, "near chance"),
        (lambda v: {"sample": v["sample"][:0], "vector": v["vector"][:0]}, "holds no template"),
    ],
)
def test_wrong_templates_are_told(
    with_templates: Path, run_here: Run, change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]], says: str
) -> None:
    np.savez(with_templates / "vectors.npz", **change(vectors(with_templates)))  # type: ignore[arg-type]
    failing(run_here, "lab.toml", says, FacegapError)


def test_a_file_that_is_no_npz_is_told(with_templates: Path, run_here: Run) -> None:
    (with_templates / "vectors.npz").write_bytes(b"no archive")
    failing(run_here, "lab.toml", "cannot be read as arrays")
    study = (with_templates / "lab.toml").read_text(encoding="utf-8")
    for name, says in (("v.csv", "templates come as .npz or .parquet, found '.csv'"), ("v.parquet", "v.parquet: ")):
        (with_templates / name).write_bytes(b"x")
        (with_templates / "lab.toml").write_text(study.replace("vectors.npz", name), encoding="utf-8")
        failing(run_here, "lab.toml", says, FacegapError)
    (with_templates / "lab.toml").write_text(study.replace("vectors.npz", "none.npz"), encoding="utf-8")
    failing(run_here, "lab.toml", "lab.toml: model 'lab': templates: no such file: ")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ('card = "lab"', "a card of kind 'templates' needs its templates in the study, as templates = \"vectors.npz\""),
        ('card = "lab"\ndetector = "mtcnn"', "needs its templates in the study"),
        (
            'card = "lab"\nscores = ["s.csv"]',
            'needs its templates in the study, as templates = "vectors.npz", found scores',
        ),
        ('card = "vendor"\ntemplates = "vectors.npz"', "a card of kind 'scores' needs its scores in the study"),
        ('card = "tiny"\nscores = ["s.csv"]', "its card is of kind 'recogniser', which runs here; remove the key"),
        ('card = "lab"\ntemplates = "v.npz"\nscores = ["s.csv"]', "a model gives one or the other; remove one"),
        ('card = "lab"\ntemplates = "v.npz"\ndetector = "mtcnn"', "no face is looked for where templates or scores"),
        ('card = "lab"\ntemplates = ["v.npz", "w.npz"]', "expected one file of templates for a condition"),
        (
            'card = "lab"\ntemplates = 5',
            "models.0.templates: expected a file, or a table of condition and a file, found 5",
        ),
        ('card = "vendor"\nscores = []', "models.0.scores: expected an array of files, or a table of condition"),
        ('card = "lab"\ntemplates = { dark = "v.npz" }', "models.0.templates: 'dark' is not among conditions"),
    ],
)
def test_what_a_model_of_a_study_gives_must_fit_its_card(
    with_templates: Path, run_here: Run, model: str, says: str
) -> None:
    given.write_card(with_templates, "vendor", given.SCORES)
    (with_templates / "wrong.toml").write_text(tiny.STUDY.replace(NET, model), encoding="utf-8")
    failing(run_here, "wrong.toml", says, CardError)


def test_every_condition_has_its_file(with_templates: Path, run_here: Run) -> None:
    study = (with_templates / "lab.toml").read_text(encoding="utf-8").replace('["clean"]', '["clean", "backlit"]')
    (with_templates / "lab.toml").write_text(study, encoding="utf-8")
    failing(run_here, "lab.toml", "say which file is of which condition: a table of clean, backlit", CardError)
    one = study.replace('"vectors.npz"', '{ clean = "vectors.npz" }')
    (with_templates / "lab.toml").write_text(one, encoding="utf-8")
    failing(run_here, "lab.toml", "models.0.templates: nothing for condition 'backlit'", CardError)


def test_no_image_need_be_there(with_templates: Path, finished: Path, run_here: Run) -> None:
    shutil.rmtree(with_templates / "data" / "images")
    run = run_here("lab.toml")
    given.assert_same_tables(run, finished)
    manifest = store.read_manifest(run)
    assert manifest.samples["image files not there"] == 96
    assert any(one["rule"] == "no-image" and one["message"].startswith("96 image files") for one in manifest.findings)
    assert verify(run) == []


def test_a_failure_is_a_row_that_is_not_there(with_templates: Path, run_here: Run) -> None:
    found = vectors(with_templates)
    kept = ~np.isin(found["sample"], ["s02-0", "s02-1", "s02-2", "s02-3"])
    np.savez(with_templates / "vectors.npz", sample=found["sample"][kept], vector=found["vector"][kept])
    rows = store.read_table(run_here("lab.toml") / "tables" / "rates.csv")
    everyone = {row["metric"]: row for row in rows if not row["grouping"] and row["failures"] == "counted"}
    assert (everyone["FTE"]["errors"], everyone["FTE"]["trials"]) == ("1", "24")
    assert everyone["FNMR"]["trials"] == "144" and everyone["FNMR"]["failed"] == "12"


@pytest.mark.slow
def test_a_net_a_vendor_and_a_laboratory_are_compared(with_templates: Path, finished: Path, run_here: Run) -> None:
    """The same vectors and the same scores in all three: their tables are the same."""
    samples, made = given.measured(Path("tiny.toml"))
    files = given.write_matrix(with_templates, samples, made, list(range(96)), list(range(96)))
    given.write_card(with_templates, "vendor", f"{given.SCORES}vendor_threshold = 0.7\n")
    models = f'{NET}\n\n[[models]]\ncard = "lab"\ntemplates = "vectors.npz"\n\n[[models]]\ncard = "vendor"\nscores = '
    study = tiny.STUDY.replace(NET, f"{models}[{', '.join(repr(file.name) for file in files)}]")
    (with_templates / "three.toml").write_text(study, encoding="utf-8")
    run = run_here("three.toml")
    assert verify(run) == []
    for name in ("rates", "det", "identification", "versus_rest", "distributions"):
        rows = store.read_table(run / "tables" / f"{name}.csv")
        seen = [row for row in rows if row.get("metric") != "FTA" and row.get("threshold_name") != "vendor"]
        by_model = {model: [{**row, "model": ""} for row in seen if row["model"] == model] for model in ("tiny", "lab")}
        vendors = [{**row, "model": ""} for row in seen if row["model"] == "vendor"]
        assert by_model["tiny"] == by_model["lab"] == vendors, name
    between = store.read_table(run / "tables" / "between_models.csv")
    assert {(row["model"], row["other_model"]) for row in between} >= {("tiny", "lab"), ("tiny", "vendor")}
    manifest = store.read_manifest(run)
    assert [entry["kind"] for entry in manifest.models] == ["recogniser", "detector", "templates", "scores"]
    assert sum("come from elsewhere" in banner for banner in manifest.banners) == 2


def test_no_folder_of_a_file_that_arrived_is_kept(with_templates: Path, run_here: Run) -> None:
    place = with_templates / "secret-folder"
    place.mkdir()
    (with_templates / "vectors.npz").rename(place / "v.npz")
    study = (with_templates / "lab.toml").read_text(encoding="utf-8")
    (with_templates / "lab.toml").write_text(study.replace("vectors.npz", "secret-folder/v.npz"), encoding="utf-8")
    run = run_here("lab.toml")
    assert verify(run) == []
    for path in run.rglob("*"):
        assert not path.is_file() or b"secret-folder" not in path.read_bytes(), path


@pytest.mark.slow
def test_scores_with_and_without_copies_are_counted_without(place: Path, run_here: Run) -> None:
    """One picture is there twice under one person: what was exported leaves it out, a vendor's own list may not."""
    images = place / "data" / "images"
    shutil.copy(images / "s03-1.png", images / "s03-2.png")
    direct = run_here("tiny.toml", "direct")
    samples, made = given.measured(Path("tiny.toml"))
    names = samples.ids.tolist()
    for copies, but in ((True, ()), (False, ("otherwise",))):
        rows = [row for row in range(96) if copies or names[row] != "s03-2"]
        pairs = ((names[a], names[b], given.score_of(made, a, b)) for a in rows for b in rows if a < b)
        given.write_pairs(place / "all.csv", pairs)
        run = run_here(scored_study(place, "vendor.toml", ["all.csv"]), f"vendor-{copies}")
        given.assert_same_tables(run, direct, but)
        assert verify(run) == []
        assert (run / "comparisons" / "vendor~clean~with-copies.npz").exists() is copies


def test_a_threshold_is_rounded_as_the_scores_are_and_a_distance_is_turned_round(place: Path) -> None:
    given.write_card(place, "far", given.SCORES.replace("similarity", "distance") + "vendor_threshold = 0.7\n")
    card = load_scores_card("far")
    assert threshold_of(card) == float(np.float32(-0.7)) != -0.7
    low, high = score_range(card) or (0.0, 0.0)
    assert (low, high) == pytest.approx((-1, 1), abs=2e-6) and low < -1 and high > 1
    given.write_card(place, "near", given.SCORES)
    assert score_range(load_scores_card("near")) == (-1.0, 1.0 + 1e-6)
