"""Pairs of templates of several pictures, in IJB-C's layout: pooled by medium, failures in every denominator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from PIL import Image

import given
import tiny
from facegap import store
from facegap.audit import verify
from facegap.cards import load_dataset
from facegap.compare import exact_scores
from facegap.compare.pooled import pool
from facegap.datasets import check, load, load_pairs
from facegap.errors import CardError, DatasetError, InputError
from facegap.evidence import read_evidence
from facegap.pipeline import hash_files
from facegap.planning import plan_study
from facegap.records import Templates
from facegap.run import asked_of, measure, resolve
from sets import SETS

Run = Callable[..., Path]

PEOPLE = range(1, 9)
HEAD = "TEMPLATE_ID,SUBJECT_ID,FILENAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT,SIGHTING_ID"
ENROL, VERIF, MATCH = (f"protocols/test1/{name}.csv" for name in ("enroll_templates", "verif_templates", "match"))
TABLE = "protocols/ijbc_metadata_with_age.csv"
STUDY = tiny.STUDY.replace('card = "patterns"', 'card = "ijb-c"\nacknowledge_terms = true').replace(
    'groups = [["group"], ["group", "size"]]', 'groups = [["gender"]]'
)
OFFICIAL = STUDY.replace("[thresholds]", '[trials]\nprotocol = "test1"\n\n[thresholds]')


def member(template: int, person: int, file: str, sighting: int) -> str:
    return f"{template},{person},{file},10,12,40,50,{sighting}"


def write_tree(root: Path) -> Path:
    """Each person has a still, and two frames of one sighting; the second template has the still and both frames."""
    SETS["ijb-c"].write(root)
    more = []
    for k in PEOPLE:
        Image.fromarray(tiny.picture(k, 3, noise=60)).save(root / f"images/frames/{10 * k + 3}.png")
        more.append(f"{k},frames/{10 * k + 3}.png,10,12,40,50,2,0,3,1,{1 + k % 6},{k % 2},-3.5,0.2,0\n")
    with (root / TABLE).open("a", encoding="utf-8") as file:
        file.writelines(more)
    enrol = [member(100 + k, k, f"img/{10 * k + 1}.jpg", 1) for k in PEOPLE]
    verif = [
        member(200 + k, k, f, sighting)
        for k in PEOPLE
        for f, sighting in (
            (f"img/{10 * k + 1}.jpg", 1), (f"frames/{10 * k + 2}.png", 2), (f"frames/{10 * k + 3}.png", 2)
        )
    ]  # fmt: skip
    for name, rows in ((ENROL, enrol), (VERIF, verif)):
        (root / name).write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    pairs = [f"{100 + k},{200 + other}" for k in PEOPLE for other in PEOPLE if (k - other) % 2 == 0]
    (root / MATCH).write_text("\n".join(pairs) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny.make_model(tmp_path / "models")
    write_tree(tmp_path / "data")
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "official.toml").write_text(OFFICIAL, encoding="utf-8")
    return tmp_path


def spoil(root: Path, name: str, line: str) -> None:
    with (root / "data" / name).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def everyone(run: Path, metric: str) -> dict[str, str]:
    (row,) = (
        row
        for row in store.read_table(run / "tables" / "rates.csv")
        if (row["metric"], row["group"], row["failures"]) == (metric, "everyone", "counted")
        and row["threshold_name"] in ("FMR 0.05", "none")
    )
    return row


def test_the_official_comparisons_are_of_pooled_templates(here: Path, run_here: Run) -> None:
    """Each score is that of means over media of means of a medium's unit templates, computed one by one."""
    run = run_here("official.toml")
    assert verify(run) == [] and verify(run, root=here / "data") == []
    inputs = resolve("official.toml", None, given.silent)
    samples = inputs.loaded.samples
    _, made, _ = measure.templates(inputs, hash_files(samples, 1), 1, given.silent)
    vectors = {
        str(samples.ids[row]): vector
        for row, vector in zip(made["tiny", "clean"].rows, made["tiny", "clean"].vectors, strict=True)
    }

    def template(k: int, several: bool) -> np.ndarray:
        still = vectors[f"img/{10 * k + 1}.jpg"].astype(np.float64)
        frames = (vectors[f"frames/{10 * k + 2}.png"].astype(np.float64) + vectors[f"frames/{10 * k + 3}.png"]) / 2
        mean = (still + frames) / 2 if several else still
        return (mean / np.linalg.norm(mean)).astype(np.float32)

    one = np.array([0])
    wanted = [
        float(exact_scores(template(k, False)[None], template(j, True)[None], one, one, "cosine")[0])
        for k in PEOPLE
        for j in PEOPLE
        if (k - j) % 2 == 0
    ]
    found = read_evidence(run, store.read_manifest(run)).comparisons["tiny", "clean"]
    both = sorted([*found.mated.score.tolist(), *found.tail.score.tolist()])
    np.testing.assert_allclose(both, sorted(wanted), atol=1e-6)
    assert (everyone(run, "FNMR")["trials"], everyone(run, "FMR")["trials"]) == ("8", "24")
    said = {one["rule"]: one["message"] for one in store.read_manifest(run).findings}
    assert said["pooled-media"].startswith(
        "16 templates of several pictures are compared: the mean of the unit templates"
    )
    assert plan_study("official.toml", None).comparisons == 32


