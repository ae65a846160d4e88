"""A population of applicants: shares of groups and of capture conditions, and what happens to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facegap.cards.model import Name
from facegap.cards.toml import Card, card_path, read_card

Part = Annotated[float, Field(ge=0, le=1)]
Shares = dict[str, Part]

_CLOSE = 1e-6


class WatchList(Card):
    """Strangers whom applicants are searched against: how many, and their shares by group, the applicants' own where
    none are given.
    """

    size: Annotated[int, Field(ge=1, le=10**9)]
    groups: Shares = Field(default_factory=dict)


class Population(Card):
    """Applicants of a stated mix.

    `groups`: group of `grouping` -> its share; `conditions`: condition of the run -> its share, of every group;
    `conditions_of`: group -> its own shares in place of these. `at`: the operating point by its name in the run.
    `impostors`: share of the applicants who try as somebody else, a stranger of their own group.
    """

    kind: Literal["population"]
    name: Name
    title: str
    at: Annotated[str, Field(min_length=1)]
    grouping: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    groups: Annotated[Shares, Field(min_length=1)]
    conditions: Annotated[Shares, Field(min_length=1)]
    conditions_of: dict[str, Shares] = Field(default_factory=dict)
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    applicants_per_day: Annotated[int, Field(ge=1, le=10**9)] | None = None
    impostors: Annotated[float, Field(ge=0, le=1)] | None = None
    watch_list: WatchList | None = None
    notes: str = ""

    @model_validator(mode="after")
    def _shares_add_up(self) -> Population:
        tables = {"groups": self.groups, "conditions": self.conditions}
        tables |= {f"conditions_of.{name}": shares for name, shares in self.conditions_of.items()}
        if self.watch_list is not None and self.watch_list.groups:
            tables["watch_list.groups"] = self.watch_list.groups
        for key, shares in tables.items():
            total = sum(shares.values())
            if abs(total - 1) > _CLOSE:
                raise ValueError(f"{key}: expected shares that add up to 1, found {total:.6g}")
        strange = next((name for name in self.conditions_of if name not in self.groups), None)
        if strange is not None:
            raise ValueError(f"conditions_of: '{strange}' is not among groups; there are: {', '.join(self.groups)}")
        return self

    def of_group(self, name: str) -> Mapping[str, float]:
        """Condition -> its share among the applicants of a group; those with a share alone."""
        return {key: share for key, share in self.conditions_of.get(name, self.conditions).items() if share}

    @property
    def enrolled(self) -> Mapping[str, float]:
        """Group -> its share of the watch list."""
        stated = self.watch_list.groups if self.watch_list is not None else {}
        return stated or self.groups


def load_population(name: str) -> tuple[Population, Path]:
    """The population in the file `name`, or of that name in configs/populations/, and its file.

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    file = card_path("configs/populations", name)
    return read_card(file, Population), file
