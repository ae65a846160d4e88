"""Published counts judged: intervals of our own counts, public figures (R20), and how far verdicts hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.errors import InputError
from facegap.estimate.binomial import wilson
from facegap.published import Asked, Judged, judge_counts, read_counts, write_judged
from facegap.schema import JUDGED, RateRow, names_of
from facegap.store import read_rows

Write = Callable[..., Path]

R20 = json.loads((Path(__file__).parents[1] / "reference" / "R20_public_watchlist_figures.json").read_text())
HEAD = "group,errors,trials,people,metric"


def judged(path: Path, *claims: str, **asked: object) -> Judged:
    return judge_counts(read_counts(path), Asked(claims=claims, **asked))  # type: ignore[arg-type]


def watchlist(write: Write, white: int, others: int) -> Path:
    """Seven false alarms, none of them White, as the public evaluation counted; shares of the cohort are assumed."""
    seven = R20["live_2023"]["false_positives"]["0.60_from_ethnic_minorities"]
    lines = ("group,errors,trials,metric,threshold", f"White,0,{white},FPIR,0.60", f"Others,{seven},{others},FPIR,0.60")
    return write(*lines)


def test_seven_of_seven_are_undecided_where_a_third_is_white(write: Write) -> None:
    """(2/3)^7 = .0585, and no ratio could have been shown by seven errors; half White they are significant."""
    white, others = judged(watchlist(write, 20000, 40000)).ratios
    assert (white.verdict, others.verdict) == ("not shown to differ", "not shown to differ")
    assert others.p == pytest.approx(2 * 0.0585, rel=2e-3)
    assert others.visible is None and "this test could have shown no ratio, however large" in others.sentence
    half = judged(watchlist(write, 30000, 30000)).ratios
    assert {row.verdict for row in half} == {"differs"}
    assert half[1].p == pytest.approx(2 * 0.0078, rel=3e-3)


def test_margins_on_seven_of_seven_are_undecided(write: Write) -> None:
    claim = "FPIR within a ratio of 1.25 in every group"
    rows = judged(watchlist(write, 20000, 40000), claim, stated="before").claims
    assert {row.verdict for row in rows} == {"undecided"}


def test_published_rates_without_trials_have_ratios_and_no_test(write: Write) -> None:
    rates = R20["retrospective_2025"]["fpir"]
    path = write("group,rate,metric", *(f"{name},{rate},FPIR" for name, rate in rates.items()))
    found = judged(path, "FPIR <= 0.01 in every group", reference="White")
    by_group = {row.group: row for row in found.ratios if row.against == "White"}
    for name in ("Asian", "Black", "Black women"):
        assert by_group[name].ratio == pytest.approx(R20["retrospective_2025"]["ratios"][f"{name}/White"])
        assert by_group[name].verdict == "" and by_group[name].p is None
    assert {row.verdict for row in found.claims} == {"undecided"}


def test_our_own_counts_have_their_independent_intervals(write: Write, finished: Path) -> None:
    rows = [row for row in read_rows(finished, RateRow) if row.trials and row.grouping == "group"]
    one = [row for row in rows if (row.metric, row.failures, row.model) == ("FNMR", "counted", rows[0].model)]
    lines = [f"{row.group},{row.errors},{row.trials},FNMR,{row.condition} at {row.threshold_name}" for row in one]
    found = judged(write("group,errors,trials,metric,condition", *lines))
    assert found.rates
    for row in found.rates:
        assert row.errors is not None and row.trials is not None
        assert (row.low, row.high) == pytest.approx(wilson(row.errors, row.trials, 0.95))


def test_without_people_a_difference_says_from_where_it_would_turn(write: Write) -> None:
    path = write("group,errors,trials,metric", "a,60,1000,FNMR", "b,30,1000,FNMR")
    a = judged(path).ratios[0]
    assert a.verdict == "differs" and a.turns_at is not None and a.possible is None
    assert "trials taken as independent; from a design effect of 2.7 the difference would no longer" in a.sentence
    assert judged(path, design_effect=a.turns_at * 1.01).ratios[0].verdict == "not shown to differ"
    assert judged(path, design_effect=a.turns_at * 0.99).ratios[0].verdict == "differs"


def test_people_who_could_turn_a_verdict_leave_it_undecided(write: Write) -> None:
    """Ten trials a person: a design effect of ten is possible, and the support would turn long before."""
    claim = "FNMR <= 5 % in every group"
    many = write(HEAD, "a,30,1000,100,FNMR", "b,30,1000,100,FNMR", name="many.csv")
    once = write(HEAD, "a,30,1000,1000,FNMR", "b,30,1000,1000,FNMR", name="once.csv")
    for row in judged(many, claim).claims:
        assert (row.as_assumed, row.verdict, row.possible) == ("supported", "undecided", 10)
    for row in judged(once, claim).claims:
        assert (row.as_assumed, row.verdict, row.possible) == ("supported", "supported", 1)


def test_few_people_support_nothing(write: Write) -> None:
    path = write(HEAD, "a,0,20,20,FNMR", "b,0,2000,2000,FNMR")
    a, b = judged(path, "FNMR <= 20 % in every group").claims
    assert (a.as_assumed, a.verdict, b.verdict) == ("supported", "undecided", "supported")
    assert "with 20 people, fewer than 30" in a.note


def test_a_named_reference(write: Write) -> None:
    path = write(HEAD, "a,60,1000,1000,FNMR", "b,30,1000,1000,FNMR", "c,20,1000,1000,FNMR")
    rows = [row for row in judged(path, reference="c").ratios if row.against == "c"]
    assert [(row.group, row.ratio) for row in rows] == [("a", pytest.approx(3.0)), ("b", pytest.approx(1.5))]
    with pytest.raises(InputError, match=r"--reference: no group 'C'.*groups: a, b, c"):
        judged(path, reference="C")


BAD_CLAIMS = [
    ("FMR <= 1 % in every group", "the table has no FMR; it has: FNMR"),
    ("99 % accurate", "published counts have error rates"),
    ("FNMR <= 1 % in every group at FMR 0.001", "no threshold 'FMR 0.001'; it names none"),
    ("FNMR <= 1 % in group z", "no group 'z'; groups: a, b"),
    ("FNMR <= 1 % in every group of age", "no groups by 'age'; there are groups by: group"),
    ("FNMR within a ratio of 1.25", "a margin counts only if it was stated before the data were seen"),
]


@pytest.mark.parametrize(("claim", "message"), BAD_CLAIMS)
def test_claims_that_the_table_cannot_be_held_against(write: Write, claim: str, message: str) -> None:
    path = write(HEAD, "a,6,1000,1000,FNMR", "b,3,1000,1000,FNMR")
    with pytest.raises(InputError, match=message):
        judged(path, claim)


def test_a_claim_on_a_table_that_names_no_rate(write: Write) -> None:
    with pytest.raises(InputError, match="does not say which error rate it holds; add a column metric"):
        judged(write("group,errors,trials", "a,6,1000"), "FNMR <= 1 % overall")


@pytest.mark.parametrize(
    ("asked", "message"), [({"level": 1.0}, "--level"), ({"design_effect": 0.5}, "--design-effect")]
)
def test_numbers_that_cannot_be_meant(asked: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Asked(**asked)  # type: ignore[arg-type]


group = st.tuples(st.integers(0, 30), st.integers(1, 400))


@pytest.mark.slow
@given(st.lists(group, min_size=2, max_size=4))
def test_no_sentence_contradicts_its_row(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("counts") / "c.csv"
    lines = [f"g{k},{min(x, n)},{n},{n},FNMR" for k, (x, n) in enumerate(drawn)]
    path.write_text("\n".join((HEAD, *lines)) + "\n")
    found = judged(path)
    for row in found.ratios:
        if row.verdict == "differs":
            assert row.p_holm is not None and row.p_holm < 0.05 and "not shown" not in row.sentence
            assert row.errors is not None and row.other_errors is not None
        elif row.verdict:
            assert "not shown to differ" in row.sentence and "times the rate" not in row.sentence


def test_the_same_input_gives_the_same_folder(write: Write, tmp_path: Path) -> None:
    path = write(HEAD, "a,60,1000,1000,FNMR", "b,30,1000,1000,FNMR")
    read, asked = read_counts(path), Asked(claims=("FNMR <= 10 % in every group",))
    first = write_judged(read, asked, judge_counts(read, asked), tmp_path / "one")
    second = write_judged(read, asked, judge_counts(read, asked), tmp_path / "two")
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert Path("report.html") in files and Path("tables/judged_claims.csv") in files
    assert [(first / name).read_bytes() for name in files] == [(second / name).read_bytes() for name in files]
    assert write_judged(read, asked, judge_counts(read, asked), tmp_path / "one") == first


def test_hostile_names_stay_text_on_the_page(write: Write, tmp_path: Path) -> None:
    path = write(HEAD, '"<script>alert(1)</script>",60,1000,1000,FNMR', '"a & ""b""",30,1000,1000,FNMR')
    read, asked = read_counts(path), Asked()
    page = (write_judged(read, asked, judge_counts(read, asked), tmp_path) / "report.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page and "a &amp; &#34;b&#34;" in page


def test_cautions_stand_with_every_number(write: Write) -> None:
    path = write(HEAD, "a,6,20,20,FNMR", "b,30,1000,1000,FNMR")
    found = judged(path, "FNMR <= 10 % in every group")
    few, many = found.rates
    assert "fewer than 30 people" in few.caution and "fewer than 10 errors" in few.caution and many.caution == ""
    named = ["a", "the other groups"]  # of b the others are a
    assert all(f"fewer than 10 errors ({name})" in row.caution for name, row in zip(named, found.ratios, strict=True))
    assert all("fewer than 10 errors (a)" in row.caution for row in found.summaries)
    assert "fewer than 10 errors" in found.claims[0].caution and found.claims[1].caution == ""


def test_every_judged_table_has_cautions() -> None:
    assert all("caution" in names_of(row) for row in JUDGED.values())
