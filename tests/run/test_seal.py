"""A protocol sealed before the data: what it holds, what a run says of it, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import tiny
from facegap import report, store
from facegap.audit import verify
from facegap.claims import examine_claim, parse_sealed
from facegap.errors import FacegapError, InputError
from facegap.evidence import departures, read_seal
from facegap.evidence.sealed import seal_bytes
from facegap.run import find_seal, resolve, run_study, seal_study
from facegap.run.seal import sealed_entry

CLAIM = "FNMR within a ratio of 1.25 in every group"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_seal_holds_study_cards_digests_claims_and_policy_and_reads_no_data(place: Path) -> None:
    (place / "tender.txt").write_text("FNMR at most 1 %", encoding="utf-8")
    for gone in ("data/index.csv", "models/tiny.onnx"):
        (place / gone).unlink()
    path, seal = seal_study("tiny.toml", None, [parse_sealed(CLAIM)], place / "tender.txt")
    assert path == Path("tiny.sealed.json") and read_seal(path) == seal
    assert seal.study_text == tiny.STUDY.replace('root = "data"', 'root = "left-out"')
    assert seal.study["statistics"]["min_subjects"] == 4
    assert [card["name"] for card in seal.models] == ["tiny", "aligned-none"]
    assert seal.digests["recogniser weights 'tiny'"] == seal.models[0]["sha256"]
    assert seal.digests["policy"] == store.sha256_bytes(b"FNMR at most 1 %")
    assert seal.claims[0]["margin"] == 1.25 and seal.has(CLAIM) and not seal.has("FNMR <= 0.1")
    with pytest.raises(InputError, match="sealed there already, and is never overwritten"):
        seal_study("tiny.toml", None)


@pytest.fixture
def sealed(place: Path) -> Path:
    path, _ = seal_study("tiny.toml", None, [parse_sealed(CLAIM)])
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace('"seed": 7', '"seed": 8', 1),
        lambda t: t.replace("20", "19", 1),
        lambda t: re.sub(r'"digest": "....', '"digest": "0000', t),
        lambda t: t.replace('"claims"', '"claim"'),
        lambda t: t.replace("facegap-seal-1", "facegap-seal-9"),
        lambda t: t[:-20],
        lambda _: "[]",
        lambda _: "[" * 100_000,
    ],
)
def test_an_edited_seal_is_one_line(sealed: Path, change: Callable[[str], str]) -> None:
    text = sealed.read_text(encoding="utf-8")
    assert change(text) != text
    sealed.write_text(change(text), encoding="utf-8")
    with pytest.raises(InputError) as found:
        find_seal("tiny.toml", None)
    assert str(found.value).startswith("tiny.sealed.json: ") and "\n" not in str(found.value)


def test_what_departs_is_said_field_by_field_in_words(finished: Path, sealed: Path, place: Path) -> None:
    manifest = replace(store.read_manifest(finished), started="2100-01-01T00:00:00+00:00")
    seal = read_seal(sealed)
    assert departures(seal, manifest) == []
    study = json.loads(json.dumps(manifest.study))
    study["thresholds"]["fmr"] = [0.05]
    models = json.loads(json.dumps(manifest.models))
    models[0]["preprocess"]["colour"] = "BGR"
    changed = replace(
        manifest,
        study=study,
        models=[models[0]],
        versions={**manifest.versions, "facegap": "0.3.0"},
        dataset={**manifest.dataset, "version": "2"},
        conditions=[{**manifest.conditions[0], "name": "dim"}],
        started="2020-01-01T00:00:00+00:00",
    )
    assert departures(seal, changed) == [
        f"the protocol was sealed {seal.sealed}, after the run had begun, 2020-01-01T00:00:00+00:00",
        'facegap was sealed as "0.2.0", the run has "0.3.0"',
        "study: thresholds.fmr was sealed as [0.05, 0.01], the run has [0.05]",
        "detector 'aligned-none' was sealed, the run has it not",
        'recogniser \'tiny\': preprocess.colour was sealed as "RGB", the run has "BGR"',
        "condition 'clean' was sealed, the run has it not",
        "condition 'dim' was not sealed, the run has it",
        'data set: version was sealed as "1", the run has "2"',
    ]
    assert departures(seal, replace(manifest, config_text=manifest.config_text + "# more\n")) == [
        "the study's file differs from the sealed one in its wording, in no field"
    ]


def test_run_page_claim_and_verify_cite_it(place: Path, sealed: Path) -> None:
    edit(place / "tiny.toml", "seed = 7", "seed = 8")

    class Silent:
        def __init__(self, _stage: str, _total: int) -> None: ...
        def __enter__(self) -> Callable[[int], None]:
            return lambda _: None

        def __exit__(self, *_: object) -> None: ...

    seal = find_seal("tiny.toml", None)
    run = run_study(resolve("tiny.toml", None, Silent, seal), Path("sealed"), report.write, Silent)
    said = "study: seed was sealed as 7, the run has 8"
    assert store.read_manifest(run).sealed["departures"] == [said]
    assert (run / "sealed.json").read_bytes() == sealed.read_bytes()
    page = (run / "report.html").read_text(encoding="utf-8")
    assert said in page and read_seal(sealed).digest in page and "departs from it in 1 point" in page
    assert "No protocol was sealed" not in page
    assert verify(run, place / "data", True, report.drawn) == []
    found = examine_claim(run, CLAIM)
    assert found.stated.startswith("the protocol sealed ") and found.digest == store.run_digest(run)
    assert "this claim is in it; the run departs from it in 1 point" in found.protocol[0]
    assert found.protocol[1:] == (said,)
    other = examine_claim(run, "FNMR <= 0.5 in every group")
    assert "this claim is not in it" in other.protocol[0] and other.stated == ""


def test_a_margin_that_was_sealed_after_the_run_began_was_not_stated_beforehand(
    finished: Path, sealed: Path, tmp_path: Path
) -> None:
    """The finished run began before this test sealed anything."""
    late = tmp_path / "late.json"
    late.write_bytes(seal_bytes(replace(read_seal(sealed), sealed="2100-01-01T00:00:00+00:00")))
    with pytest.raises(FacegapError, match="a margin counts only if it was stated before the data were seen"):
        examine_claim(finished, CLAIM, sealed=late)
    assert examine_claim(finished, CLAIM, stated="the tender", sealed=late).protocol[1].endswith("has begun") is False


def test_no_seal_says_nothing(finished: Path) -> None:
    assert store.read_manifest(finished).sealed == sealed_entry(None, store.read_manifest(finished)) == {}
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "No protocol was sealed before the data" in page
