"""Which comparisons and searches are made, by roles and protocols, against the rules written as sets."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.cards.study import TrialRule
from facegap.errors import InputError
from facegap.records import Samples
from facegap.trials import SearchTrials, identification, verification
from made import make_samples

NO_ROLES = TrialRule()
ROLES = TrialRule(reference_role="photo", probe_role="selfie")


def samples_of(seed: int = 0, people: int = 20, n: int = 70) -> Samples:
    rng = np.random.default_rng(seed)
    subjects = [f"p{k}" for k in rng.integers(0, people, n)]
    return make_samples(subjects, {}, [str(role) for role in rng.choice(["photo", "selfie", "frame", ""], n)])


def test_without_roles_everyone_is_compared_with_everyone() -> None:
    samples = samples_of()
    same, other = verification(samples, NO_ROLES, True), verification(samples, NO_ROLES, False)
    assert same.symmetric and not other.symmetric
    for plan in (same, other):
        np.testing.assert_array_equal(plan.reference, np.arange(70))
        np.testing.assert_array_equal(plan.probe, np.arange(70))


def test_with_roles_references_meet_probes() -> None:
    samples = samples_of()
    plan = verification(samples, ROLES, True)
    assert {str(role) for role in samples.roles[plan.reference]} == {"photo"}
    assert {str(role) for role in samples.roles[plan.probe]} == {"selfie"}
    assert len(plan.reference) == (samples.roles == "photo").sum() and not plan.symmetric
    photos = TrialRule(reference_role="photo", probe_role="photo")
    assert verification(samples, photos, True).symmetric
    assert not verification(samples, photos, False).symmetric


def test_a_role_that_nobody_has_is_one_line() -> None:
    samples = make_samples(["p", "q"], {}, ["photo", "frame"])
    with pytest.raises(InputError, match="trials: no sample has the role 'selfie'; roles there: frame, photo"):
        verification(samples, ROLES, True)
    with pytest.raises(InputError, match="no sample has the role 'photo'; roles there: none"):
        identification(make_samples(["p"], {}), ROLES, "open", 0.5, 0)


def check(samples: Samples, rule: TrialRule, plan: SearchTrials) -> None:
    """What holds in every protocol."""
    subjects = samples.subjects
    may_be_reference = samples.roles == rule.reference_role if rule.reference_role else np.ones(len(samples), bool)
    may_search = samples.roles == rule.probe_role if rule.probe_role else np.ones(len(samples), bool)
    assert len(set(subjects[plan.gallery])) == len(plan.gallery)
    for row in plan.gallery:
        assert row == np.flatnonzero((subjects == subjects[row]) & may_be_reference)[0]
    assert not set(plan.gallery.tolist()) & set(plan.probe.tolist())
    place = {str(subjects[row]): k for k, row in enumerate(plan.gallery)}
    assert plan.mate.tolist() == [place.get(str(subjects[row]), -1) for row in plan.probe]
    expected = np.setdiff1d(np.flatnonzero(may_search), plan.gallery)
    if plan.protocol == "closed":
        expected = expected[np.isin(subjects[expected], subjects[plan.gallery])]
        assert (plan.mate >= 0).all()
    assert plan.probe.tolist() == expected.tolist()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    protocol=st.sampled_from(["closed", "open"]),
    rule=st.sampled_from([NO_ROLES, ROLES, TrialRule(reference_role="photo", probe_role="photo")]),
    enrolled=st.floats(0.05, 0.95),
)
def test_galleries_and_searches(
    seed: int, protocol: Literal["closed", "open"], rule: TrialRule, enrolled: float
) -> None:
    samples = samples_of(seed)
    plan = identification(samples, rule, protocol, enrolled, seed)
    check(samples, rule, plan)
    everyone = (
        len(set(samples.subjects[samples.roles == "photo"])) if rule.reference_role else len(set(samples.subjects))
    )
    assert len(plan.gallery) == (everyone if protocol == "closed" else max(1, round(enrolled * everyone)))


def test_the_draw_of_the_enrolled_is_seeded() -> None:
    samples = samples_of(people=40, n=200)
    first, again = (identification(samples, NO_ROLES, "open", 0.5, 5) for _ in range(2))
    other = identification(samples, NO_ROLES, "open", 0.5, 6)
    np.testing.assert_array_equal(first.gallery, again.gallery)
    assert first.gallery.tolist() != other.gallery.tolist()
