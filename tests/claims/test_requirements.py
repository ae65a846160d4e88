"""A policy's requirements: verdicts are those of the claims they are, and what a run has not is no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facegap.cards import Policy
from facegap.claims.judge import judge_claim, verdict_of
from facegap.claims.requirements import at_level, judge_policy, outcome
from facegap.claims.text import parse
from facegap.evidence import Evidence
from made_evidence import evidence_of, searched_evidence


def policy(*requirements: dict[str, Any]) -> Policy:
    named = [{"name": f"r{k}", "threshold": 0.5, "groups": ("colour",), **one} for k, one in enumerate(requirements)]
    for one in named:
        if one.get("scope") == "overall":
            del one["groups"]
    return Policy.model_validate(
        {"kind": "policy", "name": "p", "title": "P", "stated": "the tests", "requirements": tuple(named)}, strict=False
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return replace(evidence_of(), vendor={"m": 2.5})


@pytest.mark.parametrize(
    ("requirement", "claim"),
    [
        ({"metric": "FNMR", "at": "vendor", "threshold": 0.6}, "FNMR <= 0.6 in every group of colour at vendor"),
        ({"metric": "FNMR", "at": "FMR 0.02", "threshold": 0.05}, "FNMR <= 0.05 in every group of colour at FMR 0.02"),
        ({"metric": "FMR", "at": "vendor", "scope": "overall", "threshold": 0.1}, "FMR <= 0.1 overall at vendor"),
        ({"metric": "same-group FMR", "at": "vendor", "threshold": 0.2},
         "FMR <= 0.2 in every group of colour at vendor"),
        ({"metric": "max/geomean FNMR", "at": "vendor", "threshold": 3.0},
         "max/geomean FNMR <= 3 in every group of colour at vendor"),
        ({"metric": "FTA", "threshold": 0.1}, "FTA <= 0.1 in every group of colour"),
    ],
)  # fmt: skip
def test_a_requirement_is_judged_as_its_claim(evidence: Evidence, requirement: dict[str, Any], claim: str) -> None:
    (found,) = judge_policy(evidence, policy(requirement))
    wanted = judge_claim(evidence, parse(claim))
    assert [(row.group, row.verdict, row.errors, row.p_support) for row in found.judged] == [
        (row.group, row.verdict, row.errors, row.p_support) for row in wanted
    ]
    said = {"supported": "met", "refuted": "not met", "undecided": "not enough evidence"}
    assert found.verdict == said[verdict_of(wanted)]


def test_both_levels_and_the_worst_group(evidence: Evidence) -> None:
    found = judge_policy(evidence, policy({"metric": "FNMR", "at": "vendor", "threshold": 0.6, "goal": 0.01}))
    assert [(one.level, one.limit, one.verdict) for one in found] == [
        ("threshold", 0.6, "met"),
        ("goal", 0.01, "not met"),
    ]
    worst = found[1].worst
    assert worst is not None and worst.value == max(row.value or 0 for row in found[1].judged)
    assert found[1].people.value is not None and outcome(found) == "met" and outcome(found, "goal") == "not met"


def test_a_requirement_without_a_goal_counts_at_the_goal_too(evidence: Evidence) -> None:
    found = judge_policy(evidence, policy({"metric": "FNMR", "at": "vendor", "threshold": 0.6}))
    assert at_level(found, "goal") == list(found)


@pytest.mark.parametrize(
    ("requirement", "why"),
    [
        ({"metric": "FNMR", "at": "fixed"}, "m has no threshold 'fixed'; it has: FMR 0.02, FMR 0.005, vendor"),
        ({"metric": "FNMR", "at": "vendor", "groups": ("age",)},
         "'age' is no label of this run; its labels: colour, size"),
        ({"metric": "FNMR", "at": "vendor", "conditions": ("dim",)}, "no condition 'dim' in this run; there: clean"),
        ({"metric": "FPIR", "at": "vendor", "gallery": 10}, "this run made no searches"),
        ({"metric": "FNMR", "at": "scores", "scores": {"x": 1.0}}, "the policy names no score of m"),
        ({"metric": "FNMR", "at": "FMR 0.9"}, "the kept"),
    ],
)  # fmt: skip
def test_what_the_run_has_not_is_not_enough_evidence(evidence: Evidence, requirement: dict[str, Any], why: str) -> None:
    (found,) = judge_policy(evidence, policy(requirement))
    assert (found.verdict, found.worst) == ("not enough evidence", None)
    assert why in found.why


def test_a_score_and_a_target_of_the_policys_own(evidence: Evidence) -> None:
    by_score, by_target, vendor = judge_policy(
        evidence,
        policy(
            {"metric": "FNMR", "at": "scores", "scores": {"m": 2.5}},
            {"metric": "FNMR", "at": "FMR 0.01"},
            {"metric": "FNMR", "at": "vendor"},
        ),
    )
    assert [row.errors for row in by_score.judged] == [row.errors for row in vendor.judged]
    assert by_target.judged[0].threshold_name == "FMR 0.01" and by_target.judged[0].trials


def test_fewer_people_than_the_policy_asks_for(evidence: Evidence) -> None:
    (found,) = judge_policy(evidence, policy({"metric": "FNMR", "at": "vendor", "people": 60}))
    assert found.verdict == "not enough evidence"
    assert [row.verdict for row in found.judged] == ["supported", "undecided"]
    assert "asks for 60 people behind a rate, and there are 40" in found.judged[1].note


@pytest.mark.parametrize(
    ("limit", "gallery", "verdict", "why"),
    [
        (0.9, 120, "met", ""),
        (0.9, 60, "met", "where it holds as well"),
        (0.9, 500, "not enough evidence", "says nothing of a larger"),
        (0.0001, 120, "not met", ""),
        (0.0001, 500, "not met", "where it holds as well"),
        (0.0001, 60, "not enough evidence", "says nothing of a smaller"),
    ],
)
def test_a_gallery_of_another_size(limit: float, gallery: int, verdict: str, why: str) -> None:
    evidence = replace(searched_evidence(), vendor={"m": 3.0})
    asked = policy({"metric": "FPIR", "at": "vendor", "scope": "overall", "threshold": limit, "gallery": gallery})
    (found,) = judge_policy(evidence, asked)
    assert found.verdict == verdict
    assert why in found.why and bool(why) == bool(found.why)
