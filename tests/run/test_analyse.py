"""An analysis equals the run that the changed study would have been, is verified, and names its parent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import tiny
from facegap import store
from facegap.audit import verify
from facegap.errors import InputError, StoreError
from facegap.run import Changes, analyse, parse_groups


def tables(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run / "tables").glob("*.csv")}


def test_nothing_changed_gives_the_same_tables(finished: Path, tmp_path: Path) -> None:
    again = analyse(finished, Changes(), tmp_path / "again", None)
    assert tables(again) == tables(finished)
    assert verify(again, inputs=False) == []
    manifest = store.read_json(again / "manifest.json")
    assert manifest["derived_from"]["sha256sums"] == store.sha256_file(finished / "SHA256SUMS")
    assert manifest["derived_from"]["run"] == finished.name


def test_an_analysis_equals_the_run_of_the_changed_study(finished: Path, tmp_path: Path) -> None:
    place = finished.parents[1]
    study = tiny.STUDY.replace('[["group"], ["group", "size"]]', '[["size"], ["size", "group"]]')
    (place / "other.toml").write_text(study.replace("[0.05, 0.01]", "[0.05, 0.02]").replace('"tiny"', '"other"', 1))
    code, _, error = tiny.facegap(place, "run", "other.toml", "--results", str(tmp_path / "results"))
    assert code == 0, error
    direct = next((tmp_path / "results").glob("other-*"))
    changes = Changes(groups=(("size",), ("size", "group")), fmr=(0.05, 0.02))
    found = tables(analyse(finished, changes, tmp_path / "changed", None))
    wanted = tables(direct)
    # Opaque ids are keyed by the cache's secret, and the points of a DET curve follow the floor of the kept scores.
    for name in found.keys() - {"samples.csv", "det.csv"}:
        assert found[name] == wanted[name], name


def test_the_command_line(finished: Path, tmp_path: Path) -> None:
    place = finished.parents[1]
    words = ("analyse", str(finished), "--groups", "size", "--fmr", "1e-2", "--level", "0.9", "--extrapolate", "1e-4")
    code, out, error = tiny.facegap(place, *words, "--out", str(tmp_path / "new"))
    assert code == 0, error
    assert "computed again from run" in out
    assert (tmp_path / "new" / "report.html").is_file()
    manifest = json.loads((tmp_path / "new" / "manifest.json").read_text())
    assert manifest["study"]["groups"] == [["size"]]
    extrapolated = store.read_table(tmp_path / "new" / "tables" / "extrapolated.csv")
    assert {row["label"] for row in extrapolated} == {"extrapolation, not a measurement"}
    code, out, _ = tiny.facegap(place, "verify", str(tmp_path / "new"), "--no-inputs")
    assert (code, "verified" in out) == (0, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes(groups=(("age",),)), "'age' is no label of this run; its labels: group, size"),
        (Changes(groups=(("size", "size"),)), "names a label twice"),
        (Changes(fmr=(0.5,)), "the kept tail of"),
        (Changes(fmr=(2.0,)), "found 2.0"),
        (Changes(level=1.5), "statistics.level"),
        (Changes(impostors="some"), "thresholds.impostors"),
        (Changes(extrapolate=(0.0,)), "statistics.extrapolate"),
        (Changes(groups=(("size",),), reference=("bigg",)), "no group 'bigg' in size, did you mean 'big'"),
        (Changes(groups=(("size",),), reference=("big", "small")), "two groups of 'size': 'big' and 'small'"),
    ],
)
def test_what_cannot_be_had_is_one_line(finished: Path, tmp_path: Path, changes: Changes, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as found:
        analyse(finished, changes, tmp_path / "none", None)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "none").exists()


def test_a_changed_run_is_no_parent(finished: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(finished, tmp_path / "copy")
    path = tmp_path / "copy" / "tables" / "samples.csv"
    path.write_text(path.read_text().replace("amber", "blue", 1))
    with pytest.raises(StoreError, match="changed since it was sealed"):
        analyse(tmp_path / "copy", Changes(), tmp_path / "none", None)
    with pytest.raises(StoreError, match="never written to"):
        analyse(finished, Changes(), finished / "inside", None)


def test_groups_from_the_command_line() -> None:
    assert parse_groups(["gender", "ethnicity, gender"]) == (("gender",), ("ethnicity", "gender"))
    assert parse_groups([]) is None
    with pytest.raises(InputError, match="commas between"):
        parse_groups(["gender,,age"])


@pytest.mark.slow
def test_verify_names_another_parent_under_the_same_name(finished: Path, tmp_path: Path) -> None:
    parent = Path(shutil.copytree(finished, tmp_path / finished.name))
    derived = analyse(parent, Changes(), None, None)
    assert verify(derived, inputs=False) == []
    (parent / "SHA256SUMS").write_text("0" * 64 + "  study.toml\n", encoding="utf-8")
    assert any("beside it is another one" in line for line in verify(derived, inputs=False))
    shutil.rmtree(parent)
    assert verify(derived, inputs=False) == []


@pytest.mark.slow
def test_an_analysis_of_an_analysis_holds_what_both_changed(finished: Path, tmp_path: Path) -> None:
    first = analyse(finished, Changes(level=0.9, reference=("amber",)), tmp_path / "first", None)
    second = analyse(first, Changes(fmr=(0.02,)), tmp_path / "second", None)
    third = analyse(second, Changes(groups=(("size",), ("group",))), tmp_path / "third", None)
    for folder in (first, second, third):
        assert verify(folder, inputs=False) == []
    manifest = store.read_json(third / "manifest.json")
    assert manifest["study"]["statistics"]["level"] == 0.9 and manifest["study"]["reference"] == {"group": "amber"}
    assert [one["run"] for one in manifest["derived_from"]["earlier"]] == [finished.name, first_id(first)]


def first_id(folder: Path) -> str:
    return str(store.read_json(folder / "manifest.json")["run_id"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"level": 0.9', '"level": 0.5', "statistics.level: says 0.5, the analysis set 0.9"),
        ('"group": "amber"', '"group": "blue"', "reference.group: says blue, the file says amber"),
    ],
)
def test_what_an_earlier_analysis_set_cannot_be_set_otherwise(
    finished: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    first = analyse(finished, Changes(level=0.9, reference=("amber",)), tmp_path / "first", None)
    second = analyse(first, Changes(fmr=(0.02,)), tmp_path / "second", None)
    path = second / "manifest.json"
    study, mark, rest = path.read_text(encoding="utf-8").partition('"study": {')
    path.write_text(study + mark + rest.replace(old, new, 1), encoding="utf-8")
    store.seal(second)
    assert any(said in line for line in verify(second, inputs=False)), verify(second, inputs=False)
