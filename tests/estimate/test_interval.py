"""The default interval: what it rests on, and what it says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from facegap.estimate import estimate
from facegap.estimate.binomial import wilson
from facegap.estimate.interval import NEAR_FEW
from facegap.records import ClusterSums, ErrorCounts, PersonSums


def one_way(errors, people, each=1, metric="FNMR"):
    """`errors` people fail in all of their `each` comparisons."""
    sums = ClusterSums(errors * each**2, errors * each**2, people * each**2)
    return ErrorCounts(
        metric=metric,
        model="net",
        condition="clean",
        grouping="",
        group="everyone",
        threshold=0.5,
        errors=errors * each,
        completed=people * each,
        failed=0,
        subjects=people,
        by_subject=sums,
    )


def test_independent_comparisons_are_wilsons():
    found = estimate(one_way(12, 600))
    assert (found.low, found.high) == pytest.approx(wilson(12, 600))
    assert found.n_eff == pytest.approx(600)
    assert found.value == 0.02 and found.cautions == ()


def test_repeats_of_a_person_add_nothing():
    assert estimate(one_way(12, 600, each=7)).n_eff == pytest.approx(600)
    assert estimate(one_way(12, 600, each=7)).high == pytest.approx(wilson(12, 600)[1])


def test_counts_without_clusters_are_taken_as_independent():
    found = estimate(
        ErrorCounts(
            metric="FMR",
            model="net",
            condition="clean",
            grouping="",
            group="everyone",
            threshold=0.5,
            errors=12,
            completed=600,
            failed=0,
            subjects=300,
        )
    )
    assert (found.low, found.high) == pytest.approx(wilson(12, 600))
    assert found.method == "Wilson"


def test_no_errors_rest_on_people():
    found = estimate(one_way(0, 60, each=10))
    assert (found.value, found.low, found.high) == (0.0, 0.0, pytest.approx(wilson(0, 60)[1]))
    assert found.method == "Wilson, n = people, balanced"
    assert "no errors" in found.note and "fewer than 10 errors" in found.cautions


def test_no_false_matches_rest_on_pairs_of_people_and_say_so():
    """594 comparisons of 66 pairs of people, nine each: 66 independent ones, not 594."""
    sums = ClusterSums(0, 0, 66 * 81)
    found = estimate(
        ErrorCounts(
            metric="FMR",
            model="net",
            condition="clean",
            grouping="",
            group="everyone",
            threshold=0.5,
            errors=0,
            completed=594,
            failed=0,
            subjects=12,
            by_subject=sums,
            by_pair=sums,
        )
    )
    assert found.n_eff == 66 and found.high == pytest.approx(wilson(0, 66)[1])
    assert "takes pairs that share a person for independent" in found.note


def test_one_person_is_one_observation():
    found = estimate(
        ErrorCounts(
            metric="FNMR",
            model="net",
            condition="clean",
            grouping="",
            group="everyone",
            threshold=0.5,
            errors=3,
            completed=10,
            failed=0,
            subjects=1,
            by_subject=ClusterSums(9, 30, 100),
        )
    )
    assert found.n_eff == 1 and found.high > 0.8


@pytest.mark.parametrize(
    ("metric", "failed", "note"),
    [
        ("FNMR", 0, "no comparisons in this group"),
        ("FNMR", 4, "no comparisons completed; 4 failed"),
        ("FNIR", 0, "no mated searches in this group"),
        ("FTA", 0, "no samples in this group"),
    ],
)
def test_no_trials_have_a_reason(metric, failed, note):
    found = estimate(
        ErrorCounts(
            metric=metric,
            model="net",
            condition="clean",
            grouping="",
            group="B",
            threshold=None,
            errors=0,
            completed=0,
            failed=failed,
            subjects=0,
            failures="excluded",
        )
    )
    assert (found.value, found.low, found.high, found.note) == (None, None, None, note)


def test_searches_share_one_gallery_and_say_so():
    assert estimate(one_way(12, 600, metric="FPIR")).method.endswith("; given this gallery")


def test_small_groups_are_marked():
    found = estimate(one_way(12, 29))
    assert found.cautions == ("fewer than 30 people: the interval may be too narrow",)


@st.composite
def any_counts(draw):
    people = draw(st.integers(1, 6))
    pairwise = draw(st.booleans())
    places = [(i, j) for i in range(people) for j in range(i, people) if (i != j) == pairwise]
    table = {}
    for place in places:
        m = draw(st.integers(0, 5))
        table[place] = draw(st.integers(0, m)), m
    table = {place: cell for place, cell in table.items() if cell[1]}
    rows = [
        (sum(x for p, (x, _) in table.items() if q in p), sum(m for p, (_, m) in table.items() if q in p))
        for q in {q for p in table for q in p}
    ]
    sums = [
        ClusterSums(sum(x * x for x, _ in cells), sum(x * m for x, m in cells), sum(m * m for _, m in cells))
        for cells in (rows, list(table.values()))
    ]
    errors, trials = (sum(cell[k] for cell in table.values()) for k in (0, 1))
    return ErrorCounts(
        metric="FMR" if pairwise else "FNMR",
        model="net",
        condition="clean",
        grouping="",
        group="everyone",
        threshold=0.5,
        errors=errors,
        completed=trials,
        failed=0,
        subjects=len(rows),
        by_subject=sums[0],
        by_pair=sums[1] if pairwise else None,
    )


@settings(max_examples=300)
@given(any_counts(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_every_count_has_an_interval_that_holds_its_rate(counts, level):
    found = estimate(counts, level)
    if counts.trials == 0:
        assert found.value is None and found.note
        return
    assert 0 <= found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high <= 1
    assert 0 < found.n_eff <= counts.trials
    low, high = wilson(found.value * found.n_eff, found.n_eff, level)
    assert found.high == high
    few = counts.errors < NEAR_FEW and 0 < counts.errors < counts.trials and counts.by_subject.mm > counts.trials
    assert found.low <= low if few else found.low == low
    wider = estimate(counts, 0.9999)
    assert wider.high >= found.high - 1e-12


def pairs_of(x, people, each=4):
    """Counts of comparisons of all pairs of people, `each` a pair; `x` maps pairs of people to their errors."""
    rows = [sum(n for pair, n in x.items() if person in pair) for person in range(people)]
    m = each * (people - 1)
    pairs = people * (people - 1) // 2
    return ErrorCounts(
        metric="FMR",
        model="net",
        condition="clean",
        grouping="",
        group="everyone",
        threshold=0.5,
        errors=sum(x.values()),
        completed=each * pairs,
        failed=0,
        subjects=people,
        by_subject=ClusterSums(sum(n * n for n in rows), m * sum(rows), people * m * m),
        by_pair=ClusterSums(sum(n * n for n in x.values()), each * sum(x.values()), pairs * each**2),
    )


def test_one_person_who_matches_many_is_said():
    """One of 100 people makes 40 false matches with 20 others; 20 pairs of 40 people who make two each are no such."""
    wolf = estimate(pairs_of({(0, other): 2 for other in range(1, 21)}, 100))
    assert wolf.note == "errors as if 4 people made them all"
    assert wolf.cautions == ()
    assert estimate(pairs_of({(2 * k, 2 * k + 1): 2 for k in range(20)}, 100)).note == ""


def test_few_errors_of_few_people_are_not_said_to_be_made_by_few():
    """Twelve false matches of 24 people are few errors, not a few people's."""
    for found in (
        estimate(pairs_of({(2 * k, 2 * k + 1): 1 for k in range(12)}, 100)),
        estimate(one_way(6, 600, each=4)),
    ):
        assert (found.note, found.cautions) == ("", ())


