"""Claims held against published counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from facegap.claims import Judged, judge_groups
from facegap.claims.text import MARGINS, Claim, parse
from facegap.errors import InputError
from facegap.estimate.assumed import turning_point
from facegap.estimate.at_most import LEAST_PEOPLE, LEAST_PEOPLE_OF_PAIRS, SUPPORTING, SUPPORTING_OF_PAIRS
from facegap.estimate.clustered import pooled
from facegap.published.asked import Asked
from facegap.published.counts_file import ANY_ERROR, OF_TWO_PEOPLE
from facegap.published.groups import MIN_PEOPLE, Group, at_design_effect
from facegap.published.sentences import of_claim
from facegap.records import ErrorCounts
from facegap.schema.judged import JudgedClaimRow
from facegap.words import did_you_mean

Family = Sequence[Group]


def claim_rows(text: str, families: Sequence[Family], asked: Asked) -> Iterator[JudgedClaimRow]:
    """Every verdict on the claim in `text`, published table by table.

    Raises:
        InputError: the claim is not understood, or not about what was published.
    """
    claim = parse(text)
    _check_stated(claim, asked)
    for family in _about(claim, families):
        yield from _rows(claim, family, asked)


def _check_stated(claim: Claim, asked: Asked) -> None:
    if claim.kind in MARGINS and not asked.stated.strip():
        raise InputError(
            f"claim '{claim.text}': a margin counts only if it was stated before the data were seen; "
            'say where with --stated "tender of 2026-03-01, section 4"'
        )


def _about(claim: Claim, families: Sequence[Family]) -> list[Family]:
    """The groups of each published table that the claim is about: one grouping of each."""
    if claim.kind == "accuracy":
        raise InputError(f"claim '{claim.text}': published counts have error rates; claim FNMR or FMR instead")
    metrics = list(dict.fromkeys(family[0].key["metric"] for family in families))
    of_metric = [family for family in families if family[0].key["metric"] == claim.metric]
    if not of_metric:
        if ANY_ERROR in metrics:
            raise InputError(
                f"claim '{claim.text}': the table does not say which error rate it holds; add a column metric"
            )
        raise InputError(f"claim '{claim.text}': the table has no {claim.metric}; it has: {', '.join(metrics)}")
    found = [family for family in of_metric if _at_threshold(claim, family)]
    if not found:
        names = [name for name in dict.fromkeys(family[0].key["threshold"] for family in of_metric) if name]
        what = (
            f"it has: {', '.join(names)}" if names else "it names none: leave 'at ...' out, or add a column threshold"
        )
        raise InputError(f"claim '{claim.text}': the table has no threshold '{claim.threshold}'; {what}")
    return _of_grouping(claim, found)


def _at_threshold(claim: Claim, family: Family) -> bool:
    return claim.threshold is None or family[0].key["threshold"].lower() == claim.threshold.lower()


def _of_grouping(claim: Claim, families: Sequence[Family]) -> list[Family]:
    """Of each table the grouping that the claim names, or that holds the group it names, or the first."""
    by_table: dict[tuple[str, ...], list[Family]] = {}
    for family in families:
        key = tuple(value for name, value in family[0].key.items() if name != "grouping")
        by_table.setdefault(key, []).append(family)
    found = []
    for some in by_table.values():
        wanted = [family for family in some if _fits(claim, family)]
        if wanted:
            found.append(wanted[0])
    if not found:
        raise InputError(f"claim '{claim.text}': {_what_is_there(claim, families)}")
    return found


def _fits(claim: Claim, family: Family) -> bool:
    if claim.columns and family[0].key["grouping"].lower() != ", ".join(claim.columns).lower():
        return False
    named = claim.scope not in ("every group", "overall")
    return not named or any(group.row.group.lower() == claim.scope.lower() for group in family)


def _what_is_there(claim: Claim, families: Sequence[Family]) -> str:
    groupings = list(dict.fromkeys(family[0].key["grouping"] for family in families))
    if claim.columns and ", ".join(claim.columns).lower() not in [name.lower() for name in groupings]:
        return f"no groups by '{', '.join(claim.columns)}'; there are groups by: {'; '.join(groupings)}"
    names = list(dict.fromkeys(group.row.group for family in families for group in family))
    return f"no group '{claim.scope}'{did_you_mean(claim.scope, names)}; groups: {', '.join(names)}"


def _rows(claim: Claim, family: Family, asked: Asked) -> Iterator[JudgedClaimRow]:
    rated = [group for group in family if group.counts is not None]
    least = MIN_PEOPLE if all(group.row.people is not None for group in rated) else 1

    @cache
    def judged(design_effect: float) -> tuple[Judged, ...]:
        counts = tuple(at_design_effect(group, design_effect) for group in rated)
        return judge_groups(claim, _in_scope(claim, counts), asked.level, least, asked.seed) if counts else ()

    for k, found in enumerate(judged(asked.design_effect)):
        behind = [group for group in rated if found.group == group.row.group] or rated

        def same(effect: float, k: int = k, verdict: str = found.verdict) -> bool:
            return judged(effect)[k].verdict == verdict

        turns = None if found.verdict == "undecided" else turning_point(same, asked.design_effect)
        if claim.scope in ("every group", "overall") or found.group.lower() == claim.scope.lower():
            yield _row(claim, family[0].key, found, behind, turns, asked)
    for group in family:
        if group.counts is None and claim.scope.lower() in ("every group", group.row.group.lower()):
            yield _without_trials(claim, group)


def _in_scope(claim: Claim, counts: tuple[ErrorCounts, ...]) -> tuple[ErrorCounts, ...]:
    """The groups that are judged; one that was named beforehand alone, unless it is compared with the others."""
    if claim.scope == "overall":
        return (replace(pooled(counts), grouping="", group="everyone"),)
    if claim.scope == "every group" or claim.kind in MARGINS:
        return counts
    return tuple(c for c in counts if c.group.lower() == claim.scope.lower())


def _row(
    claim: Claim, key: Mapping[str, Any], found: Judged, behind: Sequence[Group], turns: float | None, asked: Asked
) -> JudgedClaimRow:
    sizes = [group.possible for group in behind]
    known = [size for size in sizes if size is not None]
    people = [group.row.people for group in behind if group.row.people is not None]
    row = JudgedClaimRow(
        claim=claim.text,
        **{**key, "grouping": "" if claim.scope == "overall" else key["grouping"]},
        group=found.group,
        reading=found.reading,
        verdict=found.verdict,
        as_assumed=found.verdict,
        errors=found.errors,
        trials=found.trials,
        people=sum(people) if len(people) == len(behind) else None,
        value=found.value,
        low=found.low,
        high=found.high,
        p={"refuted": found.p_refute, "supported": found.p_support}.get(found.verdict),
        turns_at=turns,
        possible=max(known) if len(known) == len(sizes) else None,
        caution=found.caution.replace("comparisons", "trials"),
    )
    few = _too_few(row, [c for group in behind if (c := group.row.people) is not None])
    reachable = row.possible is not None and turns is not None and turns <= row.possible
    row = replace(row, verdict="undecided" if few or reachable else row.verdict)
    notes = (found.note.replace("comparisons", "trials"), few, of_claim(row, asked.design_effect), _would(found))
    return replace(row, note="; ".join(note for note in notes if note))


def _too_few(row: JudgedClaimRow, people: Sequence[int]) -> str:
    """Why no verdict can be kept with these people; "" where one can, or nobody said how many there are."""
    pairs = row.metric in OF_TWO_PEOPLE
    refuting, supporting = (LEAST_PEOPLE_OF_PAIRS, SUPPORTING_OF_PAIRS) if pairs else (LEAST_PEOPLE, SUPPORTING)
    fewest = min(people, default=None)
    if fewest is None or row.as_assumed == "undecided":
        return ""
    needed = supporting if row.as_assumed == "supported" else refuting
    if fewest >= needed:
        return ""
    return (
        f"{row.as_assumed} by the counts alone, but with {fewest} people, fewer than {needed}, no such verdict is kept"
    )


def _would(found: Judged) -> str:
    if found.decided_as is None or found.decided_trials is None:
        return ""
    return f"{found.decided_trials:,} trials with this rate would have {found.decided_as} it"


def _without_trials(claim: Claim, group: Group) -> JudgedClaimRow:
    return JudgedClaimRow(
        claim=claim.text,
        **group.key,
        group=group.row.group,
        reading=claim.measured,
        verdict="undecided",
        as_assumed="undecided",
        value=group.row.rate,
        note="a rate without trials: no verdict",
    )
