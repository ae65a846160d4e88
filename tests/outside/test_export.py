"""What a vendor is given: everything that is needed, and nothing that tells who is who."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny
from facegap import store
from facegap.errors import DiskFull, InputError
from facegap.outside import Asked, export, ids_of
from facegap.outside.folder import new_folder
from facegap.outside.protocol import lists_of
from facegap.run import asked_of, export_protocol
from made_scores import IDS, RULED, SAMPLES, TRIALS

LISTED = tiny.STUDY.replace("[thresholds]\n", '[trials]\npairs = "listed"\n\n[thresholds]\n')


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place whose pictures carry EXIF, and a list of pairs with their truth."""
    place = tiny.make_place(tmp_path_factory.mktemp("place"))
    data = place / "datasets" / "patterns.toml"
    text = data.read_text(encoding="utf-8")
    text = text.replace('manifest = "index.csv"', 'manifest = "index.csv"\npairs = "pairs.csv"')
    data.write_text(text, encoding="utf-8")
    exif = Image.Exif()
    exif[0x010E] = "of s03-1, amber"
    path = place / "data" / "images" / "s03-1.png"
    with Image.open(path) as image:
        image.save(path, exif=exif)
    names = [f"s{subject:02}-{sample}" for subject in range(24) for sample in range(4)]
    pairs = [(names[k], names[k + 1], 1) for k in range(0, 96, 4)]
    pairs += [(names[k], names[(k + 40) % 96], 0) for k in range(0, 96, 4)]
    lines = ["sample_a,sample_b,mated", *(f"{a},{b},{m}" for a, b, m in pairs)]
    (place / "data" / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = Path(shutil.copytree(made, tmp_path / "place"))
    monkeypatch.chdir(found)
    return found


def exported(study: str = tiny.STUDY, out: str = "given", images: bool = True) -> Path:
    Path("tiny.toml").write_text(study, encoding="utf-8")
    export_protocol(asked_of("tiny.toml", None, silent), Path(out), images, silent)
    return Path(out)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_command_says_what_it_exported(place: Path, cache_folder: Path) -> None:
    code, out, error = tiny.facegap(
        place, "protocol", "export", "tiny.toml", "--out", "given", FACEGAP_CACHE=str(cache_folder)
    )
    assert code == 0, error
    lines = out.splitlines()
    assert lines[:3] == ["exported: given", "  enrol.csv: 96 rows", "  probe.csv: 96 rows"]
    assert "  images: 95 pictures, without metadata and names" in lines
    assert "  clean: 1 picture did not arrive: comparisons with them are failures" in lines
    assert any(line.startswith("caution: who has the closed and the open lists") for line in lines)
    assert {path.name for path in (place / "given").iterdir()} == {
        "README.txt", "closed", "enrol.csv", "images", "open", "probe.csv", "protocol.json"
    }  # fmt: skip
    assert lines[-2] == "terms of 'patterns', for whom you hand it to as well: CC0-1.0; none"
    code, _, error = tiny.facegap(place, "protocol", "export", "tiny.toml", "--out", "given")
    assert code == 2
    assert error == (
        "facegap: given: is there already; an export is never written into a folder that is: name another\n"
    )


def test_nothing_in_it_tells_who_is_who(place: Path) -> None:
    folder = exported(LISTED)
    for name, data in content(folder).items():
        for word in (b"s03", b"p03", b"amber", b"blue", b"big", b"photo", b"selfie", b"patterns", str(place).encode()):
            assert word not in name.encode()
            assert word not in data or name.startswith("images/"), (name, word)
        assert b"of s03-1" not in data and b"eXIf" not in data
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mtime == 946_684_800
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_pictures_are_those_of_the_ids_and_say_the_same(place: Path) -> None:
    folder = exported(LISTED)
    samples = asked_of("tiny.toml", None, silent).asked.samples
    ids = ids_of(samples, store.local_secret())
    used = {row[k] for row in rows_of(folder / "pairs.csv")[1:] for k in (1, 2)}
    used |= {row[0] for path in folder.glob("*/*.csv") for row in rows_of(path)[1:]}
    there = {path.stem: path for path in (folder / "images" / "clean").iterdir()}
    lost = ids.exported[samples.ids.tolist().index("s00-1")]
    assert set(there) == used - {lost}
    assert json.loads((folder / "protocol.json").read_bytes())["conditions"] == [
        {"name": "clean", "reference": "images/clean", "probe": "images/clean", "images": len(there), "missing": 1}
    ]
    for name, path in there.items():
        assert path.suffix == ".png"
        original = samples.root / str(samples.paths[ids.rows[name]])
        with Image.open(path) as ours, Image.open(original) as theirs:
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_lists_are_in_the_order_of_keyed_ids_and_orientation_says_nothing(place: Path) -> None:
    folder = exported(LISTED)
    pairs = rows_of(folder / "pairs.csv")
    assert pairs[0] == ["pair", "reference", "probe"] and len(pairs) == 49
    assert [row[0] for row in pairs[1:]] == sorted(row[0] for row in pairs[1:])
    assert all(a < b for _, a, b in pairs[1:])
    for path in folder.glob("*/*.csv"):
        names = [row[0] for row in rows_of(path)[1:]]
        assert names == sorted(names)


def test_the_same_export_again_is_the_same_and_another_secret_makes_another(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = content(exported(LISTED)), content(exported(LISTED, "again"))
    assert first == second
    monkeypatch.setenv("FACEGAP_SECRET", "00112233445566778899aabbccddeeff")
    third = content(exported(LISTED, "third"))
    assert not set(first) & set(third) - {
        "README.txt",
        "protocol.json",
        "pairs.csv",
        *(f"{name}/{kind}.csv" for name in ("open", "closed") for kind in ("gallery", "searches")),
    }
    assert first["pairs.csv"] != third["pairs.csv"]


def test_without_pictures_the_lists_are_the_same(place: Path) -> None:
    whole, lists = content(exported(LISTED)), content(exported(LISTED, "lists", images=False))
    assert set(lists) == {name for name in whole if not name.startswith("images/")}
    assert all(lists[name] == whole[name] for name in lists if name.endswith(".csv"))
    assert b"Only lists are here" in lists["README.txt"]
    assert json.loads(lists["protocol.json"])["images"] == ""


def test_the_record_tells_the_lists_by_digests_that_sha256sum_prints(place: Path) -> None:
    folder = exported(LISTED)
    record = json.loads((folder / "protocol.json").read_bytes())
    assert record["schema"] == "facegap-protocol-1" and record["orientation"] == "drawn" and record["once"] is False
    for name, entry in record["lists"].items():
        assert entry == {"rows": len(rows_of(folder / name)) - 1, "sha256": store.sha256_file(folder / name)}


def test_roles_make_two_sides_and_a_condition_on_one_of_them_its_pictures_alone(place: Path) -> None:
    (place / "coarse.toml").write_text(
        'name = "coarse"\ntitle = "t"\nsource = "made by the tests"\napplies_to = "probe"\n\n'
        '[[steps]]\nstep = "jpeg"\nquality = 20\n',
        encoding="utf-8",
    )
    study = tiny.STUDY.replace('["clean"]', '["clean", "coarse.toml"]').replace(
        "[thresholds]\n", '[trials]\nreference_role = "photo"\nprobe_role = "selfie"\n\n[thresholds]\n'
    )
    folder = exported(study)
    enrol, probe = ({row[0] for row in rows_of(folder / f"{name}.csv")[1:]} for name in ("enrol", "probe"))
    assert (len(enrol), len(probe)) == (24, 72) and not enrol & probe
    assert {path.stem for path in (folder / "images" / "coarse").iterdir()} < probe
    assert len(list((folder / "images" / "clean").iterdir())) == 95
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    assert "coarse: references in images/clean/, probes in images/coarse/; 1 picture did not arrive" in readme
    assert "One score is enough" not in readme


def test_a_listed_pair_keeps_its_direction_where_a_condition_gives_it_one() -> None:
    asked = Asked(study="", samples=SAMPLES, ids=IDS, trials=TRIALS, searches=(), conditions=())
    one = type("Card", (), {"applies_to": "probe", "steps": (1,), "name": "c"})()
    oriented = Asked(study="", samples=SAMPLES, ids=IDS, trials=TRIALS, searches=(), conditions=(one,))
    drawn, kept = (list(lists_of(found)["pairs.csv"]) for found in (asked, oriented))
    assert [row[0] for row in drawn] == [row[0] for row in kept] and drawn != kept
    wanted = set(zip(IDS.exported[TRIALS.reference].tolist(), IDS.exported[TRIALS.probe].tolist(), strict=True))
    assert {(a, b) for _, a, b in kept[1:]} == wanted
    assert {tuple(sorted(pair)) for pair in wanted} == {(a, b) for _, a, b in drawn[1:]}


def test_copies_are_left_out_as_in_a_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = place / "data" / "images"
    shutil.copy(images / "s05-1.png", images / "s06-1.png")
    wanted = asked_of("tiny.toml", None, silent)
    assert wanted.left_out == 2 and len(wanted.asked.trials.reference) == 94


def test_transactions_are_refused(place: Path) -> None:
    with pytest.raises(InputError, match="transactions: attempts depend on what a system accepts; leave them out"):
        exported(tiny.STUDY + "[transactions]\nattempts = 1\n")


def test_no_model_is_needed(place: Path) -> None:
    shutil.rmtree(place / "models")
    assert (exported(tiny.STUDY) / "enrol.csv").is_file()


ASKED = Asked(study="", samples=SAMPLES, ids=IDS, trials=RULED, searches=(), conditions=())
PNG = io.BytesIO()
Image.new("RGB", (4, 4)).save(PNG, "PNG")


class Clean:
    name, applies_to, steps = "clean", "both", ()


def small(picture: Callable[[int], Any], out: Path) -> None:
    asked = Asked(study="", samples=SAMPLES, ids=IDS, trials=RULED, searches=(), conditions=(Clean(),))  # type: ignore[arg-type]
    export(asked, out, {"clean": picture}, (), 1, lambda _: None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(143), SystemExit),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
    ],
)
def test_whatever_stops_it_leaves_nothing(error: BaseException, expected: type[BaseException], tmp_path: Path) -> None:
    count = 0

    def picture(_: int) -> tuple[str, bytes]:
        nonlocal count
        count += 1
        if count == 40:
            raise error
        return "png", PNG.getvalue()

    with pytest.raises(expected):
        small(picture, tmp_path / "given")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull, match=r"given: cannot be written: No space left on device; free some space") as caught:
        small(lambda _: ("png", PNG.getvalue()), tmp_path / "given")
    assert caught.value.exit_code == 3 and list(tmp_path.iterdir()) == []


