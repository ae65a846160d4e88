"""Families among false matches."""

from __future__ import annotations

import numpy as np

from facegap.estimate.clusters import NO_FAMILIES, clusters, together


def pairs_of(families: int, size: int, errors: int = 5, first: int = 0) -> list[tuple[int, int, int]]:
    found = []
    for family in range(families):
        members = range(first + size * family, first + size * (family + 1))
        found += [(a, b, errors) for a in members for b in members if a < b]
    return found


def said(pairs: list[tuple[int, int, int]], compared: int = 16, rate: float = 0.005):
    i, j, x = (np.array(side) for side in zip(*pairs, strict=True))
    return clusters(i, j, x, np.full(len(i), compared), rate)


def test_three_families_of_four_are_three_and_not_twelve_people() -> None:
    found = said(pairs_of(3, 4))
    assert (found.share, found.alike, found.few) == (1.0, 3.0, True)


def test_unequal_families_count_as_fewer() -> None:
    found = said([*pairs_of(1, 4), *pairs_of(1, 3, first=50)])
    assert found.alike == (30 + 15) ** 2 / (30**2 + 15**2)


def test_as_many_families_as_it_takes_are_not_few() -> None:
    assert said(pairs_of(11, 4)).few
    assert not said(pairs_of(12, 4)).few


def test_strangers_who_match_once_are_no_family() -> None:
    single = [(k, k + 200, 1) for k in range(40)]
    assert said(pairs_of(20, 2)) == (0.0, 0.0)
    assert said(single) == (0.0, 0.0)
    mostly = said([*single, *pairs_of(1, 4)])
    assert mostly.share == 30 / 70 and not mostly.few
    assert not said(pairs_of(3, 4), compared=100).few
    # Five of 16 are nothing special where every tenth comparison matches.
    assert said(pairs_of(3, 4), rate=0.1) == (0.0, 0.0)


def test_many_who_match_one_another_are_no_family() -> None:
    """Eleven people who all match: a few people who resemble everybody, whom sums over people see."""
    assert said(pairs_of(1, 11)) == (0.0, 0.0)


def test_what_the_pairs_of_a_family_have_in_common() -> None:
    """Four people, six pairs of five errors: 15 pairs of pairs, twice each, of which three share nobody."""
    i, j, x = (np.array(side) for side in zip(*pairs_of(2, 4), strict=True))
    found = together(i, j, x, np.full(len(i), 16), 0.005, x.astype(float))
    assert (found.lots, found.shared) == (2 * 30 * 25, 2 * 24 * 25)
    assert together(i[:1], j[:1], x[:1], np.array([16]), 0.005, x[:1].astype(float)) == NO_FAMILIES
