"""Comparisons on a cluster: what comes out is what one machine makes, also when a worker is killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import numpy as np
import pytest

from facegap.compare import LocalEngine, TailRule, cluster, compare
from facegap.compare.engine import Part, TilePlan
from facegap.errors import BackendMissing, InputError
from facegap.records import Comparisons, RuledTrials, Samples, Templates
from made import make_samples, make_templates


def case_of(n: int, dim: int = 16) -> tuple[Samples, RuledTrials, Templates, Templates, tuple[str, ...], TailRule]:
    rng = np.random.default_rng(0)
    groups = {"group": [("x", "y", "z")[k // 3 % 3] for k in range(n)], "size": [str(k // 3 % 2) for k in range(n)]}
    samples = make_samples([f"p{k // 3}" for k in range(n)], groups)
    made = make_templates(samples, rng, dim=dim, failed=(5, 700))
    rows = np.arange(n)
    return samples, RuledTrials(rows, rows, True), made, made, ("group", "size"), TailRule(0.01)


def equal(one: Comparisons, other: Comparisons) -> None:
    np.testing.assert_array_equal(one.histogram, other.histogram)
    assert one.floor == other.floor
    for name in ("reference", "probe", "score"):
        np.testing.assert_array_equal(getattr(one.tail, name), getattr(other.tail, name))


def plan_of(n: int) -> TilePlan:
    """The last plan that is done for a case."""
    seen: list[TilePlan] = []

    class Kept(LocalEngine):
        def run(self, plan: TilePlan) -> Part:
            seen.append(plan)
            return super().run(plan)

    compare(*case_of(n), Kept())
    return seen[-1]


def test_tasks_hold_every_unit_once_and_are_of_about_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(4000)
    monkeypatch.setattr(cluster, "MULTIPLICATIONS_A_SECOND", 16 * 2.5e6)
    found = cluster.tasks(plan)
    assert [start for units in found for start in units] == list(plan.units)
    pairs = [sum(512 * (len(plan.b) - start) for start in units) for units in found]
    assert len(found) > 2 and all(2.5e6 <= count < 2.5e6 + 512 * 4000 for count in pairs[:-1])
    monkeypatch.setattr(cluster, "MULTIPLICATIONS_A_SECOND", 1e18)
    assert len(cluster.tasks(plan)) == 1


class Here:
    """A client whose workers are this process, which does every task twice, as after a loss."""

    def __init__(self, version: str) -> None:
        self.version = version

    def run(self, _: Any) -> dict[str, str]:
        return {"tcp://worker": self.version}

    def submit(self, function: Any, *given: Any, **_: Any) -> Any:
        plain = [self._known(value) for value in given]
        function(*plain)
        made = function(*plain)

        class Future:
            value = made

            def result(self) -> Any:
                return self.value

        return Future()

    def _known(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._known(one) for one in value]
        return value.value if hasattr(value, "value") else value


def test_tasks_that_are_done_again_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MULTIPLICATIONS_A_SECOND", 16 * 1e5)
    monkeypatch.setattr(cluster, "MERGED", 2)
    case = case_of(2100)
    equal(compare(*case, LocalEngine()), compare(*case, cluster.DaskEngine(Here(cluster.__version__))))


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(InputError, match=r"cluster: facegap 0\.0\.9 on a worker, expected .* as here"):
        compare(*case_of(800), cluster.DaskEngine(Here("0.0.9")))


def test_without_dask_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(BackendMissing, match="pip install 'facegap"), cluster.connected("local", 2):
        pass


@pytest.mark.parametrize(
    ("scheduler", "said"), [("address", "DASK_SCHEDULER_ADDRESS is not set"), ("slurm", "dask-jobqueue")]
)
def test_a_cluster_that_is_not_there_is_one_line(scheduler: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "dask_jobqueue", None)
    with pytest.raises(BackendMissing, match=said), cluster.connected(scheduler, 2):
        pass


@pytest.mark.slow
def test_a_killed_worker_costs_its_tasks_and_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes over loopback; one is killed (-9) while its tasks run."""
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr(cluster, "MULTIPLICATIONS_A_SECOND", 64 * 4e6)
    case = case_of(12_000, dim=64)
    local = compare(*case, LocalEngine())
    with cluster.connected("local", 2) as engine:
        equal(local, compare(*case, engine))
        victim = next(iter(engine.client.run(os.getpid).values()))

        def kill(plan: TilePlan, pilot: list[int] = []) -> None:  # noqa: B006 - it counts the passes
            pilot.append(1)
            if len(pilot) == 2:
                time.sleep(0.1)
                os.kill(victim, signal.SIGKILL)

        class Dying(cluster.DaskEngine):
            def run(self, plan: TilePlan) -> Part:
                import threading

                threading.Thread(target=kill, args=(plan,)).start()
                return super().run(plan)

        equal(local, compare(*case, Dying(engine.client)))
        assert victim not in engine.client.run(os.getpid).values()
    assert distributed.__version__
