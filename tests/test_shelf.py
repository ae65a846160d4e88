"""The published audits in results/shelf: what they hold is what was sealed, and their pages are what their tables give.

They are bundles of runs over pictures of real people, so that the evidence by sample is not among them: what follows
from it cannot be computed again here, but every file is held against the sums of the whole run, and the page against
the tables. The folders of `judge` are whole and are verified.
"""

from __future__ import annotations

import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from facegap import report, store
from facegap.audit.case import Case
from facegap.audit.page import page_differences
from facegap.audit.verified import Remark
from facegap.handover.bundle import EVIDENCE, LOG, READ_ME
from facegap.published import verify_judged

SHELF = Path(__file__).resolve().parents[1] / "results" / "shelf"
RUNS = sorted(path.parent for path in SHELF.glob("*/manifest.json"))
JUDGED = sorted(path.parent for path in SHELF.glob("*/judged.json"))
COMPARED = sorted(path.parent for path in SHELF.glob("*/compared.json"))

of_run = pytest.mark.parametrize("run", RUNS, ids=lambda path: path.name)


def sums(run: Path) -> dict[str, str]:
    lines = (run / store.SUMS).read_text(encoding="utf-8").splitlines()
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


def test_the_shelf_holds_what_its_list_says() -> None:
    """Each audit has its line in the list, with the digest that a letter would quote; no line without its audit."""
    said = dict(
        re.findall(r"\[[^\]]+\]\(([^)/]+)/report\.html\).*?`([0-9a-f]{64})`", (SHELF / "README.md").read_text())
    )
    there = {path.name: store.run_digest(path) for path in (*RUNS, *JUDGED, *COMPARED)}
    assert said == there


@of_run
def test_every_file_is_the_one_that_was_sealed(run: Path) -> None:
    sealed = sums(run)
    there = {name: store.sha256_file(path) for name, path in store.plain_files(run).items()}
    for name in (READ_ME, LOG, store.SUMS):
        del there[name]
    assert {name: sealed.get(name) for name in there} == there
    missing = [name for name in sealed if name not in there]
    assert [name for name in missing if not any(fnmatchcase(name, one) for one in EVIDENCE)] == []


@of_run
def test_nobody_can_be_found_in_it(run: Path) -> None:
    """No picture, no table by sample."""
    for path in run.rglob("*"):
        if path.is_file():
            assert path.suffix in (".html", ".svg", ".csv", ".md", ".txt", ".toml", ".json", "")
            assert path.name != "samples.csv"


@of_run
def test_the_page_is_what_the_tables_give(run: Path) -> None:
    """Byte for byte under the versions that drew it, else by its words and numbers, as `verify` compares them."""
    case = Case(run=run, manifest=store.read_manifest(run), evidence=None, root=None, drawn=report.drawn)
    assert not [line for line in page_differences(case) if not isinstance(line, Remark)]


@of_run
def test_a_changed_number_on_the_page_would_be_found(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / run.name))
    page = (copy / store.PAGE).read_text(encoding="utf-8")
    (copy / store.PAGE).write_text(page.replace("0.01", "0.0717", 1), encoding="utf-8")
    case = Case(run=copy, manifest=store.read_manifest(copy), evidence=None, root=None, drawn=report.drawn)
    assert [line for line in page_differences(case) if not isinstance(line, Remark)]


@pytest.mark.parametrize("folder", JUDGED, ids=lambda path: path.name)
def test_a_judged_table_is_verified(folder: Path) -> None:
    found = verify_judged(folder)
    assert not found.differences
    assert found.verdict == "verified" or all(line.startswith("made with ") for line in found.unknown)


@pytest.mark.parametrize("folder", COMPARED, ids=lambda path: path.name)
def test_a_comparison_is_as_sealed(folder: Path) -> None:
    assert store.sums_differences(folder) == []