def test_what_killed_exports_left_is_cleared_away_and_folders_of_others_are_kept(tmp_path: Path) -> None:
    left = tmp_path / ".old.facegap-part"
    left.mkdir()
    small(lambda _: ("png", PNG.getvalue()), tmp_path / "given")
    assert not left.exists() and len(list((tmp_path / "given" / "images" / "clean").iterdir())) == len(SAMPLES)
    with pytest.raises(InputError, match="is there already"):
        small(lambda _: None, tmp_path / "given")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is there already"):
        small(lambda _: None, link)
    with (
        pytest.raises(InputError, match="was made by somebody else meanwhile"),
        new_folder(tmp_path / "raced"),
    ):
        (tmp_path / "raced").mkdir()
    with (
        new_folder(tmp_path / "twice"),
        pytest.raises(InputError, match="another export is being written there"),
        new_folder(tmp_path / "twice"),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_at_the_terminal_leaves_nothing(place: Path, cache_folder: Path) -> None:
    slowed = (
        "import signal, sys, time\n"
        "from facegap.outside import export as module\n"
        "import facegap.outside as outside\n"
        "real = outside.plain_picture\n"
        "def slow(*words):\n    time.sleep(0.1)\n    return real(*words)\n"
        "outside.plain_picture = slow\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from facegap.cli import main\n"
        "sys.argv = ['facegap', 'protocol', 'export', 'tiny.toml', '--out', 'out/given']\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "bench")}
    with subprocess.Popen(
        [sys.executable, "-c", slowed], cwd=place, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        for _ in range(600):
            if list(place.glob("out/.given*/images/clean/*.png")):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in error
    assert list((place / "out").iterdir()) == []
