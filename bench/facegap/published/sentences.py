"""What a row on published counts says in words; one test decides each sentence, and its cautions stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from facegap.schema.judged import JudgedClaimRow, JudgedRatioRow


def number(value: float) -> str:
    """Two digits after the point below 2, one below 20, none above."""
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 20 else f"{value:,.0f}"


def p_text(p: float) -> str:
    """ "p = 0.012", and "p < 1e-12" below that."""
    return f"p = {p:.2g}" if p >= 1e-12 else "p < 1e-12"


def of_ratio(row: JudgedRatioRow, assumed: float) -> str:
    """The test of a group in words, with how far it holds if trials share people."""
    assert row.p_holm is not None
    seen = f"{row.errors:,} of {row.trials:,} against {row.other_errors:,} of {row.other_trials:,}"
    if row.verdict == "differs":
        return f"{row.group}: {_how_much(row)} ({seen}; {p_text(row.p_holm)}), {_until(row, assumed)}"
    return f"{row.group}: not shown to differ from {row.against} ({seen}; {p_text(row.p_holm)}); {_visible(row)}"


def _how_much(row: JudgedRatioRow) -> str:
    of = f"the rate of {row.against}"
    if row.ratio is not None:
        return f"{number(row.ratio)} times {of}"
    if row.low:
        return f"at least {number(row.low)} times {of}"
    if row.high is not None:
        return f"at most {number(row.high)} times {of}"
    return f"another rate than {row.against}"


def assumption(assumed: float) -> str:
    """What is taken for granted of the trials."""
    if assumed == 1:
        return "trials taken as independent"
    return f"a design effect of {assumed:g} assumed"


def _until(row: JudgedRatioRow, assumed: float) -> str:
    until = holds_until(row.turns_at, row.possible, "the difference would no longer be shown")
    return f"{assumption(assumed)}; {until}"


def holds_until(turns_at: float | None, possible: float | None, otherwise: str) -> str:
    """From which design effect it would be otherwise, and whether people could make one so large."""
    if turns_at is None:
        return "no design effect would turn it"
    turn = f"from a design effect of {number(turns_at)} {otherwise}"
    if possible is None:
        return f"{turn}, and how many people are behind the trials was not published"
    if possible < turns_at:
        return f"{turn}, and people with equally many trials could make one of {number(possible)} at most"
    return f"{turn}, and people with equally many trials could make one of up to {number(possible)}"


def _visible(row: JudgedRatioRow) -> str:
    if row.visible is None:
        return "this test could have shown no ratio, however large, with 80 % power"
    return f"this test would have seen a ratio of {number(row.visible)} or more with 80 % power"


def of_claim(row: JudgedClaimRow, assumed: float) -> str:
    """Why the verdict is what it is, and how far it holds; part of the row's note."""
    if row.as_assumed == "undecided":
        return assumption(assumed)
    taken = assumption(assumed) if row.verdict == row.as_assumed else f"{row.as_assumed} with {assumption(assumed)}"
    return f"{taken}; {holds_until(row.turns_at, row.possible, 'the verdict would be undecided')}"


def banner(assumed: float) -> str:
    """What a judged table is, first of all."""
    return (
        f"computed from published counts, with {assumption(assumed)}: nothing was measured here, and what a table "
        "leaves out cannot be checked"
    )


def of_verdict(rows: Sequence[JudgedClaimRow]) -> str:
    """The verdict on a claim over all of its rows."""
    verdicts = {row.verdict for row in rows}
    verdict = "refuted" if "refuted" in verdicts else "supported" if verdicts == {"supported"} else "undecided"
    unknown = any(row.people is None for row in rows) and verdict != "undecided"
    where = " as far as trials are independent: people were not published for every group" if unknown else ""
    return f"{verdict}, which is not met" if verdict == "undecided" else f"{verdict}{where}"
