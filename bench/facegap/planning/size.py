"""How much a study would compute: pictures, comparisons, searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facegap import trials
from facegap.cards import DatasetCard, Study
from facegap.cards.study import Synthetic
from facegap.records import NO_LABEL, ListedTrials, Rows, Samples, Trials
from facegap.synth import Spec
from facegap.synth.designs import labels, shots

RENDER_SECONDS = (0.03, 0.05)
"""Core-seconds a synthetic picture: its own, and for every 256 x 256 rendered samples (benchmarks/synth_results.md)."""

PAIRS_A_SECOND = 2e7

BYTES_A_COMPARISON = 6
"""Of a kept comparison in a results folder, compressed; 5.2 were measured."""


def render_seconds(synthetic: Synthetic) -> float:
    """Core-seconds that one picture takes to render."""
    own, each = RENDER_SECONDS
    return own + each * (synthetic.size * synthetic.oversample / 256) ** 2


def to_render(synthetic: Synthetic, card: DatasetCard) -> Samples:
    """The samples that would be rendered, without rendering one."""
    spec = Spec(**synthetic.model_dump())
    taken = [(shot, exposure) for k in range(spec.identities) for shot in shots(spec, k) for exposure in shot.exposures]
    said = [labels(shot) for shot, _ in taken]
    columns = {name: card.columns.get(name, name) for name in card.groups}
    blank = np.full(len(taken), "")
    return Samples(
        ids=np.array([shot.sample(exposure) for shot, exposure in taken]),
        subjects=np.array([shot.subject for shot, _ in taken]),
        paths=blank,
        sessions=blank,
        roles=np.array(["photo" if shot.light == spec.sessions[0] else "selfie" for shot, _ in taken]),
        groups={name: np.array([str(one.get(key, NO_LABEL)) for one in said]) for name, key in columns.items()},
        root=Path(),
    )


def searching(study: Study, card: DatasetCard, samples: Samples) -> dict[str, Rows]:
    """Protocol -> (k,) rows of the samples that would search; nothing where the study asks for no searches."""
    rule = study.identification
    if rule is None:
        return {}
    asked = rule.protocols if card.identities else ("open",)
    return {
        protocol: trials.identification(samples, study.trials, protocol, rule.enrolled, study.seed).probe
        for protocol in asked
    }


def mated_trials(samples: Samples, rule: Trials) -> Rows:
    """(n samples,) of each sample as the probe, how many mated comparisons it has.

    As many as `mated_pairs` lists, without the list, which of ten pictures a person is longer than the samples.
    """
    count, person = len(samples), samples.people()
    if isinstance(rule, ListedTrials):
        same = person[rule.reference] == person[rule.probe]
        return np.bincount(rule.probe[same], minlength=count)
    # A sample's place among the references, sorted by person and row.
    keys, own = np.sort(person[rule.reference] * count + rule.reference), person[rule.probe] * count
    first = np.searchsorted(keys, own)
    if rule.symmetric:
        pairs = np.searchsorted(keys, own + rule.probe) - first
    else:
        pairs = np.searchsorted(keys, own + count) - first - np.isin(rule.probe, rule.reference)
    found = np.zeros(count, dtype=np.int64)
    found[rule.probe] = pairs
    return found


def nonmated_trials(rule: Trials, subject: Rows, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Comparisons of different people inside a group: in closed form, or from the list where there is one.

    Args:
        subject: (n samples,) numbers of their people.
        inside: (n samples,) True where a sample is of the group.
    """
    if isinstance(rule, ListedTrials):
        strangers = subject[rule.reference] != subject[rule.probe]
        return int(np.count_nonzero(strangers & inside[rule.reference] & inside[rule.probe]))
    n = int(subject.max(initial=0)) + 1
    a, b = (np.bincount(subject[side[inside[side]]], minlength=n) for side in (rule.reference, rule.probe))
    directed = int(a.sum()) * int(b.sum()) - int(a @ b)
    return directed // 2 if rule.symmetric else directed
