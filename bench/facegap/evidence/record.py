"""What a run keeps: everything that its tables are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from facegap.cards import Study
from facegap.records import (
    COPY_AGAIN,
    COPY_OF_OTHER,
    Acquisitions,
    AgeGaps,
    Attempts,
    Comparisons,
    Mask,
    Samples,
    Searches,
    Strings,
    Threshold,
)

Key2 = tuple[str, str]

Key3 = tuple[str, str, str]


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Everything that the tables are computed from.

    Attributes:
        study: the study as resolved.
        samples: with opaque ids and subjects, and without paths.
        images: (n,) keyed digest of each sample's image file, "" where it could not be read.
        acquisitions: by (detector, condition).
        comparisons: by (model, condition).
        searches: by (model, condition, protocol).
        vendor: model -> vendor's threshold as a score, where its card has one.
        vendor_fmr: model -> the FMR that the vendor states for it, where its card has that.
        given: thresholds that were not set on this run's own comparisons.
        identities: whether subjects are known, so that mated comparisons exist.
        attempts: of transactions, by (model, condition); none where the study asks for none.
        applies_to: condition -> the side of a comparison that goes through it; "both" where it is not named.
        copies: (n,) of pictures that are there more than once, `records.COPY_AGAIN` or its like; "" of others.
        kept: by (model, condition), the comparisons with such pictures kept; none where none was left out.
        lost: samples that were refused, as far as they are known, and `lost_reasons` why; None where that was not kept.
        values: label column -> its labels in the order of the data set's card.
        shapes: label columns whose values are shapes of a generator.
        same_person: of the samples' relations, the one whose value one person's subjects share; "" where there is none.
        observed: observed condition -> its values likewise, none where they are as found.
        gaps: years between the pictures of mated comparisons, in bins; None where they are not known or not asked for.
    """

    study: Study
    samples: Samples
    images: Strings
    acquisitions: Mapping[Key2, Acquisitions]
    comparisons: Mapping[Key2, Comparisons]
    searches: Mapping[Key3, Searches]
    vendor: Mapping[str, float]
    given: tuple[Threshold, ...]
    identities: bool
    attempts: Mapping[Key2, Attempts] = field(default_factory=dict)
    applies_to: Mapping[str, str] = field(default_factory=dict)
    copies: Strings = field(default_factory=lambda: np.array([], dtype=np.str_))
    kept: Mapping[Key2, Comparisons] = field(default_factory=dict)
    lost: Samples | None = None
    lost_reasons: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shapes: tuple[str, ...] = ()
    same_person: str = ""
    observed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gaps: AgeGaps | None = None
    vendor_fmr: Mapping[str, float] = field(default_factory=dict)

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """Everyone first, then the study's groupings."""
        return ((), *self.study.groups)

    def acquired(self, model: str, condition: str) -> Acquisitions | None:
        """What the model's detector made of the pictures; None of a model that others ran."""
        detector = next(use.detector for use in self.study.models if use.card == model)
        return None if detector is None else self.acquisitions[detector, condition]

    @property
    def conditions_observed(self) -> tuple[str, ...]:
        """The recorded conditions by whose values rates are stated."""
        return tuple(name for name in self.study.observed or () if name in self.samples.observed)

    @property
    def left_out(self) -> Mask | None:
        """(n,) samples that are in no trial, since their picture is there more than once; None where there is none."""
        out = np.isin(self.copies, (COPY_AGAIN, COPY_OF_OTHER))
        return out if out.any() else None

    def concerned(self, condition: str) -> Mask:
        """(n,) samples that go through the condition: with roles, those of the side that it applies to."""
        side, rule = self.applies_to.get(condition, "both"), self.study.trials
        role = {"probe": rule.probe_role, "reference": rule.reference_role}.get(side)
        return np.asarray(self.samples.roles == role) if role is not None else np.ones(len(self.samples), dtype=bool)
