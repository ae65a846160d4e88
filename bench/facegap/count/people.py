"""Errors that involve one person: false non-matches, failures to acquire and to enrol."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facegap.count.groups import codes, one_way, uncounted
from facegap.records import NOT_LIVE, Acquisitions, Comparisons, ErrorCounts, Failures, Rows, Samples, matches


class PersonErrors(NamedTuple):
    """False non-matches of one group by person.

    Attributes:
        people: (k,) who has a comparison, numbered as in `PairErrors`.
        errors, comparisons: (k,) of each.
    """

    group: str
    people: Rows
    errors: Rows
    comparisons: Rows


def fnmr_counts(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[ErrorCounts, ...]:
    """False non-matches among the mated comparisons, by group of the probe, clustered by subject.

    A failed comparison is a false non-match where failures are counted (a positive system).
    """
    groups = codes(samples, columns)
    mated = comparisons.mated
    failed = np.isnan(mated.score)
    error = ~failed & ~matches(mated.score, threshold)
    base = uncounted("FNMR", comparisons.model, comparisons.condition, groups, threshold)
    return one_way(base, groups, mated.probe, error, failed, failures, failure_is_error=True)


def person_errors(
    comparisons: Comparisons,
    samples: Samples,
    columns: tuple[str, ...],
    threshold: float,
    failures: Failures = "counted",
) -> tuple[PersonErrors, ...]:
    """What `fnmr_counts` sums, by person."""
    groups = codes(samples, columns)
    mated = comparisons.mated
    failed = np.isnan(mated.score)
    error = ~matches(mated.score, threshold)
    kept = np.ones(len(mated), dtype=bool) if failures == "counted" else ~failed
    group, subject = groups.group[mated.probe[kept]], groups.subject[mated.probe[kept]]
    found = []
    for d, name in enumerate(groups.names):
        people, place = np.unique(subject[group == d], return_inverse=True)
        errors = np.bincount(place[error[kept][group == d]], minlength=len(people))
        found.append(PersonErrors(name, people, errors, np.bincount(place, minlength=len(people))))
    return tuple(found)


def fta_counts(acquisitions: Acquisitions, samples: Samples, columns: tuple[str, ...]) -> tuple[ErrorCounts, ...]:
    """Failures to acquire: samples without a usable face, by group; `model` is the detector."""
    groups = codes(samples, columns)
    failed = ~acquisitions.ok
    base = uncounted("FTA", acquisitions.detector, acquisitions.condition, groups, None)
    return one_way(base, groups, np.arange(len(samples)), failed, failed, "counted", failure_is_error=True)


def bpcer_counts(acquisitions: Acquisitions, samples: Samples, columns: tuple[str, ...]) -> tuple[ErrorCounts, ...]:
    """Genuine people whom a net of liveness does not take as live (BPCER, ISO/IEC 30107-3), by group.

    Of the samples, all of which it judges where a face was acquired; the others are `failed`, and in no denominator.
    `model` is the detector.
    """
    groups = codes(samples, columns)
    refused = acquisitions.outcome == NOT_LIVE
    base = uncounted("BPCER", acquisitions.detector, acquisitions.condition, groups, None)
    failed = ~(acquisitions.ok | refused)
    return one_way(base, groups, np.arange(len(samples)), refused, failed, "excluded", failure_is_error=False)


def fte_counts(comparisons: Comparisons, samples: Samples, columns: tuple[str, ...]) -> tuple[ErrorCounts, ...]:
    """Failures to enrol: people none of whose references has a template, by group of their references.

    A person whose references carry several labels counts in each of those groups.
    """
    groups = codes(samples, columns)
    reference = comparisons.trials.reference
    subject = groups.subject[reference]
    enrolled = np.zeros(groups.subjects, dtype=bool)
    enrolled[subject[comparisons.reference_ok[reference]]] = True
    _, first = np.unique(groups.group[reference] * groups.subjects + subject, return_index=True)
    people = reference[first]
    failed = ~enrolled[groups.subject[people]]
    base = uncounted("FTE", comparisons.model, comparisons.condition, groups, None)
    return one_way(base, groups, people, failed, failed, "counted", failure_is_error=True)
