"""The pages for users: links lead somewhere, commands are commands, code runs, pictures are those of the example."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import pytest
import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import doc_pictures as pictures

import tiny
from facegap import store
from facegap.cards import load_policy
from facegap.cli.app import app
from facegap.schema import ROWS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
READERS = ("for-auditors", "for-researchers", "for-procurement", "for-journalists")
OURS = [DOCS / f"{name}.md" for name in (*READERS, "reading-figures", "questions-to-ask", "what-it-cannot-tell")]
EVERY = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOOLS = ("Fairness Indicators", "fairness-indicators", "Fairlearn", "fairlearn")
NEVER = re.compile(r"\b(?:un)?fair(?:ness|ly|er)?\b|\bunbiased\b", re.IGNORECASE)
LARGEST = 150_000


def named(path: Path) -> str:
    return path.name


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(path: Path, *languages: str) -> list[str]:
    return [code for language, code in FENCE.findall(text_of(path)) if language in languages]


def anchors(path: Path) -> set[str]:
    """The anchors that a heading gets where Markdown is shown."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", head).lower()) for head in heads)
    return {head.replace(" ", "-") for head in plain}


@pytest.mark.parametrize("page", EVERY, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{page.name}: {link}"
        assert there.is_relative_to(ROOT), f"{page.name}: {link} leaves the repository"
        assert not anchor or there.suffix != ".md" or anchor in anchors(there), f"{page.name}: {link}"


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `facegap` of every line of a block that shows commands."""
    for line in "".join(blocks(page, "console", "")).splitlines():
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name == "facegap":
            yield words[1:]


@cache
def facegap() -> Any:
    return typer.main.get_command(app)


def parsed(words: list[str]) -> None:
    """Parse as the command line would, and run nothing; a mistake is an exception."""
    command = facegap()
    context = command.make_context("facegap", words)
    while hasattr(command, "resolve_command"):
        # Click 8.1 names them without the underscore, under which later ones warn.
        first = vars(context).get("_protected_args", vars(context).get("protected_args", []))
        rest = [*first, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", [ROOT / "README.md", *OURS], ids=named)
def test_every_command_is_one(page: Path) -> None:
    shown = list(commands(page))
    assert shown or page.stem not in (*READERS, "README")
    for words in shown:
        try:
            parsed(words)
        except Exception as error:
            pytest.fail(f"{page.name}: facegap {shlex.join(words)}: {error}")


def test_a_wrong_command_is_seen() -> None:
    parsed(["verify", "results/example", "--no-inputs"])
    for wrong in (
        ["verifies", "x"],
        ["verify"],
        ["verify", "x", "--no-input"],
        ["models", "chek", "x"],
        ["judge", "a", "b"],
    ):
        with pytest.raises(Exception, match=r"(?i)no such|missing|unexpected"):
            parsed(wrong)


def resolved(words: list[str]) -> None:
    """Of a command in running text, whose arguments may be left out: it exists, and its options do."""
    command = facegap()
    while words and hasattr(command, "commands"):
        command = command.commands[words[0]]
        words = words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help", "--version", "--debug"}
    assert asked <= known | {"--install-completion", "--show-completion"}, asked - known


@pytest.mark.parametrize("page", EVERY, ids=named)
def test_commands_in_running_text_exist(page: Path) -> None:
    for shown in re.findall(r"`facegap ([a-z][^`]*)`", FENCE.sub("", text_of(page))):
        try:
            resolved(shlex.split(shown.replace("\n", " ")))
        except (KeyError, AssertionError) as error:
            pytest.fail(f"{page.name}: `facegap {shown}`: {error}")


@pytest.mark.parametrize("name", READERS)
def test_a_readers_page_is_short_and_has_pictures(name: str) -> None:
    text = text_of(DOCS / f"{name}.md")
    assert len(text.split()) <= 900
    assert text.count("](pictures/") >= 1


@pytest.mark.parametrize("page", [ROOT / "README.md", *OURS], ids=named)
def test_no_page_hands_out_a_badge(page: Path) -> None:
    text = text_of(page)
    for tool in TOOLS:
        text = text.replace(tool, "")
    assert not NEVER.search(text), NEVER.search(text)


def test_tables_that_are_named_exist() -> None:
    for page in OURS:
        for name in re.findall(r"`(?:tables/)?(\w+)\.csv`", text_of(page)):
            assert name in ROWS or name == "samples", f"{page.name}: {name}.csv"


def test_columns_that_questions_name_exist() -> None:
    for line in text_of(DOCS / "questions-to-ask.md").splitlines():
        for name, said in re.findall(r"`(\w+)\.csv`: ((?:`\w+`(?:, | and )?)+)", line):
            columns = set(ROWS[name].__dataclass_fields__)
            assert set(re.findall(r"`(\w+)`", said)) <= columns, line


def test_the_code_for_researchers_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    run_all(blocks(DOCS / "for-researchers.md", "python"), monkeypatch)


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = json.loads(text_of(DOCS / "notebook.ipynb"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    monkeypatch.chdir(DOCS)
    names = run_all(["".join(cell["source"]) for cell in cells], monkeypatch)
    said = capsys.readouterr().out
    assert store.run_digest(pictures.EXAMPLE) in said and "undecided" in said and "not shown to differ" in said
    assert len(names["left"].lines) > 1 and names["same_group"]


def run_all(code: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    assert len(code) > 3
    names: dict[str, Any] = {}
    if Path.cwd() != DOCS:
        monkeypatch.chdir(ROOT)
    try:
        for block in code:
            exec(compile(block, "docs", "exec"), names)
    finally:
        plt.close("all")
    return names


def test_the_policy_for_procurement_is_one(tmp_path: Path) -> None:
    (block,) = blocks(DOCS / "for-procurement.md", "toml")
    (tmp_path / "tender.toml").write_text(block, encoding="utf-8")
    policy, *_ = load_policy(str(tmp_path / "tender.toml"))
    assert len(policy.requirements) == 2


def test_the_published_table_for_journalists_says_what_the_page_says(tmp_path: Path) -> None:
    page = DOCS / "for-journalists.md"
    (tmp_path / "false-alarms.csv").write_text(blocks(page, "csv")[0], encoding="utf-8")
    (words,) = [words for words in commands(page) if words[:2] == ["judge", "false-alarms.csv"]]
    code, out, error = tiny.facegap(tmp_path, *words)
    assert code == 0, error
    said = " ".join(text_of(page).split())
    for quoted in (
        "not shown to differ from the other groups (7 of 2,400 against 0 of 1,200; p = 0.12)",
        "this test could have shown no ratio, however large",
    ):
        assert quoted in " ".join(out.split()) and quoted in said


def test_every_picture_is_shown_and_small() -> None:
    there = {path.name for path in pictures.OUT.iterdir()}
    assert there == {f"{name}.svg" for name in (*pictures.FIGURES, *pictures.DRAWN)} | {
        f"{name}.png" for name in pictures.PHOTOGRAPHS
    }
    shown = {name for page in OURS for name in re.findall(r"\]\(pictures/([\w.-]+)\)", text_of(page))}
    assert shown == there
    assert all((pictures.OUT / name).stat().st_size < LARGEST for name in there)


def test_the_pictures_are_those_of_the_example() -> None:
    """By their titles and the texts that stand for them, which hold numbers; benchmarks/doc_pictures.py draws them."""
    said = re.compile(r'aria-label="([^"]*)"><title>([^<]*)</title>')
    for name, svg in pictures.figures(store.read_tables(pictures.EXAMPLE)).items():
        assert said.findall(text_of(pictures.OUT / f"{name}.svg")) == said.findall(svg) != [], name
