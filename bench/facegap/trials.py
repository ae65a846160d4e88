"""Which comparisons to make: 1:1 trials by rule, and the galleries and searches of 1:n protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facegap.cards.study import TrialRule
from facegap.errors import InputError
from facegap.records import ListedTrials, Mask, Rows, RuledTrials, Samples, Trials


def verification(samples: Samples, rule: TrialRule, same_condition: bool, left_out: Mask | None = None) -> RuledTrials:
    """1:1 trials: with roles every reference against every probe, else every sample against every other.

    Args:
        samples: what there is.
        rule: the roles of the two sides, or none.
        same_condition: reference and probe go through the same condition, so that a pair has no direction.
        left_out: (n,) samples that are on neither side, such as copies of others.

    Raises:
        InputError: no sample has one of the roles.
    """
    out = np.zeros(len(samples), dtype=bool) if left_out is None else left_out
    if rule.reference_role is None or rule.probe_role is None:
        rows = np.flatnonzero(~out)
        return RuledTrials(rows, rows, symmetric=same_condition)
    both = (_with_role(samples, role) for role in (rule.reference_role, rule.probe_role))
    reference, probe = (rows[~out[rows]] for rows in both)
    return RuledTrials(reference, probe, symmetric=same_condition and rule.reference_role == rule.probe_role)


def without(trials: Trials, left_out: Mask) -> Trials:
    """The trials but for those of samples that are (n,) `left_out`."""
    if isinstance(trials, ListedTrials):
        keep = ~(left_out[trials.reference] | left_out[trials.probe])
        fold = None if trials.fold is None else trials.fold[keep]
        return ListedTrials(trials.reference[keep], trials.probe[keep], fold)
    reference, probe = (rows[~left_out[rows]] for rows in (trials.reference, trials.probe))
    return RuledTrials(reference, probe, trials.symmetric)


def _with_role(samples: Samples, role: str) -> Rows:
    rows = np.flatnonzero(samples.roles == role)
    if not len(rows):
        there = sorted({str(found) for found in samples.roles} - {""})
        raise InputError(f"trials: no sample has the role '{role}'; roles there: {', '.join(there) or 'none'}")
    return rows


@dataclass(frozen=True, eq=False)
class SearchTrials:
    """One 1:n protocol: one reference a gallery subject, and the probes that search.

    Attributes:
        gallery: (g,) rows of `Samples`, one a subject.
        probe: (k,) rows of `Samples`.
        mate: (k,) position in `gallery` of the probe's own subject, -1 if not enrolled.
    """

    protocol: Literal["closed", "open"]
    gallery: Rows
    probe: Rows
    mate: Rows


def identification(
    samples: Samples,
    rule: TrialRule,
    protocol: Literal["closed", "open"],
    enrolled: float,
    seed: int,
    left_out: Mask | None = None,
) -> SearchTrials:
    """The gallery and the searches of `protocol`.

    The reference of a subject is the first sample of the reference role, or without roles the first sample; every
    sample of the probe role, or every other sample, searches. Closed: everyone is enrolled. Open: a seeded draw of the
    share `enrolled` of the subjects is; the samples of the rest search as strangers. Those that are (n,) `left_out` are
    neither enrolled nor searched.

    Raises:
        InputError: no sample has one of the roles.
    """
    is_reference, is_probe = _sides(samples, rule)
    if left_out is not None:
        is_reference &= ~left_out
        is_probe &= ~left_out
    subjects, codes = np.unique(samples.subjects, return_inverse=True)
    first = _first_rows(codes, is_reference, len(subjects))
    gallery_subjects = np.flatnonzero(first >= 0)
    if protocol == "open":
        count = max(1, round(enrolled * len(gallery_subjects)))
        draw = np.random.default_rng([seed, 0x5EA2C4]).permutation(len(gallery_subjects))[:count]
        gallery_subjects = np.sort(gallery_subjects[draw])
    position = np.full(len(subjects), -1)
    position[gallery_subjects] = np.arange(len(gallery_subjects))
    gallery = first[gallery_subjects]
    is_probe[gallery] = False
    probe = np.flatnonzero(is_probe)
    mate = position[codes[probe]]
    if protocol == "closed":
        probe, mate = probe[mate >= 0], mate[mate >= 0]
    return SearchTrials(protocol, gallery, probe, mate)


def _sides(samples: Samples, rule: TrialRule) -> tuple[Mask, Mask]:
    """(n,) masks of what may be a reference and what may search."""
    if rule.reference_role is None or rule.probe_role is None:
        everything = np.ones(len(samples), dtype=bool)
        return everything, everything.copy()
    masks = []
    for role in (rule.reference_role, rule.probe_role):
        mask = np.zeros(len(samples), dtype=bool)
        mask[_with_role(samples, role)] = True
        masks.append(mask)
    return masks[0], masks[1]


def _first_rows(codes: Rows, allowed: Mask, subjects: int) -> Rows:
    """(subjects,) first allowed row of each subject, -1 where there is none."""
    first = np.full(subjects, -1)
    rows = np.flatnonzero(allowed)[::-1]
    first[codes[rows]] = rows
    return first
