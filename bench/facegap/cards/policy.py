"""Policies: what somebody requires of face comparison, each requirement at two levels, before the data are seen.

The threshold is what must be met; the goal, where there is one, is stricter. A requirement is judged as a claim is
(`claims.requirements`): met, not met, or not enough evidence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from facegap.cards.model import Name
from facegap.cards.toml import CONDITION_NAME, Card, card_path, read_card

Measured = Literal["FTA", "FTE", "FNMR", "FMR", "same-group FMR", "max/geomean FNMR", "max/geomean FMR", "FPIR"]
"""What a requirement may be on. FMR is of any two people; same-group FMR of two people of one group."""

LEVELS = ("threshold", "goal")
EVERY_CONDITION = "every condition"
AT_SCORES = "scores"

_WITHOUT_THRESHOLD = ("FTA", "FTE")
_BY_GROUP = ("same-group FMR", "max/geomean FNMR", "max/geomean FMR")
_POINT = re.compile(r"vendor|scores|fixed|(?P<of>FMR|FPIR) (?P<rate>[0-9.]+(?:[eE][-+]?[0-9]+)?)")


class Requirement(Card):
    """One requirement: a rate, or a summary over groups, is at most a limit.

    `scope`: "every group" of the grouping `groups` (the study's first where none is named), or "overall". `at`: the
    operating point, "vendor" for each vendor's own, "FMR 0.001" for one set there on the run's own comparisons,
    "scores" for those in `scores`, "fixed" for the study's own; FTA and FTE have none. `gallery`: people enrolled, of
    FPIR. `people`: with fewer behind a rate there is not enough evidence, whatever it shows. `check`: what is still to
    be checked, such as a number that was not verified against its text.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    metric: Measured
    threshold: Annotated[float, Field(gt=0)]
    goal: Annotated[float, Field(gt=0)] | None = None
    scope: Literal["every group", "overall"] = "every group"
    groups: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    conditions: tuple[str, ...] = Field(default=("clean",), min_length=1)
    at: str = ""
    scores: dict[str, float] = Field(default_factory=dict, description="model card name -> score threshold")
    gallery: Annotated[int, Field(ge=1)] | None = None
    people: Annotated[int, Field(ge=1)] | None = None
    source: str = ""
    check: str = ""

    @field_validator("conditions")
    @classmethod
    def _names_of_conditions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [n for n in names if n != EVERY_CONDITION and re.fullmatch(CONDITION_NAME, n) is None]
        if wrong:
            raise ValueError(f"expected names of conditions, or \"{EVERY_CONDITION}\"; '{wrong[0]}' is no such name")
        if len(set(names)) < len(names) or (EVERY_CONDITION in names and len(names) > 1):
            raise ValueError("a condition is named twice")
        return names

    @field_validator("at")
    @classmethod
    def _an_operating_point(cls, at: str) -> str:
        found = _POINT.fullmatch(at)
        if at and (found is None or (found["rate"] and not 0 < _number(found["rate"]) < 1)):
            raise ValueError('expected "vendor", "FMR 0.001", "FPIR 0.01", "scores" or "fixed"')
        return f"{found['of']} {_number(found['rate']):g}" if found and found["rate"] else at

    @model_validator(mode="after")
    def _stands_together(self) -> Requirement:
        for problem in (*self._limits(), *self._point(), *self._scope(), *self._gallery()):
            raise ValueError(problem)
        return self

    def _limits(self) -> list[str]:
        ratio = self.metric.startswith("max/")
        found = []
        for level in LEVELS:
            limit = getattr(self, level)
            if limit is not None and ratio and limit <= 1:
                found.append(f"{level}: {self.metric} is 1 where all groups are alike, so a limit is above 1")
            if limit is not None and not ratio and limit >= 1:
                found.append(f"{level}: expected a rate below 1, such as 0.03 for 3 %, found {limit:g}")
        if self.goal is not None and self.goal >= self.threshold:
            found.append(f"goal: expected stricter than the threshold, below {self.threshold:g}, found {self.goal:g}")
        return found

    def _point(self) -> list[str]:
        if self.metric in _WITHOUT_THRESHOLD:
            return ["at: FTA and FTE have no operating point; remove it"] if self.at or self.scores else []
        if not self.at:
            return ['at: missing; say at which operating point: "vendor", "FMR 0.001", "scores" or "fixed"']
        if self.at.startswith("FPIR") and self.metric == "FPIR":
            return ['at: an FPIR at the threshold that is set for it says nothing; take "vendor" or "FMR 0.001"']
        if self.at.startswith("FPIR"):
            return [f'at: {self.metric} is of two pictures, and FPIR of searches; take "vendor" or "FMR 0.001"']
        if (self.at == AT_SCORES) != bool(self.scores):
            return [f'scores: at = "{AT_SCORES}" and a table of model and score belong together']
        return []

    def _scope(self) -> list[str]:
        if self.scope == "overall" and self.groups is not None:
            return ["groups: overall is over everyone, so it has no grouping; remove it"]
        if self.scope == "overall" and self.metric in _BY_GROUP:
            return [f'scope: {self.metric} is of groups; take "every group"']
        if self.scope == "every group" and self.metric == "FMR":
            return ['metric: FMR is of any two people; with groups take "same-group FMR", or scope = "overall"']
        if self.groups is not None and len(set(self.groups)) < len(self.groups):
            return ["groups: a label column is named twice"]
        return []

    def _gallery(self) -> list[str]:
        if self.metric == "FPIR" and self.gallery is None:
            return ["gallery: missing; say how many people are enrolled where that FPIR is required"]
        if self.metric != "FPIR" and self.gallery is not None:
            return ["gallery: only an FPIR is of a gallery; remove it"]
        return []

    @property
    def limits(self) -> dict[str, float]:
        """Level -> limit, the threshold first; the goal where there is one."""
        return {level: limit for level in LEVELS if (limit := getattr(self, level)) is not None}

    @property
    def summary(self) -> str:
        """The summary over groups that the requirement is on; "" of a rate."""
        return self.metric.rpartition(" ")[0] if self.metric.startswith("max/") else ""

    @property
    def rate(self) -> str:
        """The error rate that it is on, or whose summary: FTA, FTE, FNMR, FMR or FPIR."""
        return self.metric.rpartition(" ")[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


class Policy(Card):
    """What is required, by whom, and where that was stated before the data were seen.

    `stated`: where, such as "tender of 2026-03-01, section 4": a limit on a summary over groups counts only with it.
    """

    kind: Literal["policy"]
    name: Name
    title: str
    stated: str = ""
    notes: str = ""
    requirements: tuple[Requirement, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once_and_stated(self) -> Policy:
        names = [one.name for one in self.requirements]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"requirements: named twice: {twice[0]}")
        margin = next((one for one in self.requirements if one.summary), None)
        if margin is not None and not self.stated.strip():
            raise ValueError(
                f"stated: missing; '{margin.name}' limits how far groups lie apart, which counts only if it was stated "
                'before the data were seen: say where, such as "tender of 2026-03-01, section 4"'
            )
        return self


def load_policy(name: str) -> tuple[Policy, Path]:
    """The policy in the file `name`, or of that name in configs/policies/, and its file.

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    file = card_path("configs/policies", name)
    return read_card(file, Policy), file
