"""Evidence through its files and back, and what must not be in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facegap import store
from facegap.errors import StoreError
from facegap.evidence import Evidence, opaque, read_evidence, write_evidence
from facegap.records import RunManifest
from facegap.tables import Built, build
from made import make_samples
from made_world import WORLDS, World, few_draws, make_world


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    with few_draws():
        yield


@pytest.fixture(scope="module", params=WORLDS, ids=lambda p: "-".join(map(str, p)))
def world(request: pytest.FixtureRequest) -> World:
    return make_world(*request.param)


@pytest.fixture(scope="module")
def built(world: World) -> Built:
    return build(world.evidence)


def manifest_of(evidence: Evidence) -> RunManifest:
    """A manifest that holds nothing but what the evidence is read with."""
    return RunManifest(
        schema="",
        run_id="",
        status="",
        study=evidence.study.model_dump(mode="json"),
        config_text="",
        dataset={"identities": evidence.identities},
        models=[{"kind": "recogniser", "name": n, "score_threshold": v} for n, v in evidence.vendor.items()],
        conditions=[],
        given_thresholds=[vars(threshold) for threshold in evidence.given],
        provider_asked="",
        provider_actual="",
        versions={},
        machine={},
        commit="",
        dirty=None,
        started="",
        finished="",
    )


def as_text(built: Built, folder: Path) -> dict[str, bytes]:
    for row, rows in built.items():
        store.write_rows(folder, row, rows)
    return {row.table: store.table_path(folder, row).read_bytes() for row in built}


def test_evidence_read_back_gives_the_same_tables(world: World, built: Built, tmp_path: Path) -> None:
    write_evidence(tmp_path, world.evidence)
    again = build(read_evidence(tmp_path, manifest_of(world.evidence)))
    assert as_text(again, tmp_path / "again") == as_text(built, tmp_path / "first")


def test_no_name_and_no_path_is_in_the_evidence(world: World, tmp_path: Path) -> None:
    write_evidence(tmp_path, world.evidence)
    names = {f"s{row}" for row in range(56)} | {f"p{k:02}" for k in range(14)} | {"jpg", "nowhere"}
    for path in tmp_path.rglob("*.csv"):
        words = set(path.read_text(encoding="utf-8").replace("\n", ",").split(","))
        assert not words & names


def test_ids_are_the_same_under_one_secret_and_others_under_another() -> None:
    samples = make_samples(["p", "p", "q"], {})
    a, b, c = opaque(samples, b"1"), opaque(samples, b"1"), opaque(samples, b"2")
    np.testing.assert_array_equal(a.ids, b.ids)
    assert a.subjects[0] == a.subjects[1] != a.subjects[2]
    assert not set(a.ids) & set(c.ids) and not set(a.subjects) & set(a.ids)


def test_the_secret_does_not_show_in_the_tables(world: World, built: Built, tmp_path: Path) -> None:
    other = replace(world.evidence, samples=opaque(world.evidence.samples, b"another"))
    assert as_text(build(other), tmp_path / "a") == as_text(built, tmp_path / "b")


def damaged(folder: Path) -> Iterator[tuple[str, Path]]:
    (folder / "tables" / "samples.csv").write_text("sample,subject\n", encoding="utf-8")
    yield "IndexError", folder / "tables" / "samples.csv"
    (folder / "acquisitions" / "d~clean.csv").write_text("a\n1\n", encoding="utf-8")
    yield "KeyError", folder / "acquisitions" / "d~clean.csv"
    store.write_arrays(folder / "comparisons" / "net~blur.npz", {"floor": np.zeros(3)})
    yield "KeyError", folder / "comparisons" / "net~blur.npz"


def test_damaged_evidence_is_one_line(tmp_path: Path) -> None:
    evidence = make_world().evidence
    folder = tmp_path / "run"
    write_evidence(folder, evidence)
    for kind, path in damaged(folder):
        with pytest.raises(StoreError, match=f"run: not a run folder of this version: {kind}") as caught:
            read_evidence(folder, manifest_of(evidence))
        assert "\n" not in str(caught.value)
        write_evidence(folder, evidence)
        assert path.exists()
    broken = replace(manifest_of(evidence), study={"name": 3})
    with pytest.raises(StoreError, match="not a run folder of this version: ValidationError") as caught:
        read_evidence(folder, broken)
    assert "\n" not in str(caught.value)


def test_people_are_numbered_as_they_appear() -> None:
    samples = make_samples(["q", "p", "q", "a", "p"], {})
    assert samples.people().tolist() == [0, 1, 0, 2, 1]
    assert opaque(samples, b"1").people().tolist() == opaque(samples, b"2").people().tolist() == [0, 1, 0, 2, 1]
    assert make_samples([], {}).people().tolist() == []
