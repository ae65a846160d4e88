"""What a release holds, as far as it can be said without building one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import facegap

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(name: str) -> dict[str, str]:
    """Package -> version in a file of constraints."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(re.split("==", line.lower(), maxsplit=1) for line in lines if not line.startswith("#"))


def test_the_citation_names_this_version() -> None:
    said = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {facegap.__version__}" in said
    assert f"license: {PROJECT['project']['license']}" in said


def test_every_file_of_a_release_is_there() -> None:
    build = PROJECT["tool"]["hatch"]["build"]["targets"]
    for name in (*build["wheel"]["force-include"], *build["sdist"]["include"]):
        assert (ROOT / name.lstrip("/")).exists(), name


def test_the_metadata_names_no_host() -> None:
    assert "://" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_oldest_versions_are_those_that_the_project_allows() -> None:
    oldest, newest = pins("constraints-oldest.txt"), pins("constraints.txt")
    extras = PROJECT["project"]["optional-dependencies"]
    for wanted in (
        *PROJECT["project"]["dependencies"],
        *extras["quickstart"],
        *extras["video"],
        *extras["cluster"],
        *extras["test"],
    ):
        found = re.fullmatch(r"([\w-]+)>=([\d.]+)(,<\d+)?", wanted)
        if found is None:
            assert wanted in ("pip", "facegap[quickstart,parquet,video,cluster]"), wanted
            continue
        package, floor = found[1], found[2]
        assert package in newest, package
        assert re.fullmatch(rf"{re.escape(floor)}(\.\d+)*", oldest[package]), f"{package}: {floor}, {oldest[package]}"
