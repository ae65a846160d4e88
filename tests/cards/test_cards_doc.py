"""docs/cards.md says every key of every schema with its true default, and the examples in the docs are valid cards."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import tiny
from facegap import weights
from facegap.cards import condition, dataset, load_dataset, load_model, model, outside, policy, population, study
from facegap.cards.toml import Card
from facegap.datasets import load

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMAS: dict[str, type[Card]] = {
    name: schema
    for module in (model, outside, dataset, condition, study, policy, population)
    for name, schema in vars(module).items()
    if isinstance(schema, type) and issubclass(schema, Card) and schema is not Card and not name.startswith("_")
}


def tables() -> dict[str, dict[str, str]]:
    """Schema -> key -> the default column of its row."""
    found: dict[str, dict[str, str]] = {}
    for part in (DOCS / "cards.md").read_text(encoding="utf-8").split("<!-- keys: ")[1:]:
        name, _, rest = part.partition(" -->")
        block = rest.lstrip("\n").partition("\n\n")[0]
        rows = [re.fullmatch(r"\| `(\w+)` \| (.+?) \| (.+) \|", line) for line in block.splitlines()[2:]]
        assert all(rows), f"{name}: a row of its table cannot be read"
        found[name] = {row[1]: row[2] for row in rows if row}
    return found


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_every_schema_has_its_table() -> None:
    assert set(tables()) == set(SCHEMAS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_table_is_true(name: str) -> None:
    table = tables()[name]
    fields = SCHEMAS[name].model_fields
    assert set(table) == set(fields)
    for key, field in fields.items():
        default = field.get_default(call_default_factory=True)
        if field.is_required():
            assert table[key] == "required", key
        elif default is None:
            assert table[key] == "none", key
        elif isinstance(default, BaseModel):
            assert table[key] == "see below", key
        else:
            shown = tomllib.loads(f"value = {table[key].strip('`')}")["value"]
            assert shown == plain(default), key


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.S)


def test_the_recogniser_in_the_docs_is_a_card(tmp_path: Path) -> None:
    (tmp_path / "my-net.toml").write_text(blocks("cards.md", "toml")[0], encoding="utf-8")
    assert load_model(str(tmp_path / "my-net.toml")).score_threshold == 0.42


def test_the_recogniser_in_the_docs_can_be_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A cache of its own, or other tests would find the net there.
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))
    card = tmp_path / "my-net.toml"
    card.write_text(blocks("cards.md", "toml")[0], encoding="utf-8")
    digest = weights.pin(card, tiny.make_net(tmp_path / "my-net.onnx"))
    assert load_model(str(card)).sha256 == digest


def test_the_data_sets_in_the_docs_are_cards_that_load(tmp_path: Path) -> None:
    with_table, with_folders, *_ = blocks("datasets.md", "toml")
    manifest = blocks("datasets.md", "csv")[0]
    paths = [line.split(",")[1] for line in manifest.splitlines()[1:]]
    paths += ["faces/asian_females/n000009/0010_01.jpg", "faces/white_males/n000012/0003_01.jpg"]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path, encoding="utf-8")
    (tmp_path / "index.csv").write_text(manifest, encoding="utf-8")
    (tmp_path / "a.toml").write_text(with_table, encoding="utf-8")
    (tmp_path / "b.toml").write_text(with_folders, encoding="utf-8")

    pilot = load(load_dataset(str(tmp_path / "a.toml")), tmp_path)
    assert pilot.refused == {}
    assert pilot.samples.groups["region"].tolist() == ["East Africa", "East Africa", "unknown"]
    folders = load(load_dataset(str(tmp_path / "b.toml")), tmp_path)
    assert folders.refused == {}
    assert folders.samples.grouping(("ethnicity", "gender")).tolist() == ["asian, female", "white, male"]


def test_every_card_of_a_data_set_is_in_the_docs() -> None:
    text = (DOCS / "datasets.md").read_text(encoding="utf-8")
    names = {path.stem for path in (DOCS.parent / "datasets").glob("*.toml")}
    assert names <= set(re.findall(r"^\| `([a-z0-9.-]+)` \|", text, flags=re.M))
