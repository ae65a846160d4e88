"""Transactions: which frames are taken, which one is compared, and what the attempts come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facegap import conditions
from facegap.cards.study import Transactions
from facegap.errors import InputError
from facegap.records import Acquisitions, Attempts, Templates
from facegap.run.transactions import check_names, compared, taken_again
from made import make_samples

UNIT = np.eye(4, dtype=np.float32)


def acquisitions(outcomes: list[str], sharpness: list[float] | None = None, **more: Any) -> Acquisitions:
    n = len(outcomes)
    quality = {"LaplacianSharpness": np.array(sharpness if sharpness is not None else [1.0] * n, dtype=np.float32)}
    nan = np.full((n, 4), np.nan, dtype=np.float32)
    return Acquisitions(
        condition="worn",
        detector="detector",
        outcome=np.array(outcomes),
        reason=np.full(n, ""),
        box=nan,
        landmarks=np.zeros((n, 5, 2), np.float32),
        quality=quality,
        sha256=np.full(n, ""),
        **more,
    )


def templates(rows: list[int], vectors: np.ndarray, similarity: Any = "cosine") -> Templates:
    return Templates(
        rows=np.array(rows, dtype=np.int64),
        vectors=vectors.astype(np.float32),
        model="net",
        condition="worn",
        similarity=similarity,
    )


def one_transaction(rules: Transactions, frames: Acquisitions, made: Templates) -> Attempts:
    """Sample 0 is the reference, whose template is UNIT[0]; sample 1 tries."""
    return compared(rules, np.array([0]), np.array([1]), templates([0], UNIT[:1]), frames, made)


def test_every_frame_of_every_attempt_is_a_sample_of_its_own() -> None:
    samples = make_samples(["p", "p", "q"], {"group": ["a", "a", "b"]})
    taken, moments = taken_again(samples, np.array([1, 2]), Transactions(attempts=2, frames=2, restarts=1))
    assert len(taken) == 2 * 4 * 2 == len(set(taken.ids))
    assert [name.split("#")[1] for name in taken.ids[:5]] == ["a1f1", "a1f2", "a2f1", "a2f2", "a3f1"]
    assert set(taken.paths[:8]) == {samples.paths[1]} and set(taken.subjects[8:]) == {"q"}
    assert moments.attempt[:4].tolist() == [1, 1, 2, 2] and moments.frame[:4].tolist() == [1, 2, 1, 2]
    assert set(moments.picture[8:]) == {samples.ids[2]}


FRAMES = acquisitions(["ok", "ok", "ok"], [3.0, 9.0, 5.0])
SCORES = np.stack([0.6 * UNIT[0] + 0.8 * UNIT[1], 0.8 * UNIT[0] + 0.6 * UNIT[1], UNIT[0]])


@pytest.mark.parametrize(
    ("policy", "score"),
    [("first", 0.6), ("sharpest", 0.8), ("mean-template", 2.4 / np.hypot(2.4, 1.4))],
)
def test_the_policy_chooses_the_frame(policy: Any, score: float) -> None:
    found = one_transaction(Transactions(attempts=1, frames=3, policy=policy), FRAMES, templates([0, 1, 2], SCORES))
    assert found.outcome.tolist() == ["ok"]
    assert found.score[0] == pytest.approx(score, abs=1e-6)


def test_best_quality_is_the_mean_of_all_scalars() -> None:
    quality = {
        "LaplacianSharpness": np.array([20, 60, 20], dtype=np.float32),  # 50, 75, 50 of 100
        "SingleFacePresent": np.array([0.0, 0.9, 0.1], dtype=np.float32),  # 100, 10, 90
        "ITACheeks": np.array([0, 0, 90], dtype=np.float32),  # no measure of quality
    }
    frames = acquisitions(["ok"] * 3)
    frames = Acquisitions(**{**vars(frames), "quality": quality})
    rules = Transactions(attempts=1, frames=3, policy="best-quality")
    assert one_transaction(rules, frames, templates([0, 1, 2], SCORES)).score[0] == pytest.approx(0.6)


def test_a_mean_template_of_distances_is_the_plain_mean() -> None:
    rules = Transactions(attempts=1, frames=2, policy="mean-template")
    made = templates([0, 1], np.stack([UNIT[0] + 2 * UNIT[1], UNIT[0] + 4 * UNIT[1]]), "negative-l2")
    references = templates([0], UNIT[:1], "negative-l2")
    found = compared(rules, np.array([0]), np.array([1]), references, acquisitions(["ok", "ok"]), made)
    assert found.score[0] == pytest.approx(-3.0)


def test_a_policy_that_chooses_gets_past_a_frame_without_a_face() -> None:
    frames, made = acquisitions(["no_face", "ok"]), templates([1], UNIT[:1])
    first = one_transaction(Transactions(attempts=1, frames=2), frames, made)
    assert first.outcome.tolist() == ["no_face"] and np.isnan(first.score[0])
    best = one_transaction(Transactions(attempts=1, frames=2, policy="sharpest"), frames, made)
    assert best.outcome.tolist() == ["ok"] and best.score[0] == pytest.approx(1)


def test_an_attempt_that_fails_is_called_by_its_furthest_frame() -> None:
    frames = acquisitions(["unreadable", "too_small", "no_face", "ok"])
    rules = Transactions(attempts=2, frames=2, policy="sharpest")
    found = one_transaction(rules, frames, templates([], np.empty((0, 4))))
    assert found.outcome.tolist() == ["too_small", "no_template"]


def test_a_least_quality_refuses_frames() -> None:
    rules = Transactions(attempts=3, frames=1, min_quality={"LaplacianSharpness": 50.0})
    frames = acquisitions(["ok"] * 3, [19.0, 21.0, np.nan])  # 49, 51, not measured
    found = one_transaction(rules, frames, templates([0, 1, 2], SCORES))
    assert found.outcome.tolist() == ["below_quality", "ok", "below_quality"]


def test_without_a_reference_nobody_is_compared() -> None:
    nobody = templates([], np.empty((0, 4)))
    rules = Transactions(attempts=2, frames=1)
    found = compared(
        rules, np.array([0]), np.array([1]), nobody, acquisitions(["ok", "no_face"]), templates([0], UNIT[:1])
    )
    assert found.outcome.tolist() == ["no_reference", "no_face"] and np.isnan(found.score).all()


def test_bytes_and_seconds_of_what_is_sent() -> None:
    """Three frames at five a second last 0.4 s; "first" sends one of them, at once."""
    costs: dict[str, Any] = {"sent": np.array([100, 200, 300], np.float32), "seconds": np.array([1, 2, 3], np.float32)}
    frames, made = acquisitions(["ok"] * 3, **costs), templates([0, 1, 2], SCORES)
    first = one_transaction(Transactions(attempts=1, frames=3), frames, made)
    every = one_transaction(Transactions(attempts=1, frames=3, policy="sharpest"), frames, made)
    assert (first.sent[0], first.seconds[0]) == (100, 1)
    assert (every.sent[0], every.seconds[0]) == (600, pytest.approx(6.4))
    unknown = one_transaction(Transactions(attempts=1, frames=3), FRAMES, made)
    assert np.isnan([unknown.sent[0], unknown.seconds[0]]).all()


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_an_attempt_is_lost_as_often_as_the_network_loses_one_upload(frames: int) -> None:
    """All frames of an attempt are one upload: neither more often lost because they are many, nor less."""
    samples = make_samples(["p", "p"], {"group": ["a", "a"]})
    rules = Transactions(attempts=20, frames=frames, restarts=5, policy="mean-template")
    network = conditions.load("budget-2019+office+dropping")
    steps = [step for step in network.steps if step.step in ("truncate", "lose")]
    card = network.model_copy(update={"steps": tuple(steps)})
    expected = 1 - np.prod([1 - float(str(step.parameters["probability"])) for step in steps])
    picture = np.full((16, 16, 3), 99, dtype=np.uint8)
    arrived = []
    for seed in range(20):
        taken, moments = taken_again(samples, np.array([1]), rules)
        fates: dict[int, set[bool]] = {}
        for row, name in enumerate(taken.ids):
            upload, rng = moments.upload(seed, row, card.name), conditions.rng_for(seed, str(name), card.name)
            fates.setdefault(int(moments.attempt[row]), set()).add(_arrives(card, picture, rng, upload))
        assert all(len(fate) == 1 for fate in fates.values()), "an attempt arrives as a whole or not at all"
        arrived += [fate.pop() for fate in fates.values()]
    lost = 1 - np.mean(arrived)
    spread = np.sqrt(expected * (1 - expected) / len(arrived))
    assert abs(lost - expected) < 4 * spread, (lost, expected)


def _arrives(card: Any, picture: Any, rng: Any, upload: Any) -> bool:
    try:
        conditions.photograph(card, picture, rng, upload=upload)
    except conditions.Unreadable:
        return False
    return True


def test_frames_share_what_the_network_takes() -> None:
    """A cap of bytes is one of the upload: five frames of it are a fifth each."""
    card = conditions.load("budget-2019+office+2g")
    cap = next(int(str(step.parameters["max_bytes"])) for step in card.steps if step.step == "upload_cap")
    face = np.random.default_rng(3).integers(0, 255, (480, 360, 3)).astype(np.uint8)
    rng = [conditions.rng_for(1, "one", card.name) for _ in range(2)]
    alone = conditions.photograph(card, face, rng[0])
    together = conditions.photograph(card, face, rng[1], upload=conditions.Upload(1, 5))
    assert alone.size is not None and together.size is not None
    assert cap / 5 < alone.size <= cap and together.size <= cap / 5


def test_a_least_quality_by_its_former_name_is_refused_with_the_new_one() -> None:
    with pytest.raises(InputError, match=r"min_quality: 'Sharpness' is called 'LaplacianSharpness' since 0\.2\.0"):
        check_names(Transactions(attempts=1, frames=1, min_quality={"Sharpness": 50.0}))