def test_a_template_none_of_whose_pictures_is_acquired_is_a_failure(here: Path, run_here: Run) -> None:
    """Its comparisons stay in the denominators: a failure to enrol, to acquire, and a false non-match."""
    (here / "data/images/img/11.jpg").write_bytes(b"no picture")
    run = run_here("official.toml")
    assert (everyone(run, "FTA")["errors"], everyone(run, "FTA")["trials"]) == ("1", "16")
    fnmr = everyone(run, "FNMR")
    assert (fnmr["trials"], fnmr["failed"]) == ("8", "1") and int(fnmr["errors"]) >= 1
    assert (everyone(run, "FMR")["trials"], everyone(run, "FMR")["failed"]) == ("24", "3")
    rows = store.read_table(run / "acquisitions" / "aligned-none~clean.csv")
    (failed,) = (row for row in rows if row["outcome"] != "ok")
    assert failed["reason"].startswith("none of 1 picture; the first: ")
    assert verify(run, root=here / "data") == []


TRAPS = {
    "two people in one template": (
        VERIF,
        [member(301, 1, "img/11.jpg", 1), member(301, 2, "img/21.jpg", 1)],
        "1 template refused: a template of pictures of two people",
    ),
    "a picture of two people": (
        VERIF,
        [member(201, 1, "img/901.jpg", 9)],
        "1 picture refused: a sample that is not in use (unknown, refused or not drawn)",
    ),
    "another person than the data set says": (
        VERIF,
        [member(201, 2, "img/11.jpg", 1)],
        "1 picture refused: called another person than the data set says",
    ),
    "a picture twice in its template": (
        VERIF,
        [member(201, 1, "img/11.jpg", 1)],
        "1 picture refused: a picture that is in its template already",
    ),
    "a template without a picture": (
        VERIF,
        [member(302, 1, "img/999.jpg", 1)],
        "1 template without a picture that can be used",
    ),
    "too few fields": (VERIF, ["303,1"], "1 picture refused: 2 fields where the header has 8"),
    "no file name": (VERIF, [member(304, 1, "", 1)], "1 picture refused: no template or no file name"),
    "a pair of a template that is none": (MATCH, ["101,999"], "1 pair refused: a sample that is not in use"),
    "a pair of one template": (MATCH, ["101,101"], "1 pair refused: a sample with itself"),
    "no pair": (MATCH, ["101"], "1 pair refused: expected two templates, and if known 1 or 0"),
    "a label that contradicts": (MATCH, ["101,202,1"], "1 pair refused: called mated, but the subjects are not"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_is_said(here: Path, trap: str) -> None:
    name, lines, says = TRAPS[trap]
    for line in lines:
        spoil(here, name, line)
    report = check(load_dataset("ijb-c"), here / "data")
    assert any(says in line for line in report.lines()), "\n".join(report.lines())
    assert report.listed_pairs["test1"] == 32


def test_all_traps_together_are_a_run_of_what_is_sound(here: Path, run_here: Run) -> None:
    for name, lines, _ in TRAPS.values():
        for line in lines:
            spoil(here, name, line)
    run = run_here("official.toml")
    assert (everyone(run, "FNMR")["trials"], everyone(run, "FMR")["trials"]) == ("8", "24")
    assert {"pools", "pairs"} <= {one["rule"] for one in store.read_manifest(run).findings}
    assert verify(run, root=here / "data") == []


def test_lists_of_insightfaces_release_are_read(here: Path, run_here: Run) -> None:
    """`file template medium`, and `template template label`; the study's own files, named nowhere in the results."""
    lines = [f"{10 * k + 1}.jpg {100 + k} {k}" for k in PEOPLE]
    lines += [f"{10 * k + s}.png {200 + k} {50 + k}" for k in PEOPLE for s in (2, 3)]
    (here / "secret_tid_mid.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pairs = [f"{100 + k} {200 + j} {int(k == j)}" for k in PEOPLE for j in PEOPLE]
    (here / "secret_label.txt").write_text("\n".join(pairs) + "\n", encoding="utf-8")
    trials = (
        '[trials]\npairs = "secret_label.txt"\nformat = "template-pairs"\ntemplates = ["secret_tid_mid.txt"]\n'
        'pooling = "pictures"\n'
    )
    (here / "own.toml").write_text(STUDY.replace("[thresholds]", f"{trials}\n[thresholds]"), encoding="utf-8")
    run = run_here("own.toml")
    assert (everyone(run, "FNMR")["trials"], everyone(run, "FMR")["trials"]) == ("8", "56")
    assert "pooled-pictures" in {one["rule"] for one in store.read_manifest(run).findings}
    assert "secret_label" not in (run / "manifest.json").read_text(encoding="utf-8")
    assert verify(run, root=here / "data") == []


def test_templates_that_a_laboratory_pooled_go_by_the_ids_of_the_templates(here: Path, run_here: Run) -> None:
    direct = read_evidence(run := run_here("official.toml"), store.read_manifest(run))
    pairs = load_pairs(
        load_dataset("ijb-c"), here / "data", load(load_dataset("ijb-c"), here / "data").samples, "test1"
    )
    assert pairs.pools is not None
    inputs = resolve("official.toml", None, given.silent)
    _, made, _ = measure.templates(inputs, hash_files(inputs.loaded.samples, 1), 1, given.silent)
    pools = pairs.pools
    mine = pool(made["tiny", "clean"], pools.template, pools.medium, pools.member, "media", len(inputs.loaded.samples))
    given.write_templates(here / "vectors.npz", pools.samples, mine)
    given.write_card(here, "lab", given.TEMPLATES)
    text = OFFICIAL.replace('card = "tiny"\ndetector = "aligned-none"', 'card = "lab"\ntemplates = "vectors.npz"')
    (here / "lab.toml").write_text(text, encoding="utf-8")
    again = run_here("lab.toml")
    theirs = read_evidence(again, store.read_manifest(again)).comparisons["lab", "clean"]
    np.testing.assert_array_equal(theirs.mated.score, direct.comparisons["tiny", "clean"].mated.score)


def test_what_templates_of_several_pictures_cannot_be_asked(here: Path) -> None:
    with pytest.raises(InputError, match="templates of several pictures are not exported"):
        asked_of("official.toml", None, given.silent)
    text = OFFICIAL + "\n[transactions]\nattempts = 2\n"
    (here / "tried.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="transactions: an attempt is one picture"):
        resolve("tried.toml", None, given.silent)


@pytest.mark.parametrize(
    "trials",
    ['pairs = "p.txt"\nformat = "template-pairs"', 'pairs = "p.txt"\nformat = "lfw"\ntemplates = ["t.csv"]'],
)
def test_files_of_templates_go_with_pairs_of_templates(here: Path, trials: str) -> None:
    (here / "bad.toml").write_text(
        STUDY.replace("[thresholds]", f"[trials]\n{trials}\n\n[thresholds]"), encoding="utf-8"
    )
    with pytest.raises(CardError, match="templates: files that say which pictures a template is pooled of go with"):
        resolve("bad.toml", None, given.silent)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file; expected which pictures each template is pooled of"),
        ("TEMPLATE_ID,SUBJECT_ID\n1,1\n", "no column FILENAME"),
        ("1 2\n", "no template that can be used: expected file, template and medium"),
        ("", "no template that can be used|empty"),
    ],
)
def test_a_file_of_templates_that_cannot_be_used_is_one_line(here: Path, content: str | None, says: str) -> None:
    for name in (ENROL, VERIF):
        path = here / "data" / name
        path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=says) as error:
        load_pairs(load_dataset("ijb-c"), here / "data", load(load_dataset("ijb-c"), here / "data").samples, "test1")
    assert "\n" not in str(error.value)


@drawn(st.data())
def test_pooling_is_the_mean_of_means(data: st.DataObject) -> None:
    """Against a loop, with pictures that failed; a pool without any is missing, and no picture's order matters."""
    n, dim = 12, 3
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    there = np.flatnonzero(rng.random(n) < 0.7)
    vectors = rng.normal(size=(len(there), dim)).astype(np.float32)
    similarity: Literal["cosine", "negative-l2"] = "cosine" if data.draw(st.booleans()) else "negative-l2"
    if similarity == "cosine":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = Templates(rows=there, vectors=vectors, model="m", condition="clean", similarity=similarity)
    template = np.sort(rng.integers(0, 4, 15))
    template = np.unique(template, return_inverse=True)[1]
    medium, member = template * 10 + rng.integers(0, 2, 15), rng.integers(0, n, 15)
    found = pool(made, template, medium, member, "media", n)
    at = {row: vector.astype(np.float64) for row, vector in zip(there.tolist(), vectors, strict=True)}
    for k in range(template.max() + 1):
        media = [
            np.mean([at[row] for row in some], axis=0)
            for one in np.unique(medium[template == k])
            if (some := [row for row in member[(template == k) & (medium == one)].tolist() if row in at])
        ]
        assert (k in found.rows) == bool(media)
        if media:
            mean = np.mean(media, axis=0)
            mean = mean / np.linalg.norm(mean) if similarity == "cosine" else mean
            np.testing.assert_allclose(found.vectors[found.rows.tolist().index(k)], mean, atol=1e-6)
