"""What must never happen on a terminal: a traceback, a command hidden in a name, a formula in a table."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import tiny
from facegap import store
from facegap.cli.output import Escaped
from facegap.words import escaped, in_one_line

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small study that has not run, as the working directory."""
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    monkeypatch.chdir(tmp_path)
    return tiny.make_place(tmp_path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_moves_a_cursor_or_hides_text_is_shown_as_its_code() -> None:
    assert escaped("\x1b[2J\x9b31m\r\x07a\tb\nc\x7f") == "\\x1b[2J\\x9b31m\\r\\x07a\tb\nc\\x7f"
    assert escaped("a\u202eb\u2066c\u200f\u2028\ufeff\udc80") == "a\\u202eb\\u2066c\\u200f\\u2028\\ufeff\\udc80"
    assert escaped("Zoë, 王, العربية") == "Zoë, 王, العربية"
    assert in_one_line("a\nverified\t") == "a\\nverified\\t"


def test_an_encoding_that_lacks_a_character_ends_in_no_error() -> None:
    class Ascii(StringIO):
        encoding = "ascii"

        def write(self, text: str) -> int:
            text.encode("ascii")
            return super().write(text)

    stream = Ascii()
    Escaped(stream).write("Zoë\x1b")
    assert stream.getvalue() == "Zo\\xeb\\x1b"


HOSTILE = "\x1b]0;owned\x07\u202eevil\nfacegap: verified"


def test_labels_and_names_reach_no_terminal_as_commands(place: Path, command: Command) -> None:
    name = HOSTILE.encode("unicode_escape").decode().replace("\\x", "\\u00")
    card = (place / "datasets" / "patterns.toml").read_text(encoding="utf-8")
    card = card.replace('["amber", "blue"]', f'["{name}", "blue"]').replace("colour patterns", f"{name} patterns")
    (place / "datasets" / "patterns.toml").write_text(card, encoding="utf-8")
    index = place / "data" / "index.csv"
    index.write_text(index.read_text(encoding="utf-8").replace(",amber,", f',"{HOSTILE}",'), encoding="utf-8")
    for words in (("datasets", "list"), ("datasets", "check", "patterns", "data"), ("plan", "tiny.toml")):
        code, out, error = command(*words)
        assert code == 0, error
        assert "\x1b" not in out + error and "\u202e" not in out + error and "\x07" not in out + error
        assert "\\x1b]0;owned\\x07\\u202eevil" in out
    assert "\nfacegap: verified" not in command("datasets", "list")[1]
    _, _, error = command("models", "pull", "\x1b[31mred")
    assert "\x1b" not in error and "\\x1b[31mred" in error


def test_an_error_that_nobody_foresaw_is_one_line_with_a_report(
    place: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("Jane Doe")

    monkeypatch.setattr("facegap.planning.plan_study", broken)
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FACEGAP_DEBUG", raising=False)
    code, out, error = command("plan", "tiny.toml")
    assert code == 70 and out == "" and "Jane" not in error
    (line,) = error.splitlines()
    found = re.fullmatch(r"facegap: unexpected error \(KeyError\), a fault of facegap: its report is in (\S+);.*", line)
    assert found is not None, line
    report = Path(found[1])
    assert "Jane Doe" in report.read_text(encoding="utf-8") and report.stat().st_mode & 0o077 == 0
    assert report.parent == tmp_path / "cache" / "log"
    code, _, error = command("--debug", "plan", "tiny.toml")
    assert code == 70 and "Traceback" in error and "Jane Doe" in error
    monkeypatch.delenv("FACEGAP_DEBUG")

    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("facegap.planning.plan_study", full)
    assert command("plan", "tiny.toml")[2].startswith("facegap: out of memory;")


def test_a_plan_refuses_what_a_run_refuses(place: Path, command: Command) -> None:
    edit(place / "tiny.toml", 'conditions = ["clean"]', 'conditions = ["clean", "moonlihgt"]')
    code, _, error = command("plan", "tiny.toml")
    assert code == 2 and "moonlihgt" in error and error == command("run", "tiny.toml")[2]
    edit(place / "tiny.toml", "moonlihgt", "low-res-jpeg")
    edit(place / "tiny.toml", "aligned-none", "aligned-nine")
    code, _, error = command("plan", "tiny.toml")
    assert code == 2 and "aligned-nine" in error


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('root = "data"', 'root = "da\\u0000ta"', "dataset.root: the character U+0000 in it; remove it"),
        ("seed = 7", f"seed = {'[' * 3000}7{']' * 3000}", "nested too deeply"),
        ("seed = 7", f"seed = {'9' * 6000}", "not TOML: "),
        ('"patterns"\nseed', '"patterns"\n"ti\\u0000tle" = 1\nseed', "the character U+0000 in it; remove it"),
    ],
)
def test_odd_toml_is_one_line(place: Path, command: Command, old: str, new: str, said: str) -> None:
    edit(place / "tiny.toml", old, new)
    for words in (("run", "tiny.toml"), ("plan", "tiny.toml")):
        code, _, error = command(*words)
        assert code == 2 and said in error and "Traceback" not in error and len(error.splitlines()) == 1, error[:500]


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can become nobody")
def test_a_user_whom_the_system_does_not_know(place: Path) -> None:
    """As in a container: no name, no home, and a cache only where one is named."""

    def nobody() -> None:
        os.setgid(12345)
        os.setuid(12345)

    python = shutil.which("python3") if not os.access(sys.executable, os.X_OK) else sys.executable
    known = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "PATH": os.environ["PATH"]}
    place.chmod(0o777)
    for parent in place.parents:
        if not parent.stat().st_mode & 0o001:
            pytest.skip("nobody can enter the folder of temporary files here")
    for cache, code, said in (("", 2, "set FACEGAP_CACHE to a private folder"), (str(place / "own"), 0, "")):
        done = subprocess.run(
            [str(python), "-m", "facegap", "purge"],
            env=known | ({"FACEGAP_CACHE": cache} if cache else {}),
            cwd="/",
            preexec_fn=nobody,
            capture_output=True,
            text=True,
        )
        if "No module named" in done.stderr or "Permission denied" in done.stderr:
            pytest.skip("nobody cannot read this checkout")
        assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_no_cell_is_a_formula_and_every_text_reads_back(tmp_path: Path) -> None:
    texts = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''-", "'", "a=1", "", "'tis"]
    rows = [{"text": text, "number": -k / 3, "count": -k} for k, text in enumerate(texts)]
    store.write_table(tmp_path / "t.csv", ("text", "number", "count"), rows)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        raw = list(csv.DictReader(file))
    assert not any(row["text"][:1] in tuple("=+-@\t\r\n") and row["text"] for row in raw)
    assert [row["number"] for row in raw[1:]] == [repr(-k / 3) for k in range(1, len(texts))]
    assert [row["count"] for row in raw[1:3]] == ["-1", "-2"]
    assert [row["text"] for row in store.read_table(tmp_path / "t.csv")] == texts


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_unwinds_and_says_so(place: Path, name: str) -> None:
    number = getattr(signal, name)
    code = (
        "import os, sys\nfrom facegap.cli import main\nimport facegap.planning as p\n"
        f"def hang(*_):\n    os.kill(os.getpid(), {int(number)})\n    import time; time.sleep(60)\n"
        "p.plan_study = hang\nsys.argv = ['facegap', 'plan', 'tiny.toml']\nmain()"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(tiny.__file__).resolve().parents[1] / "bench")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=tiny.as_at_a_terminal,
    )
    assert done.returncode == 128 + number
    assert done.stderr == ("facegap: stopped; what was computed is kept, and the same command goes on from there\n")
