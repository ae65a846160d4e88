"""An engine may do the units of a plan anywhere, in any order and again: what it hands back is the same."""

from __future__ import annotations

import numpy as np
import pytest

from facegap.compare import LocalEngine, Part, TailRule, TilePlan, compare, merged, run_unit
from facegap.compare.engine import BLOCK_ROWS
from facegap.records import RuledTrials
from made import make_samples, make_templates


class Scattered:
    """Two workers that take units at random; one dies half-way and its units are done again by the other."""

    def __init__(self) -> None:
        self.units: list[int] = []

    def run(self, plan: TilePlan) -> Part:
        rng = np.random.default_rng(3)
        done: dict[int, Part] = {}
        lost = set(rng.permutation(list(plan.units))[: len(plan.units) // 2].tolist())
        for start in rng.permutation(list(plan.units)).tolist():
            part = run_unit(plan, start)
            if start not in lost:
                done[start] = part
        for start in lost:
            done[start] = run_unit(plan, start)
        self.units += list(done)
        return merged(plan, (done[start] for start in sorted(done, reverse=True)))


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("similarity", ["cosine", "negative-l2"])
def test_scattered_units_give_what_this_machine_gives(symmetric: bool, similarity: str) -> None:
    n = 3 * BLOCK_ROWS + 17
    rng = np.random.default_rng(0)
    samples = make_samples([f"p{k // 3}" for k in range(n)], {"group": [("x", "y", "z")[k // 3 % 3] for k in range(n)]})
    made = make_templates(samples, rng, failed=(5, 700), similarity=similarity)
    rows = np.arange(n)
    trials = RuledTrials(rows, rows, True) if symmetric else RuledTrials(rows[: n // 2], rows[n // 2 :], False)
    elsewhere = Scattered()
    one, other = (
        compare(samples, trials, made, made, ("group",), TailRule(0.01), engine)
        for engine in (LocalEngine(2), elsewhere)
    )
    np.testing.assert_array_equal(one.histogram, other.histogram)
    assert one.floor == other.floor and len(elsewhere.units) >= 2
    for name in ("reference", "probe", "score"):
        np.testing.assert_array_equal(getattr(one.tail, name), getattr(other.tail, name))
