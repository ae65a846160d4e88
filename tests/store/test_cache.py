"""The cache of rows: private, kept through kill -9, and refilled where it is damaged."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from facegap import store
from facegap.errors import StoreError
from made import names_in


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill(rows: int) -> Path:
    with store.RowCache("templates", "p") as opened:
        opened.put_many({f"k{k}": bytes([k % 256]) * 512 for k in range(rows)})
        return opened.path


def test_rows_come_back_and_only_those_that_are_there() -> None:
    rows = {f"k{k}": str(k).encode() for k in range(1200)} | {"empty": b""}
    with store.RowCache("templates", "p") as opened:
        opened.put_many(rows)
        opened.put_many({"k0": b"again"})
    with store.RowCache("templates", "p") as opened:
        assert opened.get_many([*rows, "other"]) == {**rows, "k0": b"again"}
        assert opened.get_many([]) == {}
    with store.RowCache("templates", "q") as opened:
        assert opened.get_many(rows) == {}


def test_templates_are_private() -> None:
    path = fill(1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 40, b"SQLite format 3\0"])
def test_a_file_that_is_no_database_is_set_aside(content: bytes) -> None:
    path = fill(1)
    path.write_bytes(content)
    with store.RowCache("templates", "p") as opened:
        assert opened.get_many(["k0"]) == {}
        opened.put_many({"k0": b"new"})
        assert opened.get_many(["k0"]) == {"k0": b"new"}
    assert path.with_suffix(".damaged").read_bytes() == content


def test_damage_in_the_middle_is_set_aside_when_it_is_met() -> None:
    path = fill(400)
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    with store.RowCache("templates", "p") as opened:
        found = opened.get_many([f"k{k}" for k in range(400)])
        assert all(found[f"k{k}"] == bytes([k % 256]) * 512 for k in range(400) if f"k{k}" in found)
        opened.put_many({"k1": b"new"})
        assert opened.get_many(["k1"]) == {"k1": b"new"}
    assert path.with_suffix(".damaged").exists()


def test_damage_that_a_write_meets_first_is_set_aside() -> None:
    path = fill(400)
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    with store.RowCache("templates", "p") as opened:
        opened.put_many({f"k{k}": b"new" for k in range(400)})
        assert opened.get_many(["k7"]) == {"k7": b"new"}


def test_kill_in_the_middle_of_writing_loses_nothing_that_was_committed() -> None:
    code = (
        "from facegap import store\n"
        "with store.RowCache('templates', 'p') as opened:\n"
        "    for k in range(10_000_000):\n"
        "        opened.put_many({f'{k}.{i}': str(k).encode() * 100 for i in range(32)})\n"
        "        print(k, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 20:
                process.send_signal(signal.SIGKILL)
                break
    with store.RowCache("templates", "p") as opened:
        for k in range(21):
            assert len(opened.get_many([f"{k}.{i}" for i in range(32)])) == 32
        last = opened.get_many([f"21.{i}" for i in range(32)])
        assert len(last) in (0, 32)
        opened.put_many({"on": b"it goes"})


def test_a_full_disk_is_one_line_and_keeps_what_was_there() -> None:
    with store.RowCache("templates", "p") as opened:
        opened.put_many({"a": b"1"})
        opened._connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(StoreError, match=r"p.sqlite: the cache cannot be written: .*full; free some space"):
            opened.put_many({f"k{k}": bytes(4000) for k in range(100)})
        assert opened.get_many(["a", "k0"]) == {"a": b"1"}


def test_a_cache_that_cannot_be_opened_is_one_line(cache: Path) -> None:
    (cache / "templates" / "p.sqlite").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"p\.sqlite: the cache cannot be opened"):
        store.RowCache("templates", "p")
    (cache / "other").write_text("a file")
    with pytest.raises(StoreError, match=r"the cache cannot be opened: .*File exists"):
        store.RowCache("other", "p")


def test_purge_removes_templates_and_acquisitions_and_nothing_else(cache: Path) -> None:
    path = fill(1)
    kept = store.weights_path("0")
    store.write_atomic(kept, b"net")
    assert store.purge() == [path.parent]
    assert not path.parent.exists() and kept.exists()
    assert store.purge() == []


def test_a_flipped_bit_anywhere_gives_the_right_value_or_none(caplog: pytest.LogCaptureFixture) -> None:
    """Of the whole file, at random: no wrong value, no error, and what is missing can be stored again."""
    path = fill(64)
    whole, keys = path.read_bytes(), [f"k{k}" for k in range(64)]
    rng = random.Random(0)
    missing = 0
    for place in [*range(100), *(rng.randrange(len(whole)) for _ in range(200))]:
        data = bytearray(whole)
        data[place] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        with store.RowCache("templates", "p") as opened:
            found = opened.get_many(keys)
            assert all(value == bytes([int(key[1:])]) * 512 for key, value in found.items())
            opened.put_many({"k7": b"new"})
            assert opened.get_many(["k7"]) == {"k7": b"new"}
        missing += len(found) < 64
        path.unlink()
    assert missing > 100
    assert re.search(r"cache: \d+ damaged rows? of templates computed again", caplog.text)
    assert "cache: a damaged file of templates was set aside" in caplog.text


def test_a_row_is_not_taken_for_another() -> None:
    """Neither under another key nor from another pipeline's file."""
    path = fill(4)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE checked SET key = 'k9' WHERE key = 'k1'")
    connection.close()
    path.with_name("q.sqlite").write_bytes(path.read_bytes())
    with store.RowCache("templates", "p") as opened:
        assert sorted(opened.get_many(["k0", "k1", "k2", "k9"])) == ["k0", "k2"]
    with store.RowCache("templates", "q") as opened:
        assert opened.get_many(["k0", "k1", "k2"]) == {}


def test_rows_without_digests_are_of_an_earlier_version(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    (cache / "templates").mkdir(parents=True, mode=0o700)
    connection = sqlite3.connect(cache / "templates" / "p.sqlite")
    with connection:
        connection.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        connection.executemany("INSERT INTO rows VALUES (?, ?)", [("a", b"1"), ("b", b"2")])
    connection.close()
    for _ in range(2):
        with store.RowCache("templates", "p") as opened:
            assert opened.get_many(["a", "b"]) == {}
    assert caplog.text.count("cache: 2 rows of templates without digests, of an earlier version, are computed") == 1


def test_a_complete_cache_that_cannot_be_written_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(3)
    before = {name: (path.parent / name).stat().st_mtime_ns for name in names_in(path.parent)}
    real = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: not mode & os.W_OK and real(place, mode))
    with store.RowCache("templates", "p") as opened:
        assert sorted(opened.get_many(["k0", "k1", "k2", "k3"])) == ["k0", "k1", "k2"]
        with pytest.raises(StoreError, match=r"the cache cannot be written: .*readonly"):
            opened.put_many({"k3": b"x"})
    assert {name: (path.parent / name).stat().st_mtime_ns for name in names_in(path.parent)} == before


def test_purge_follows_no_link(cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").write_text("kept")
    fill(1)
    (cache / "templates" / "inside").symlink_to(other)
    (cache / "acquisitions").symlink_to(other)
    assert store.purge() == [cache / "acquisitions", cache / "templates"]
    assert names_in(cache) == [] and names_in(other) == ["mine"]
