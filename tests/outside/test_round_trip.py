"""Export, score with the script of the documentation, read: the scores of the direct run, to the last bit."""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import given
import tiny
from facegap import search
from facegap.compare import exact_scores
from facegap.compare.listed import compare_listed
from facegap.errors import InputError
from facegap.outside import (
    check_protocol,
    find_protocol,
    pair_ids,
    read_candidates,
    read_listed,
    read_matrix,
    read_protocol,
)
from facegap.outside.protocol import Asked
from facegap.pipeline import hash_files
from facegap.records import ListedTrials, RuledTrials, Templates
from facegap.run import asked_of, export_protocol, resolve
from facegap.run.inputs import Inputs
from facegap.run.measure import sides, templates
from made_scores import card


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@dataclass(frozen=True, kw_only=True)
class Trip:
    """A study that was exported and scored, and the templates of the direct run."""

    asked: Asked
    folder: Path
    inputs: Inputs
    embedded: Mapping[tuple[str, str], Templates]


def trip(place: Path, study: str, monkeypatch: pytest.MonkeyPatch) -> Trip:
    (place / "tiny.toml").write_text(study, encoding="utf-8")
    (place / "vendor.py").write_text(given.VENDOR, encoding="utf-8")
    (place / "score.py").write_text(given.script(), encoding="utf-8")
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    monkeypatch.setattr(sys, "argv", ["score.py", "given"])
    monkeypatch.delitem(sys.modules, "vendor", raising=False)
    wanted = asked_of("tiny.toml", None, silent)
    export_protocol(wanted, Path("given"), True, silent)
    runpy.run_path("score.py")
    inputs = resolve("tiny.toml", None, silent)
    _, embedded, _ = templates(inputs, hash_files(inputs.loaded.samples, 1), 1, silent)
    return Trip(asked=wanted.asked, folder=place / "given", inputs=inputs, embedded=embedded)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a list of pairs."""
    place = tiny.make_place(tmp_path_factory.mktemp("place"))
    data = place / "datasets" / "patterns.toml"
    text = data.read_text(encoding="utf-8")
    data.write_text(
        text.replace('manifest = "index.csv"', 'manifest = "index.csv"\npairs = "pairs.csv"'), encoding="utf-8"
    )
    names = [f"s{subject:02}-{sample}" for subject in range(24) for sample in range(4)]
    pairs = [(names[k], names[(k * 7 + 3) % 96]) for k in range(96)] + [
        (names[k], names[k + 1]) for k in range(0, 96, 2)
    ]
    lines = ["sample_a,sample_b", *(f"{a},{b}" for a, b in pairs if a != b)]
    (place / "data" / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


LISTED = tiny.STUDY.replace("[thresholds]\n", '[trials]\npairs = "listed"\n\n[thresholds]\n')
BOTH = LISTED.replace('["clean"]', '["clean", "low-res-jpeg"]') + '[applies_to]\nlow-res-jpeg = "both"\n'


@pytest.fixture
def place(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked, tmp_path / "place"))


def test_pairs_come_back_as_the_direct_run_scores_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trip(place, LISTED, monkeypatch)
    assert isinstance(made.asked.trials, ListedTrials)
    pairs = pair_ids(made.asked.ids, made.asked.trials)
    found = read_listed([made.folder / "scores" / "clean.csv"], card(), made.asked.ids, made.asked.trials, pairs)
    both = sides(made.embedded, "tiny", made.inputs.conditions[0])
    assert made.inputs.listed is not None
    direct = compare_listed(made.inputs.loaded.samples, made.inputs.listed, *both, ())
    assert direct.completed is not None
    np.testing.assert_array_equal(~np.isnan(found.score), direct.completed)
    people = made.asked.samples.people()
    mated = people[made.asked.trials.reference] == people[made.asked.trials.probe]
    np.testing.assert_array_equal(found.score[mated], direct.mated.score)
    np.testing.assert_array_equal(found.score[~mated & direct.completed], direct.tail.score)
    assert not direct.completed.all() and len(direct.tail) > 50


def test_a_matrix_and_lists_come_back_as_the_direct_run_scores_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trip(place, tiny.STUDY, monkeypatch)
    asked, ids = made.asked, made.asked.ids
    assert isinstance(asked.trials, RuledTrials) and asked.once
    found = read_matrix([made.folder / "scores" / "clean.csv"], card(), ids, asked.trials, place / "map")
    reference, probe = sides(made.embedded, "tiny", made.inputs.conditions[0])
    direct = np.full((96, 96), np.nan, dtype=np.float32)
    i, j = np.meshgrid(np.arange(len(reference.rows)), np.arange(len(probe.rows)), indexing="ij")
    scores = exact_scores(reference.vectors, probe.vectors, i.ravel(), j.ravel(), "cosine").reshape(i.shape)
    direct[np.ix_(reference.rows, probe.rows)] = scores
    np.fill_diagonal(direct, np.nan)
    np.testing.assert_array_equal(found.score, direct)
    failed = np.setdiff1d(np.arange(96), reference.rows)
    assert (
        np.flatnonzero(found.reference_failed).tolist()
        == failed.tolist()
        == np.flatnonzero(found.probe_failed).tolist()
    )
    assert found.single == 0 and len(failed) == 2
    for plan in asked.searches:
        files = [made.folder / "scores" / f"clean-{plan.protocol}.csv"]
        lists = read_candidates(files, card(), ids, plan)
        wanted = search.search(plan.protocol, plan.gallery, plan.probe, plan.mate, reference, probe, exact_scores)
        for name in ("completed", "mate_score", "mate_rank", "mate_rank_optimistic", "top_nonmate"):
            np.testing.assert_array_equal(getattr(lists, name), getattr(wanted, name), err_msg=name)


def test_the_same_matrix_as_an_array(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = trip(place, tiny.STUDY, monkeypatch)
    lines = read_matrix([made.folder / "scores" / "clean.csv"], card(), made.asked.ids, made.asked.trials, place / "a")  # type: ignore[arg-type]
    names = [path.read_text().split()[1:] for path in (made.folder / "enrol.csv", made.folder / "probe.csv")]
    at = [made.asked.ids.find(own) for own in names]
    np.save(place / "scores.npy", lines.score[np.ix_(*at)])
    files = [place / "scores.npy", made.folder / "enrol.csv", made.folder / "probe.csv"]
    array = read_matrix(files, card(), made.asked.ids, made.asked.trials, place / "b")  # type: ignore[arg-type]
    np.testing.assert_array_equal(array.score, lines.score)


def test_a_condition_has_pictures_and_scores_of_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they arrive: the templates of a run under the condition are those of the exported pictures."""
    step = '[[steps]]\nstep = "jpeg"\nquality = 20\n'
    text = f'name = "coarse"\ntitle = "t"\nsource = "made by the tests"\napplies_to = "probe"\n\n{step}'
    (place / "coarse.toml").write_text(text, encoding="utf-8")
    made = trip(place, LISTED.replace('["clean"]', '["clean", "coarse.toml"]'), monkeypatch)
    pairs = pair_ids(made.asked.ids, made.asked.trials)  # type: ignore[arg-type]
    assert made.asked.orientation == "of the protocol"
    for condition in made.inputs.conditions:
        files = [made.folder / "scores" / f"{condition.name}.csv"]
        found = read_listed(files, card(), made.asked.ids, made.asked.trials, pairs)  # type: ignore[arg-type]
        both = sides(made.embedded, "tiny", condition)
        direct = compare_listed(made.inputs.loaded.samples, made.inputs.listed, *both, ())
        completed = found.score[~np.isnan(found.score)]
        wanted = np.concatenate([direct.mated.score[~np.isnan(direct.mated.score)], direct.tail.score])
        np.testing.assert_array_equal(np.sort(completed), np.sort(wanted))


