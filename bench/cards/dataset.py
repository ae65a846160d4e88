"""Dataset cards: what a data set is, how it lies on disk, where its labels come from and on what terms it is used."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bench.cards.model import Name, Sha256
from bench.cards.toml import Card, card_path, read_card


class GroupColumn(Card):
    """A label column: its values in the order of every table, and whether it belongs to a subject or to a sample.

    `map` renames raw values of the file ("0" -> "male") before they are checked against `values`.
    """

    values: tuple[str, ...] = Field(min_length=1)
    per: Literal["subject", "sample"] = "subject"
    label_source: Literal["self-report", "record", "annotator", "classifier", "inferred", "generated"]
    map: dict[str, str] = Field(default_factory=dict)


class DatasetCard(Card):
    """A demographically labelled face data set.

    `columns` maps our names (sample_id, subject_id, path, session, role) to the manifest's own header, where they
    differ. `files` names the adapter's other files (pairs, gender lists) below the root.
    """

    name: Name
    version: str
    title: str
    licence: str
    terms: str
    status: Literal["open", "gated", "dua", "withdrawn", "withdrawn-parent", "synthetic"]
    adapter: Literal["csv", "tree", "lfw"]
    identities: bool = True
    groups: dict[str, GroupColumn]
    citation: str
    url: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    tree_groups: tuple[str, ...] = ()
    banner: str = Field(default="", description="a line for the head of every page made from this data set")
    digest: Sha256 | None = Field(default=None, description="of the manifest file, where it is known")

    @model_validator(mode="after")
    def _adapter_has_what_it_needs(self) -> DatasetCard:
        if self.adapter == "csv" and "manifest" not in self.files:
            raise ValueError('files: the csv adapter needs manifest = "<file>.csv"')
        if self.adapter == "tree" and not self.tree_groups:
            raise ValueError("tree_groups: the tree adapter needs the group columns that a folder name stands for")
        unknown = [column for column in self.tree_groups if column not in self.groups]
        if unknown:
            raise ValueError(f"tree_groups: not in groups: {', '.join(unknown)}")
        return self

    @property
    def needs_acknowledgement(self) -> bool:
        """Withdrawn data, or data derived from it, runs only in a study that acknowledges the terms."""
        return self.status in ("withdrawn", "withdrawn-parent")


def load_dataset(name: str) -> DatasetCard:
    """The dataset card `name` (or path).

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    return read_card(card_path("datasets", name), DatasetCard)
