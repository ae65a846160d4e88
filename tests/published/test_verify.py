"""A judged folder is verified by its counts; every forgery of it is found, sealed again or not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny
from facegap import verify as verify_by_api
from facegap.errors import StoreError
from facegap.published import Asked, is_judged, judge_counts, read_counts, verify_judged, write_judged
from forged import reseal

LINES = (
    "group,region,errors,trials,people,metric",
    "a,x,60,1000,1000,FNMR",
    "b,x,30,1000,1000,FNMR",
    "c,y,5,900,900,FNMR",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("judged") / "our counts.csv"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    asked = Asked(claims=("FNMR <= 10 % in every group",), reference="b", labels=("group",))
    read = read_counts(path, asked.labels)
    return write_judged(read, asked, judge_counts(read, asked), path.parent / "results")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / made.name))


def test_a_folder_of_judge_is_verified(folder: Path) -> None:
    found = verify_judged(folder)
    assert (found.verdict, found.differences, found.unknown) == ("verified", [], [])
    assert is_judged(folder) and verify_by_api(folder) == []
    assert any("counted right" in line for line in found.trusted)


def text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        content = (run / name).read_text(encoding="utf-8")
        assert old in content, content[:500]
        (run / name).write_text(content.replace(old, new, 1), encoding="utf-8")

    return change


def said(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        content = json.loads((run / "judged.json").read_text(encoding="utf-8"))
        edit(content)
        (run / "judged.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    return change


def asked(key: str, value: object) -> Callable[[Path], None]:
    return said(lambda content: content["asked"].__setitem__(key, value))


FORGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a count": (text("counts.csv", "a,x,60,", "a,x,6,"), "counts.csv: other counts than judged.json says"),
    "a rate": (text("tables/judged_rates.csv", "0.06", "0.006"), "tables/judged_rates.csv: line 2 says"),
    "a verdict": (text("tables/judged_claims.csv", "supported", "refuted"), "tables/judged_claims.csv: line"),
    "a sentence of the page": (text("report.html", "FNMR", "FMR"), "report.html: line"),
    "a claim that was not asked": (asked("claims", ["FNMR <= 1 % in every group"]), "tables/judged_claims.csv: line"),
    "another level": (asked("level", 0.9), "the folder is called"),
    "another design effect": (asked("design_effect", 2.0), "the folder is called"),
    "another banner": (said(lambda c: c.__setitem__("banner", "all is well")), "judged.json: line"),
    "a remark less": (said(lambda c: c.__setitem__("remarks", ["nothing was done"])), "judged.json: line"),
    "a level that cannot be": (asked("level", 2), "what it asks cannot be asked of counts.csv: --level: expected"),
    "a key that is none": (asked("colour", "red"), "what it asks cannot be asked of counts.csv"),
    "a reference that is none": (asked("reference", "z"), "cannot be asked of counts.csv: --reference: no group 'z'"),
    "a table less": (lambda run: (run / "tables/judged_claims.csv").unlink(), "tables/judged_claims.csv: missing"),
    "a file more": (
        lambda run: (run / "tables/extra.csv").write_text("a\n", encoding="utf-8"),
        "tables/extra.csv: not a file that `facegap judge` writes",
    ),
    "no counts": (lambda run: (run / "counts.csv").unlink(), "counts.csv: missing"),
}  # fmt: skip


def test_a_change_that_is_not_sealed_is_told_by_its_file(folder: Path) -> None:
    FORGED["a rate"][0](folder)
    assert any("judged_rates.csv" in line for line in verify_judged(folder).checks[0].differences)


@pytest.mark.parametrize("forgery", FORGED)
def test_forgeries_are_found(folder: Path, forgery: str) -> None:
    change, says = FORGED[forgery]
    change(folder)
    reseal(folder)
    found = verify_judged(folder)
    assert found.verdict == "different" and any(says in line for line in found.differences), found.differences


def test_a_forger_who_renames_the_folder_is_found_by_its_tables(folder: Path) -> None:
    asked("design_effect", 2.0)(folder)
    reseal(folder)
    lines = verify_judged(folder).differences
    name = next(line for line in lines if "its content gives" in line).rpartition(" ")[2]
    moved = Path(shutil.move(folder, folder.parent / name))
    assert any(line.startswith("tables/judged_") for line in verify_judged(moved).differences)


def test_another_version_is_not_compared(folder: Path) -> None:
    said(lambda content: content.__setitem__("facegap", "0.0.9"))(folder)
    reseal(folder)
    found = verify_judged(folder)
    assert found.verdict == "could not be checked" and "made by version 0.0.9" in found.unknown[0]


def test_other_libraries_explain_last_digits_and_drawings_and_no_more(folder: Path) -> None:
    """Made with another scipy: the last digits of a number and the page may be other, a number may not."""
    table = folder / "tables" / "judged_rates.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("high")
    cells = lines[1].split(",")
    said(lambda content: content["versions"].__setitem__("scipy", "0.0.9"))(folder)
    for factor, verdict in ((1 + 1e-12, "could not be checked"), (1.001, "different")):
        changed = [*cells[:place], repr(float(cells[place]) * factor), *cells[place + 1 :]]
        table.write_text("\n".join([lines[0], ",".join(changed), *lines[2:]]) + "\n", encoding="utf-8", newline="")
        reseal(folder)
        found = verify_judged(folder)
        assert found.verdict == verdict, found.differences
        assert any(line.startswith("made with scipy 0.0.9: ") for line in found.unknown)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"facegap": "1", "counts": [], "asked": {}}', "\x00"])
def test_a_damaged_record_is_one_line(folder: Path, content: str) -> None:
    (folder / "judged.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="not a folder of `facegap judge`, or damaged"):
        verify_judged(folder)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    code, out, error = tiny.facegap(tmp_path, "verify", str(folder))
    assert code == 0 and out.rstrip().endswith(": verified") and "on trust" in out, error + out
    text("tables/judged_rates.csv", "0.06", "0.006")(folder)
    code, out, _ = tiny.facegap(tmp_path, "verify", str(folder))
    assert code == 1 and "DIFFERS  tables" in out
