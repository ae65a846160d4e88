"""The command `judge`: a published table of counts becomes rates, tests, verdicts and a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facegap.words import in_one_line

if TYPE_CHECKING:
    from facegap.published import Asked, Judged, PublishedCounts
    from facegap.schema import JudgedClaimRow, JudgedRateRow, JudgedRatioRow


def judge(
    counts: Annotated[
        Path,
        typer.Argument(
            help="CSV file of a published table: group (or label columns), errors, trials; if known people, metric, "
            "threshold, condition, model; a rate in place of errors."
        ),
    ],
    claim: Annotated[
        list[str] | None,
        typer.Option(help='Judge this claim by the counts, such as "FNMR <= 0.5 % in every group"; repeatable.'),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(help="Column that names groups; repeatable; every column that is no number where none is named."),
    ] = None,
    reference: Annotated[str, typer.Option(help="Compare every group with this one too.")] = "",
    stated: Annotated[
        str,
        typer.Option(
            help='Where the margin of a claim was stated before the data were seen: "tender of 2026-03-01, section 4".'
        ),
    ] = "",
    policy: Annotated[
        str | None,
        typer.Option(
            help="Hold the counts against this policy: a .toml file, or the name of one in configs/policies/; what the "
            "table cannot say is not enough evidence."
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence level of intervals, and of verdicts together.")] = 0.95,
    design_effect: Annotated[
        float,
        typer.Option(
            help="What shared people are assumed to multiply a rate's variance by; 1 takes trials as independent."
        ),
    ] = 1.0,
    results: Annotated[Path, typer.Option(help="Folder in which the folder with tables and page is made.")] = Path(
        "results"
    ),
) -> None:
    """Judge a published table of counts; exit code 1 unless every claim is supported and the policy's thresholds met.

    Example: facegap judge counts.csv --claim "FNMR <= 0.5 % in every group" --reference White
    """
    from dataclasses import replace

    from facegap.cards import load_policy
    from facegap.published import (
        Asked,
        claims_of,
        held,
        judge_counts,
        policy_lines,
        read_counts,
        write_judged,
    )

    required = load_policy(policy)[0] if policy is not None else None

    asked = Asked(
        level=level,
        design_effect=design_effect,
        reference=reference,
        claims=tuple(claim or ()),
        stated=stated or (required.stated if required is not None else ""),
        labels=tuple(labels or ()),
    )
    read = read_counts(counts, asked.labels)
    own, asks = asked.claims, claims_of(required, read, asked) if required is not None else ()
    asked = replace(
        asked, claims=(*own, *dict.fromkeys(one.claim for one in asks if not one.why and one.claim not in own))
    )
    judged = judge_counts(read, asked)
    folder = write_judged(read, asked, judged, results)
    typer.echo("\n".join(lines(read, asked, judged)))
    typer.echo(f"\npage: {folder / 'report.html'}")
    if required is not None:
        typer.echo("\n".join(["", *map(in_one_line, policy_lines(required, asks, judged.claims))]))
    met = all(held(one, judged.claims)[0] == "met" for one in asks if one.level == "threshold")
    if not met or any(row.verdict != "supported" for row in judged.claims if row.claim in own):
        raise typer.Exit(1)


def lines(counts: PublishedCounts, asked: Asked, judged: Judged) -> Iterator[str]:
    """What was read, each table with its tests and sentences, and the verdicts on claims."""
    from facegap.published.sentences import banner
    from facegap.report.worst_first import judged_sentences

    yield banner(asked.design_effect)
    yield from (f"read:   {in_one_line(remark)}" for remark in counts.remarks)
    for sentence in judged_sentences(judged.ratios):
        yield f"found:  {in_one_line(sentence)}"
    for key, rates in _by_table(judged.rates):
        yield f"\n{_title(key)}"
        tests = {row.group: row for row in judged.ratios if _key(row) == key and row.against == "the other groups"}
        yield from _rates(rates, tests)
    for text in dict.fromkeys(row.claim for row in judged.claims):
        yield from _claim(text, [row for row in judged.claims if row.claim == text])


def _key(row: JudgedRateRow | JudgedRatioRow) -> tuple[str, ...]:
    return row.model, row.condition, row.metric, row.threshold, row.grouping


def _by_table(rates: Sequence[JudgedRateRow]) -> Iterator[tuple[tuple[str, ...], list[JudgedRateRow]]]:
    for key in dict.fromkeys(_key(row) for row in rates):
        yield key, [row for row in rates if _key(row) == key]


def _title(key: tuple[str, ...]) -> str:
    model, condition, metric, threshold, grouping = key
    parts = (model, condition, metric, f"at {threshold}" if threshold else "", f"by {grouping}")
    return in_one_line(", ".join(part for part in parts if part))


def _rates(rates: Sequence[JudgedRateRow], tests: dict[str, JudgedRatioRow]) -> Iterator[str]:
    from facegap.cli.listings import columns

    head = ("GROUP", "ERRORS", "TRIALS", "PEOPLE", "RATE (INTERVAL)", "TO THE OTHERS", "P", "TEST SAYS", "SEES FROM")
    cells: list[tuple[str, ...]] = [head]
    for row in rates:
        test = tests.get(row.group)
        cells.append(
            (
                row.group,
                *("" if n is None else f"{n}" for n in (row.errors, row.trials, row.people)),
                _span(row.rate, row.low, row.high),
                "" if test is None else _span(test.ratio, test.low, test.high),
                "" if test is None or test.p_holm is None else f"{test.p_holm:.2g}",
                "" if test is None else test.verdict or test.note,
                "" if test is None or test.visible is None else f"{test.visible:.3g}",
            )
        )
    yield from columns(cells)
    yield from (in_one_line(f"  {row.group}: {_noted(row)}") for row in rates if _noted(row))


def _span(value: float | None, low: float | None, high: float | None) -> str:
    shown = "-" if value is None else f"{value:.3g}"
    if low is None and high is None:
        return shown
    ends = ("-" if low is None else f"{low:.3g}", "no bound" if high is None else f"{high:.3g}")
    return f"{shown} ({ends[0]} to {ends[1]})"


def _noted(row: JudgedRateRow | JudgedClaimRow) -> str:
    return "; ".join(part for part in (row.caution, row.note) if part)


def _claim(text: str, rows: Sequence[JudgedClaimRow]) -> Iterator[str]:
    from facegap.cli.listings import columns
    from facegap.published.sentences import of_verdict

    yield f"\nclaim: {in_one_line(text)}"
    yield from columns(
        [
            ("WHERE", "GROUP", "VERDICT", "FOUND (INTERVAL)", "P", "TURNS AT DESIGN EFFECT"),
            *(
                (
                    _title((row.model, row.condition, row.metric, row.threshold, row.grouping or "everyone")),
                    row.group,
                    row.verdict,
                    _span(row.value, row.low, row.high),
                    "" if row.p is None else f"{row.p:.2g}",
                    "" if row.turns_at is None else f"{row.turns_at:.3g}",
                )
                for row in rows
            ),
        ]
    )
    yield from dict.fromkeys(in_one_line(f"  {row.group}: {_noted(row)}") for row in rows if _noted(row))
    yield of_verdict(rows)
