"""One small study in memory: the package's evidence, and the same as plain data for slow recomputations."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import slow
from facegap import search, trials
from facegap.cards import Study
from facegap.compare import TailRule, compare, exact_scores
from facegap.evidence import Evidence, opaque
from facegap.records import Acquisitions, Samples, Templates, Threshold
from made import make_samples, make_templates

GROUPINGS = (("group",), ("group", "size"))
QUALITY = "sharpness"
WORLDS = [("cosine", False, True), ("negative-l2", True, False)]
"""Similarity, whether roles say what is compared, whether impostors are of one group."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One small study in memory: the package's evidence, and the same as plain data."""

    evidence: Evidence
    cases: Mapping[tuple[str, str], slow.Case]
    acquired: Mapping[str, list[bool]]
    asked: slow.Asked
    extra: Mapping[str, float]


def study_of(roles: bool, same_group: bool) -> Study:
    content: dict[str, Any] = {
        "name": "small",
        "title": "t",
        "seed": 11,
        "dataset": {"card": "none"},
        "models": ({"card": "net", "detector": "d"},),
        "conditions": ("clean", "blur"),
        "groups": GROUPINGS,
        "thresholds": {"fmr": (0.1, 0.02), "impostors": "same-group" if same_group else "all"},
        "identification": {"ranks": (1, 3), "fpir": (0.2,), "enrolled": 0.6},
        "statistics": {"min_subjects": 3},
        "trials": {"reference_role": "photo", "probe_role": "selfie"} if roles else {},
    }
    return Study.model_validate(content)


def make_world(similarity: str = "cosine", roles: bool = False, same_group: bool = False, seed: int = 0) -> World:
    rng = np.random.default_rng(seed)
    people = [f"p{k % 14:02}" for k in range(56)]
    group = ["x" if int(p[1:]) < 6 else "y" if int(p[1:]) < 13 else "unknown" for p in people]
    size = ["big" if int(p[1:]) % 2 else "small" for p in people]
    role = ["photo" if k < 18 else "selfie" for k in range(56)]
    samples = make_samples(people, {"group": group, "size": size}, role)
    study = study_of(roles, same_group)
    failed = {"clean": (3, 20), "blur": (3, 20, 21, 40)}
    made = {
        "clean": make_templates(samples, rng, failed=failed["clean"], similarity=similarity, noise=0.9),
        "blur": make_templates(samples, rng, failed=failed["blur"], similarity=similarity, condition="blur", noise=1.3),
    }
    acquired = {name: [row not in failed[name][:-1] for row in range(56)] for name in failed}
    vendor = {"net": 0.35 if similarity == "cosine" else -4.0}
    given = (Threshold(name="fixed", model="net", value=vendor["net"] + 0.1, policy="given in the study"),)
    evidence = Evidence(
        study=study,
        samples=opaque(samples, b"secret"),
        images=np.array([f"{row:064x}" for row in range(56)]),
        acquisitions={("d", name): acquisitions_of(name, acquired[name], rng) for name in failed},
        comparisons={},
        searches={},
        vendor=vendor,
        given=given,
        identities=True,
    )
    plans = {name: sides(samples, study, made["clean"], made[name]) for name in failed}
    tail = TailRule(0.2, min(vendor["net"], given[0].value) - 0.3, samples.groups["group"] if same_group else None)
    compared = {
        ("net", name): compare(
            samples, trials.verification(samples, study.trials, name == "clean"), *pair, ("group", "size"), tail
        )
        for name, pair in plans.items()
    }
    evidence = replace(evidence, comparisons=compared, searches=searches_of(samples, study, plans))
    cases = {("net", name): case_of(samples, study, name, pair, similarity) for name, pair in plans.items()}
    asked = slow.Asked(
        groupings=GROUPINGS,
        fmr=study.thresholds.fmr,
        ranks=(1, 3),
        fpir=(0.2,),
        enrolled=0.6,
        seed=11,
        same_group=same_group,
    )
    extra = {"vendor": vendor["net"], "fixed": given[0].value}
    return World(evidence=evidence, cases=cases, acquired=acquired, asked=asked, extra=extra)


def acquisitions_of(condition: str, ok: list[bool], rng: np.random.Generator) -> Acquisitions:
    n = len(ok)
    values = np.where(ok, rng.uniform(0, 100, n), np.nan).astype(np.float32)
    return Acquisitions(
        condition=condition,
        detector="d",
        outcome=np.array(["ok" if one else "no_face" for one in ok]),
        reason=np.array(["" if one else 'no "face", nowhere' for one in ok]),
        box=np.full((n, 4), np.nan, dtype=np.float32),
        landmarks=np.full((n, 5, 2), np.nan, dtype=np.float32),
        quality={QUALITY: values},
        sha256=np.array([f"{row:064x}" for row in range(n)]),
    )


def sides(samples: Samples, study: Study, clean: Templates, own: Templates) -> tuple[Templates, Templates]:
    return clean, own


def searches_of(samples: Samples, study: Study, plans: Mapping[str, tuple[Templates, Templates]]) -> dict[Any, Any]:
    found = {}
    assert study.identification is not None
    for name, pair in plans.items():
        for protocol in study.identification.protocols:
            plan = trials.identification(samples, study.trials, protocol, study.identification.enrolled, study.seed)
            rows = plan.gallery, plan.probe, plan.mate
            found["net", name, protocol] = search.search(protocol, *rows, *pair, exact_scores)
    return found


def case_of(samples: Samples, study: Study, name: str, pair: tuple[Templates, Templates], similarity: str) -> slow.Case:
    roles = study.trials.reference_role is not None
    rows = range(len(samples))
    return slow.Case(
        subjects=samples.subjects.tolist(),
        groups={column: values.tolist() for column, values in samples.groups.items()},
        references=[row for row in rows if not roles or samples.roles[row] == "photo"],
        probes=[row for row in rows if not roles or samples.roles[row] == "selfie"],
        symmetric=not roles and name == "clean",
        reference=dict(zip(pair[0].rows.tolist(), pair[0].vectors, strict=True)),
        probe=dict(zip(pair[1].rows.tolist(), pair[1].vectors, strict=True)),
        similarity=similarity,
    )


@contextmanager
def few_draws() -> Iterator[None]:
    """For tests that do not look at null bands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("facegap.estimate.differentials"), "DRAWS", 50)
        yield