@pytest.mark.parametrize(("errors", "mirrored"), [({(0, 1): 9}, False), ({(0, 1): 9, (2, 3): 9}, True)])
def test_false_matches_leave_room_for_two_more_people(errors, mirrored):
    """Either of a pair may be one who matches many; the first two leave as much room as they err beyond one error."""
    counts = replace(pairs_of(errors, 100), heaviest=(PersonSums(9, 396), PersonSums(9, 396)))
    found = estimate(counts)
    roomy = (counts.errors + 2 * 8) / (counts.trials + 2 * 396)
    assert found.high == pytest.approx(wilson(roomy * found.n_eff, found.n_eff)[1])


def test_lower_ends_of_few_errors_allow_for_as_many_by_chance():
    """Clopper and Pearson at a fifth of the error; with one comparison a person it is Wilson's interval."""
    found = estimate(one_way(4, 600, each=4))
    n = found.n_eff
    assert found.counts.errors == 16 < NEAR_FEW
    # P(X >= x) = 0.005 at the lower end.
    assert beta.cdf(found.low, found.value * n, n - found.value * n + 1) == pytest.approx(0.005)
    assert found.low < wilson(found.value * n, n)[0]
    many = estimate(one_way(5, 600, each=4))
    assert many.low == wilson(many.value * many.n_eff, many.n_eff)[0]
    assert estimate(one_way(4, 600)).low == pytest.approx(wilson(4, 600)[0])


def test_people_who_take_part_unevenly_are_said():
    """One person in 100 makes 400 of 796 comparisons."""
    sums = ClusterSums(xx=40 * 4, xm=40 * 8, mm=400**2 + 99 * 16)
    found = estimate(
        ErrorCounts(
            metric="FNMR",
            model="net",
            condition="clean",
            grouping="",
            group="everyone",
            threshold=0.5,
            errors=40,
            completed=796,
            failed=0,
            subjects=100,
            by_subject=sums,
        )
    )
    assert "people take part unevenly, as if 4 took part alike" in found.cautions[0]
    assert "unevenly" not in " ".join(estimate(one_way(40, 100, each=8)).cautions)


def test_people_of_pairs_take_part_unevenly_where_few_of_them_matter():
    """Of 100 people: as if 30 took part alike is no caution, as if 20 did is one; of mated ones 12 are enough."""
    pairs = pairs_of({(2 * k, 2 * k + 1): 1 for k in range(20)}, 100)
    taken_part = (2 * pairs.trials) ** 2

    def said(alike, by_pair):
        own = taken_part if by_pair is not None else pairs.trials**2
        sums = replace(pairs.by_subject, mm=own // alike)
        return " ".join(estimate(replace(pairs, by_subject=sums, by_pair=by_pair)).cautions)

    assert said(30, pairs.by_pair) == ""
    assert said(20, pairs.by_pair).startswith("people take part unevenly, as if 20 of 100 took part alike")
    assert said(20, None) == "" and "as if 8 took part alike" in said(8, None)
