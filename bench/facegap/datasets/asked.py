"""What a study asks of its data set, held against the data set's card."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

from facegap.cards import DatasetCard, Study
from facegap.datasets.draw import draw_images, draw_subjects
from facegap.errors import InputError
from facegap.records import Samples
from facegap.words import did_you_mean, some

_MOST_GROUPS = 100_000


def check_study(study: Study, card: DatasetCard, file: Path) -> None:
    """Check what the study asks of its data set against the data set's card.

    Raises:
        InputError: terms not acknowledged, a label that the card has not, a rendering of what is not rendered, or
            images per person of people who are not known; or a condition or ages that were not recorded.
    """
    _check_terms(study, card, file)
    _check_columns(study, card, file)
    _check_reference(study, card, file)
    _check_mixes(study, card, file)
    _check_synthetic(study, card, file)
    _check_identities(study, card, file)
    _check_recorded(study, card, file)


def _check_recorded(study: Study, card: DatasetCard, file: Path) -> None:
    unknown = [name for name in study.observed or () if name not in card.observed]
    if unknown:
        known = ", ".join(card.observed) or "none"
        raise InputError(
            f"{file}: observed: '{unknown[0]}' was not recorded by '{card.name}'"
            f"{did_you_mean(unknown[0], card.observed)}; its observed conditions: {known}"
        )
    if study.age_gap and card.ages is None:
        raise InputError(f"{file}: age_gap: '{card.name}' names no ages and no dates; remove the key")


def observing(study: Study, card: DatasetCard) -> Study:
    """The study with what the card has, where it does not say which observed conditions and gaps are stated."""
    # By name: a card out of a manifest has its tables in that order.
    return study.observing(sorted(card.observed), card.gaps if card.identities else ())


def _check_identities(study: Study, card: DatasetCard, file: Path) -> None:
    if study.trials.images_per_person is not None and not card.identities:
        raise InputError(
            f"{file}: trials.images_per_person: '{card.name}' does not say whose images are whose; remove the key"
        )


def _check_terms(study: Study, card: DatasetCard, file: Path) -> None:
    if card.needs_acknowledgement and not study.dataset.acknowledge_terms:
        raise InputError(
            f"{file}: dataset '{card.name}' is {card.standing}: {card.terms.rstrip('.')}. To run it all the same, read "
            "these terms and set dataset.acknowledge_terms = true"
        )


def _check_columns(study: Study, card: DatasetCard, file: Path) -> None:
    for columns in study.groups:
        for column in columns:
            if column not in card.groups:
                known = ", ".join(card.groups) or "none"
                raise InputError(f"{file}: groups: '{column}' is no label of '{card.name}'; its labels: {known}")


def _check_reference(study: Study, card: DatasetCard, file: Path) -> None:
    """That a group of that name can be: a value of each label, in the order of the grouping."""
    for grouping, group in study.reference.items():
        values = [card.groups[column].values for column in grouping.split(", ")]
        names = [", ".join(name) for name in itertools.islice(itertools.product(*values), _MOST_GROUPS)]
        if group not in names:
            raise InputError(
                f"{file}: reference: '{group}' is no group of '{grouping}'"
                f"{_called_now(card, grouping, group) or did_you_mean(group, names)}; there are: {some(names)}"
            )


def _called_now(card: DatasetCard, grouping: str, group: str) -> str:
    """How a group is called whose labels had other names in an earlier version of the card; "" where none had."""
    former = [card.groups[column].former for column in grouping.split(", ")]
    labels = group.split(", ")
    if len(labels) != len(former):
        return ""
    now = ", ".join(names.get(label, label) for names, label in zip(former, labels, strict=True))
    return "" if now == group else f", called '{now}' now"


def _check_mixes(study: Study, card: DatasetCard, file: Path) -> None:
    """That no group of a mix has the name that it had in an earlier version of the card."""
    if study.identification is None:
        return
    grouping = ", ".join(study.groups[0])
    for key in ("gallery_mix", "search_mix"):
        for group in getattr(study.identification, key):
            now = _called_now(card, grouping, group)
            if now:
                raise InputError(f"{file}: identification.{key}: no group '{group}' of '{grouping}'{now}")


def _check_synthetic(study: Study, card: DatasetCard, file: Path) -> None:
    if study.dataset.synthetic is not None and card.status != "synthetic":
        raise InputError(f"{file}: dataset.synthetic: '{card.name}' is not rendered; remove the table")


def root_of(study: Study, card: DatasetCard, file: Path, root: Path | None) -> Path:
    """The folder of a data set that is not rendered.

    Raises:
        InputError: nobody says where it lies.
    """
    if root is not None:
        return root
    if study.dataset.root is None:
        raise InputError(f"{file}: dataset.root: where '{card.name}' lies is not said; set it, or give --root")
    return (file.parent / study.dataset.root).resolve()


def drawn(study: Study, samples: Samples) -> Samples:
    """The people that the study draws, or everyone; of each the images that it draws, or all.

    Of the conditions that were observed those that the study states.
    """
    observed = {name: samples.observed[name] for name in study.observed or () if name in samples.observed}
    samples = replace(samples, observed=observed)
    if study.dataset.subjects is not None:
        samples = draw_subjects(samples, study.dataset.subjects, study.seed)
    if study.trials.images_per_person is not None:
        by_role = study.trials.reference_role is not None
        samples = draw_images(samples, study.trials.images_per_person, study.seed, by_role)
    return samples


def images_left_out(study: Study, samples: Samples) -> int:
    """How many images of the people that the study draws it leaves out by `images_per_person`."""
    if study.trials.images_per_person is None:
        return 0
    everything = study.model_copy(update={"trials": study.trials.model_copy(update={"images_per_person": None})})
    return len(drawn(everything, samples)) - len(drawn(study, samples))