def test_the_protocol_beside_the_scores_is_held_against_the_study(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)

    def asked(study: str) -> Asked:
        (place / "tiny.toml").write_text(study, encoding="utf-8")
        return asked_of("tiny.toml", None, silent).asked

    (place / "tiny.toml").write_text(LISTED, encoding="utf-8")
    export_protocol(asked_of("tiny.toml", None, silent), Path("given"), False, silent)
    path = find_protocol([place / "given" / "scores.csv"])
    assert path is not None and find_protocol([place / "scores.csv"]) is None
    assert check_protocol(path, asked(LISTED)).lists["pairs.csv"]["rows"] > 100
    with pytest.raises(InputError, match=r"open/gallery.csv of 12 rows .* exported, open/gallery.csv of 12"):
        check_protocol(path, asked(LISTED.replace("seed = 7", "seed = 8")))
    with pytest.raises(InputError, match=r"closed/gallery.csv of 24 rows .* exported, no closed/gallery.csv by"):
        check_protocol(path, asked(LISTED.replace("[identification]", '[identification]\nprotocols = ["open"]')))
    with pytest.raises(InputError, match="the lists are the same, but the study's conditions, seed or data set"):
        check_protocol(path, asked(BOTH))
    monkeypatch.setenv("FACEGAP_SECRET", "00112233445566778899aabbccddeeff")
    with pytest.raises(InputError, match="made with another secret than this machine's; set FACEGAP_SECRET"):
        check_protocol(path, asked(LISTED))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read: Expecting value"),
        ("[]", "expected a record of the kind facegap-protocol-1"),
        ('{"schema": "other"}', "expected a record of the kind"),
        ('{"schema": "facegap-protocol-1"}', "damaged: conditions"),
        ("\0", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_damaged_record_is_one_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_protocol(path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_protocol(tmp_path / "none.json")
