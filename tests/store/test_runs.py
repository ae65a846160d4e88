"""Run folders: complete or absent, never written twice, and every change of a byte is seen."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap import store
from facegap.errors import DiskFull, StoreError
from facegap.store import plain, runs, unfinished
from made import names_in


def make_run(results: Path) -> Path:
    with store.new_run(results, "study-1") as (folder, final):
        store.write_atomic(folder / "manifest.json", b"{}")
        store.write_atomic(folder / "tables" / "rates.csv", b"a,b\n1,2\n")
    return final


def test_a_run_is_sealed_and_renamed(tmp_path: Path) -> None:
    final = make_run(tmp_path)
    assert names_in(tmp_path) == ["study-1"]
    assert final.stat().st_mode & 0o777 == 0o755
    assert store.sums_differences(final) == []
    assert (final / store.SUMS).read_text().splitlines() == [
        f"{store.sha256_bytes(b'{}')}  manifest.json",
        f"{store.sha256_file(final / 'tables' / 'rates.csv')}  tables/rates.csv",
    ]


def test_a_run_is_hidden_and_closed_to_others_while_it_is_made(tmp_path: Path) -> None:
    with store.new_run(tmp_path, "study-1") as (folder, final):
        assert folder.name.startswith(".study-1.") and folder.stat().st_mode & 0o777 == 0o700
        assert not final.exists()


def test_a_run_is_never_written_twice(tmp_path: Path) -> None:
    final = make_run(tmp_path)
    before = (final / store.SUMS).read_bytes()
    with pytest.raises(StoreError, match="study-1: this run exists already; a run is never written twice"):
        make_run(tmp_path)
    with pytest.raises(StoreError, match="study-2: cannot be written"), store.new_run(tmp_path, "study-2") as (a, b):
        store.write_atomic(a / "x", b"mine")
        store.write_atomic(b / "x", b"of another process that was faster")
    assert (final / store.SUMS).read_bytes() == before
    assert (tmp_path / "study-2" / "x").read_bytes() == b"of another process that was faster"
    assert names_in(tmp_path) == ["study-1", "study-2"]


@pytest.mark.parametrize("error", [StoreError("no"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_an_error_or_ctrl_c_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    expected = DiskFull if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), store.new_run(tmp_path, "study-1") as (folder, _):
        store.write_atomic(folder / "deep" / "file", b"x")
        raise error
    assert names_in(tmp_path) == []


def test_a_results_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file: cannot be written"), store.new_run(tmp_path / "file", "x"):
        pass


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda run: flip(run / "tables" / "rates.csv"), "tables/rates.csv: content differs from SHA256SUMS"),
        (lambda run: (run / "manifest.json").unlink(), "manifest.json: missing"),
        (lambda run: (run / "extra").write_text("x"), "extra: not in SHA256SUMS"),
        (lambda run: (run / "tables" / store.SUMS).write_text("x"), "tables/SHA256SUMS: not in SHA256SUMS"),
    ],
)
def test_every_change_is_named(tmp_path: Path, change: Callable[[Path], None], line: str) -> None:
    final = make_run(tmp_path)
    change(final)
    assert store.sums_differences(final) == [line]


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one, contextlib.chdir(path.parent):
        one.bind(path.name)


@pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and sockets of POSIX")
@pytest.mark.parametrize("file", ["extra", "manifest.json", "tables/deep/rates.csv", "SHA256SUMS"])
@pytest.mark.parametrize(
    ("put", "what"),
    [
        (lambda path: path.symlink_to("nowhere"), "a symbolic link"),
        (lambda path: path.symlink_to("/"), "a symbolic link"),
        (lambda path: os.mkfifo(path), "a named pipe"),
        (socket_at, "a socket"),
    ],
)
def test_what_is_no_plain_file_is_refused_unread(
    tmp_path: Path, file: str, put: Callable[[Path], None], what: str
) -> None:
    """A pipe would be waited for, a link leads elsewhere."""
    final = make_run(tmp_path)
    path = final / file
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    put(path)
    for read in (store.sums_differences, store.read_manifest):
        with pytest.raises(StoreError, match=f"{re.escape(file)}: {what}; a results folder holds plain files"):
            read(final)


def test_sizes_numbers_and_names_of_files_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    final = make_run(tmp_path)
    with (final / "huge.csv").open("wb") as file:
        file.truncate(5000 * 1024**2)
    with pytest.raises(StoreError, match=r"huge\.csv: 5,000 MiB; a run writes at most 4,096 MiB"):
        store.sums_differences(final)
    (final / "huge.csv").unlink()
    (final / "two\nlines").write_text("")
    with pytest.raises(StoreError, match=r"a file named 'two\\nlines'"):
        store.sums_differences(final)
    (final / "two\nlines").unlink()
    monkeypatch.setattr(plain, "MOST_FILES", 2)
    with pytest.raises(StoreError, match="more than 2 files"):
        store.sums_differences(final)


def test_arrays_that_unpack_to_more_than_fits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_arrays(tmp_path / "bomb.npz", {"zeros": np.zeros(10**6)})
    assert (tmp_path / "bomb.npz").stat().st_size < 10**5
    monkeypatch.setattr(runs, "LARGEST_UNPACKED", 10**6)
    with pytest.raises(StoreError, match="bytes unpacked; a run holds at most 1,000,000"):
        store.read_arrays(tmp_path / "bomb.npz")


def test_the_digest_to_quote_leaves_out_what_is_drawn(tmp_path: Path) -> None:
    """As anybody computes it: grep and sha256sum."""
    with store.new_run(tmp_path, "study-1") as (folder, final):
        for name in ("manifest.json", "report.html", "figures/a.svg", "report.html2", "tables/figures/a.csv"):
            store.write_atomic(folder / name, name.encode())
        before = store.run_digest(folder)
    assert store.run_digest(final) == before
    lines = (final / store.SUMS).read_text().splitlines(keepends=True)
    kept = [line for line in lines if not re.search(r"  (figures/|report\.html$|report-failed\.txt$)", line)]
    assert [line.split()[1] for line in kept] == ["manifest.json", "report.html2", "tables/figures/a.csv"]
    assert before == store.sha256_bytes("".join(kept).encode())


@pytest.mark.parametrize("change", [lambda t: t + "\n", lambda t: "".join(sorted(t.splitlines(True)))[::1] + t])
def test_the_sums_have_one_form(tmp_path: Path, change: Callable[[str], str]) -> None:
    final = make_run(tmp_path)
    text = (final / store.SUMS).read_text()
    (final / store.SUMS).write_text(change(text))
    assert store.sums_differences(final)


@pytest.mark.parametrize("name", ["", "..", "a/b", "../up", "a b", "a\0b", ".hidden", "a..b", "x" * 201, "a\nb", "é"])
def test_an_odd_name_is_no_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="the run's name: expected letters, digits"), store.new_run(tmp_path, name):
        pass
    assert names_in(tmp_path) == []


def test_another_run_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    finals = []
    with store.new_run(tmp_path, "s", another=True) as (folder, first):
        store.write_atomic(folder / "x", b"1")
        with store.new_run(tmp_path, "s", another=True) as (inner, second):
            store.write_atomic(inner / "x", b"2")
    with store.new_run(tmp_path, "s", another=True) as (folder, third):
        store.write_atomic(folder / "x", b"3")
    finals = [first.name, second.name, third.name]
    assert finals == ["s", "s.2", "s.3"] == names_in(tmp_path)
    assert [(tmp_path / name / "x").read_bytes() for name in finals] == [b"1", b"2", b"3"]


def test_what_a_stopped_run_left_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    with store.new_run(tmp_path, "other") as (at_work, _):
        left = unfinished.hidden_folder(tmp_path, "study-0")
        (left / "tables").mkdir(parents=True)
        (tmp_path / ".git").mkdir()
        make_run(tmp_path)
        assert not left.exists() and at_work.exists()
    assert names_in(tmp_path) == [".git", "other", "study-1"]


def test_whether_results_can_be_written_is_known_beforehand(tmp_path: Path) -> None:
    store.require_writable(tmp_path / "deep" / "results")
    assert names_in(tmp_path) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        store.require_writable(tmp_path / "file" / "results")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_without_sums_it_is_no_finished_run(tmp_path: Path, content: bytes | None) -> None:
    final = make_run(tmp_path)
    (final / store.SUMS).unlink()
    if content is not None:
        (final / store.SUMS).write_bytes(content)
    with pytest.raises(StoreError, match="SHA256SUMS: missing or unreadable; expected a finished run folder"):
        store.sums_differences(final)


def test_a_flipped_byte_of_the_sums_is_seen(tmp_path: Path) -> None:
    final = make_run(tmp_path)
    data = (final / store.SUMS).read_bytes()
    for place in range(len(data)):
        (final / store.SUMS).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with contextlib.suppress(StoreError):
            assert store.sums_differences(final)
    (final / store.SUMS).write_bytes(data)
    assert store.sums_differences(final) == []


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
cells = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), text)


@settings(max_examples=60)
@given(rows=st.lists(st.fixed_dictionaries({"a": cells, "b": cells, "c": st.floats(width=32, allow_nan=False)})))
def test_a_table_reads_back_exactly(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    store.write_table(path, ("a", "b", "c"), rows)
    read = store.read_table(path)
    assert len(read) == len(rows)
    for found, wanted in zip(read, rows, strict=True):
        assert float(found["c"]) == wanted["c"]
        for column in "ab":
            value = wanted[column]
            if isinstance(value, float):
                assert float(found[column]) == value
                assert math.copysign(1, float(found[column])) == math.copysign(1, value)
            else:
                assert found[column] == ("" if value is None else str(value))


def test_tables_take_numpy_numbers_and_refuse_unknown_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    store.write_table(path, ("a", "b"), [{"a": np.float32(0.1), "b": np.int64(3)}, {"a": None, "b": True}])
    assert path.read_bytes() == b"a,b\n0.10000000149011612,3\n,True\n"
    with pytest.raises(ValueError, match="c"):
        store.write_table(path, ("a", "b"), [{"c": 1}])


def test_unreadable_files_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "f"
    for read in (store.read_table, store.read_json, store.read_arrays):
        with pytest.raises(StoreError, match="f: cannot be read as"):
            read(file)
    file.write_bytes(b"\xff\xfe\x00")
    for read in (store.read_table, store.read_json, store.read_arrays):
        with pytest.raises(StoreError, match="f: cannot be read as"):
            read(file)


def test_json_reads_back_and_takes_no_nan(tmp_path: Path) -> None:
    value = {"b": [1, 0.1, None, "é"], "a": {"x": True}}
    store.write_json(tmp_path / "j", value)
    assert store.read_json(tmp_path / "j") == value
    with pytest.raises(ValueError):
        store.write_json(tmp_path / "j", {"a": float("nan")})
    assert store.read_json(tmp_path / "j") == value


def test_arrays_read_back_and_objects_are_never_unpickled(tmp_path: Path) -> None:
    arrays = {"x": np.arange(5, dtype=np.int32), "names": np.array(["a", "é"]), "one": np.array(2.5)}
    store.write_arrays(tmp_path / "a.npz", arrays)
    read = store.read_arrays(tmp_path / "a.npz")
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype
    np.savez(tmp_path / "b.npz", x=np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(StoreError, match=r"b\.npz: cannot be read as arrays"):
        store.read_arrays(tmp_path / "b.npz")
