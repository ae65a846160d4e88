"""A policy's requirements held against published counts: each is the claim that it is, as far as the table says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from facegap.cards import Policy, Requirement
from facegap.cards.policy import EVERY_CONDITION
from facegap.errors import InputError
from facegap.published.asked import Asked
from facegap.published.claims import claim_rows
from facegap.published.counts_file import PublishedCounts
from facegap.published.groups import grouped
from facegap.schema.judged import JudgedClaimRow

Met = Literal["met", "not met", "not enough evidence"]
NOT_ENOUGH: Met = "not enough evidence"


@dataclass(frozen=True, kw_only=True)
class Asks:
    """A requirement at one of its levels: the claim that it makes, and why the table cannot answer it, if so."""

    requirement: Requirement
    level: str
    claim: str
    why: str = ""


def claims_of(policy: Policy, counts: PublishedCounts, asked: Asked) -> tuple[Asks, ...]:
    """The claims of a policy, each with the reason where the table has not what it is about."""
    families = list(grouped(counts, asked.design_effect))
    found = []
    for requirement in policy.requirements:
        for level, limit in requirement.limits.items():
            claim, why = claim_text(requirement, limit), ""
            try:
                next(claim_rows(claim, families, asked), None)
            except InputError as error:
                why = str(error).removeprefix(f"claim '{claim}': ")
            found.append(Asks(requirement=requirement, level=level, claim=claim, why=why))
    return tuple(found)


def claim_text(requirement: Requirement, limit: float) -> str:
    """A requirement in the words of a claim."""
    what = requirement.metric if requirement.summary else requirement.rate
    scope = "" if requirement.summary else f" {'overall' if requirement.scope == 'overall' else 'in every group'}"
    return f"{what} <= {limit:g}{scope}{f' at {requirement.at}' if requirement.at else ''}"


def held(asks: Asks, rows: Sequence[JudgedClaimRow]) -> tuple[Met, str]:
    """What the table shows of a requirement, and why there is not enough evidence, "" where there is."""
    if asks.why:
        return NOT_ENOUGH, asks.why
    required = asks.requirement
    mine = [row for row in rows if row.claim == asks.claim and _is_about(required, row)]
    if not mine:
        return NOT_ENOUGH, f"the table has nothing {_where(required)}"
    few = [row.group for row in mine if required.people and (row.people is None or row.people < required.people)]
    if few:
        return NOT_ENOUGH, f"{few[0]}: fewer than {required.people} people, or nobody says how many"
    verdicts = {row.verdict for row in mine}
    if "refuted" in verdicts:
        return "not met", ""
    return ("met", "") if verdicts == {"supported"} else (NOT_ENOUGH, "the counts decide neither way")


def _is_about(required: Requirement, row: JudgedClaimRow) -> bool:
    there = EVERY_CONDITION in required.conditions or not row.condition or row.condition in required.conditions
    return there and (required.groups is None or row.grouping == ", ".join(required.groups))


def _where(required: Requirement) -> str:
    groups = f" by {', '.join(required.groups)}" if required.groups else ""
    return f"under {' or '.join(required.conditions)}{groups}"


def policy_lines(policy: Policy, asks: Sequence[Asks], rows: Sequence[JudgedClaimRow]) -> Iterator[str]:
    """Every requirement with what the table shows of it."""
    yield f"policy {policy.name}: {policy.title}"
    for one in asks:
        verdict, why = held(one, rows)
        yield f"  {verdict}: {one.requirement.name} ({one.level}: {one.claim}){f': {why}' if why else ''}"
