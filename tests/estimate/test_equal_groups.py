"""People dealt anew to groups of one rate: sizes kept, scatter as people make it, and bands that hold equal groups."""

import numpy as np
import pytest

from facegap.estimate import differentials
from facegap.estimate.bands import band, patterns
from facegap.estimate.clusters import NO_FAMILIES, Together
from facegap.estimate.equal_groups import _freedom, _scatter, dealt, of_mated, of_nonmated
from facegap.estimate.measures import gini, max_geomean, max_min
from facegap.records import ClusterSums, ErrorCounts

SIZES = (40,) * 8


def counts(metric, group, by_person, by_pair=None):
    """Of (errors, comparisons) by person, and by pair where two people make a comparison."""
    x, m = by_pair or by_person
    return ErrorCounts(
        metric=metric,
        model="net",
        condition="clean",
        grouping="group",
        group=group,
        threshold=0.5,
        errors=int(x.sum()),
        completed=int(m.sum()),
        failed=0,
        subjects=len(by_person[0]),
        by_subject=sums(*by_person),
        by_pair=None if by_pair is None else sums(*by_pair),
    )


def sums(x, m):
    return ClusterSums(int(x @ x), int(x @ m), int(m @ m))


def groups_of(values):
    return np.split(values, np.cumsum(SIZES)[:-1])


def false_non_matches(rng):
    """(people,) errors and comparisons: numbers of images geometric, chances of people apart by a factor of e."""
    images = np.minimum(rng.geometric(1 / 4, sum(SIZES)), 60)
    comparisons = images * (images - 1) // 2
    chance = np.minimum(0.05 * np.exp(rng.normal(size=len(images)) - 0.5), 0.95)
    return rng.binomial(comparisons, chance), comparisons


def false_matches(rng, rate=0.01, spread=0.6):
    """Of each group: errors and comparisons by person, and by pair."""
    found = []
    for size in SIZES:
        images, effect = np.minimum(rng.geometric(1 / 4, size), 60), np.exp(spread * rng.normal(size=size))
        i, j = np.triu_indices(size, 1)
        m = images[i] * images[j]
        x = rng.binomial(m, np.minimum(rate * effect[i] * effect[j], 0.9))
        by_person = [(np.bincount(i, v, size) + np.bincount(j, v, size)).astype(np.int64) for v in (x, m)]
        found.append((tuple(by_person), (x, m)))
    return found


def test_deals_keep_sizes_and_everyone_once():
    deals = dealt((3, 1, 5), 20, np.random.default_rng(0))
    assert (np.sort(deals.orders, axis=1) == np.arange(9)).all()
    values = np.arange(9.0)
    assert deals.sums(np.ones(9)).tolist() == [[3, 1, 5]] * 20
    first = deals.orders[0]
    assert deals.sums(values)[0].tolist() == [values[first[:3]].sum(), values[first[3]], values[first[4:]].sum()]


def test_mated_deals_have_the_common_rate_and_leave_no_group_without_comparisons():
    errors, comparisons = np.array([1, 0, 0, 2, 0, 1]), np.array([3, 0, 0, 6, 1, 3])
    found = of_mated(dealt((2, 4), 200, np.random.default_rng(0)), errors, comparisons, 4 / 13)
    assert len(found.seen) < 200  # two of no comparisons may make up the first group
    assert ((found.seen >= 0) & (found.seen <= 1)).all()
    zero = found.seen.min(axis=1) == 0
    assert zero.any() and (found.smoothed > 0).all()
    assert (found.smoothed[~zero] == found.seen[~zero]).all()


def test_deals_are_relative_to_the_mean_of_the_groups_however_large_one_is():
    """Relative to the rate of all people, a large group of twice the rate hid itself: 3 of 100 studies, now 3 of 10."""
    rng = np.random.default_rng(4)
    errors = np.concatenate([np.ones(30), np.zeros(70), np.ones(3), np.zeros(17)])
    found = of_mated(dealt((100, 20), 200, rng), errors, np.full(120, 4), 0.1)
    assert found.seen.mean(axis=1) == pytest.approx(np.full(200, 0.1))
    assert ((found.seen >= 0) & (found.seen <= 1)).all()


def test_uneven_numbers_of_images_widen_the_band_that_holds_equal_groups():
    """Independent comparisons: 15 to 30 of 100 studies outside; people: 5, and of 150 studies at most 14 (1 in 100)."""
    rng = np.random.default_rng(3)
    outside = 0.0
    for _ in range(150):
        errors, comparisons = false_non_matches(rng)
        rates = [x.sum() / m.sum() for x, m in zip(groups_of(errors), groups_of(comparisons), strict=True)]
        equal = of_mated(dealt(SIZES, 199, rng), errors, comparisons, float(np.mean(rates)))
        outside += float(gini(np.array(rates)) > np.quantile(gini(equal.seen), 0.95))
    assert outside <= 14


def test_nonmated_deals_scatter_as_groups_do():
    """And a little more: how far people scatter is itself known from so many people only."""
    rng = np.random.default_rng(5)
    logs, dealt_logs = [], []
    for _ in range(60):
        groups = false_matches(rng)
        rows = [counts("FMR", str(d), *one) for d, one in enumerate(groups)]
        x, m = (np.concatenate([one[0][k] for one in groups]) for k in (0, 1))
        equal = of_nonmated(dealt(SIZES, 199, rng), rows, x, m, rng)
        rates = np.log([c.errors / c.trials for c in rows])
        logs.append(rates.var())
        dealt_logs.append(np.log(equal.smoothed).var(axis=1).mean())
    assert 1.0 < np.mean(dealt_logs) / np.mean(logs) < 1.35


def test_without_a_false_match_nothing_scatters():
    rng = np.random.default_rng(0)
    none = [((x * 0, m), (y * 0, n)) for (x, m), (y, n) in false_matches(rng)]
    rows = [counts("FMR", str(d), *one) for d, one in enumerate(none)]
    m = np.concatenate([one[0][1] for one in none])
    equal = of_nonmated(dealt(SIZES, 50, rng), rows, m * 0, m, rng)
    assert not equal.seen.any() and (equal.smoothed > 0).all()


def test_the_interval_of_a_value_inside_the_band_begins_at_equality():
    rng = np.random.default_rng(7)
    errors, comparisons = false_non_matches(rng)
    parts = zip(groups_of(errors), groups_of(comparisons), strict=True)
    rows = [counts("FNMR", str(d), part) for d, part in enumerate(parts)]
    rates = np.array([c.errors / c.trials for c in rows])
    equal = of_mated(dealt(SIZES, 199, rng), errors, comparisons, errors.sum() / comparisons.sum())
    drawn = patterns(rows, 0.95, 200, rng)
    for function in (max_min, max_geomean):
        value = float(function(rates))
        found = band(value, function, (drawn,), 1.0, 0.95, True, (equal,))
        assert found.null_high == pytest.approx(np.quantile(function(equal.smoothed), 0.95), rel=0.02)
        assert (found.low == 1.0) == (value <= found.null_high)


def test_differentials_take_the_band_of_people():
    rng = np.random.default_rng(7)
    errors, comparisons = false_non_matches(rng)
    parts = zip(groups_of(errors), groups_of(comparisons), strict=True)
    rows = [counts("FNMR", str(d), part) for d, part in enumerate(parts)]
    equal = of_mated(dealt(SIZES, 199, rng), errors, comparisons, errors.sum() / comparisons.sum())
    plain, people = differentials(rows), differentials(rows, equal=lambda *_: equal)
    for one, other in zip(plain, people, strict=True):
        assert (one.measure, one.value, one.note) == (other.measure, other.value, other.note)
    by_measure = {row.measure: row for row in people}
    assert by_measure["gini"].null_high == pytest.approx(np.quantile(gini(equal.seen), 0.95), rel=0.02)


def test_people_tell_how_far_people_vary_as_well_as_their_squares_are_even():
    """2 sum^2 / (sum of squares less sum^2 / n): of squares 1, 1, 1, 5 it is 128 / 12; alike, as many as there are."""
    assert _freedom(np.array([1.0, 1.0, 1.0, 5.0])) == pytest.approx(128 / 12)
    assert _freedom(np.ones(7)) == 7
    assert _freedom(np.array([1.0] + [0.0] * 99)) == pytest.approx(2 / 0.99)


def test_a_person_of_most_comparisons_scatters_as_far_as_the_others_leave():
    """A star of three pairs: its middle takes part in all, so that a tenth is taken to be left to the others."""
    x, m = np.array([2, 1, 1, 0]), np.array([3, 1, 1, 1])
    pairs = np.array([1, 1, 0]), np.array([1, 1, 1])
    one = counts("FMR", "0", (x, m), pairs)
    found = _scatter([one], np.array([0]), x, m, NO_FAMILIES)
    p, residual = 2 / 3, np.array([0.0, 1 / 3, 1 / 3, -2 / 3])
    rows = float(((residual / np.array([0.1, 2 / 3, 2 / 3, 2 / 3])) ** 2).sum())
    within = 2 * (1 / 3) ** 2 + (2 / 3) ** 2
    assert found.people == pytest.approx(max(rows - 2 * within, 0) / (p**2 * (12 - 2 * 3)))
    assert found.lot == pytest.approx(within / 2)


def test_a_family_is_one_lot_and_tells_nothing_of_how_people_scatter():
    """Three who match one another once each: three pairs of products, all of which share a person."""
    x, m = np.array([2, 2, 2, 0, 0, 0]), np.array([5] * 6)
    pairs = np.array([1, 1, 1] + [0] * 12), np.ones(15, np.int64)
    one = counts("FMR", "0", (x, m), pairs)
    apart = _scatter([one], np.array([0]), x, m, NO_FAMILIES)
    family = _scatter([one], np.array([0]), x, m, Together(lots=6.0, shared=6.0))
    assert family.lot == pytest.approx(apart.lot + 6 / 3)
    assert family.people < apart.people
