"""What a study would measure, take and see, before anything is computed: from its samples' names and labels alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facegap import conditions, datasets, pipeline, trials
from facegap.cards import (
    DatasetCard,
    ModelCard,
    Study,
    load_dataset,
    load_liveness,
    load_policy,
    load_study,
    load_used,
)
from facegap.claims.text import Claim, parse
from facegap.datasets.asked import check_study, drawn, images_left_out, root_of
from facegap.errors import InputError
from facegap.planning.cluster import ClusterCost, Job, cluster_cost
from facegap.planning.groups import PlannedGroup, planned_groups, takers
from facegap.planning.pilot import Assumed, assumed
from facegap.planning.requirements import PlannedRequirement, planned_requirements
from facegap.planning.size import BYTES_A_COMPARISON, PAIRS_A_SECOND, render_seconds, to_render
from facegap.planning.verdicts import PlannedVerdict, check, columns_of, planned_verdicts
from facegap.records import ListedTrials, Meets, Samples, Trials
from facegap.words import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study before it runs.

    Attributes:
        left_out: images that `trials.images_per_person` leaves out.
        comparisons: 1:1 comparisons of one model under one symmetric condition.
        verdicts: of claims, by claim and group.
        requirements: of a policy, by requirement and level.
        seconds, cache_bytes, results_bytes: estimates, good to a factor of about three.
        cluster: what the comparisons take on a cluster, where that was asked.
    """

    study: str
    samples: int
    left_out: int
    people: int
    models: int
    conditions: int
    comparisons: int
    seconds: float
    cores: int
    cache_bytes: float
    results_bytes: float
    assumed: Assumed
    groups: tuple[PlannedGroup, ...]
    verdicts: tuple[PlannedVerdict, ...] = ()
    cluster: ClusterCost | None = None
    requirements: tuple[PlannedRequirement, ...] = ()


def plan_study(
    name: str,
    root: Path | None = None,
    pilot: Path | None = None,
    design_effect: float | None = None,
    fnmr: float | None = None,
    claims: Sequence[str] = (),
    workers: int | None = None,
    policy: str | None = None,
) -> Plan:
    """What the study `name` (or path) would do; no image is read and no model is opened.

    Args:
        pilot: a finished run on similar data: its design effects, FNMR and speed are used.
        design_effect: of the non-mated comparisons within a group, instead.
        fnmr: assumed rate of the other groups, instead.
        claims: such as "FNMR <= 1 % in every group", of which the plan says the people that a verdict takes.
        workers: of a cluster, on which the templates would be compared; as many as the study says where not given.
        policy: a policy's file or name; the plan says of each requirement whether the study could decide it.

    Raises:
        FacegapError: a claim is not understood, or as `resolve` does for the study and its data set, or the pilot is no
            finished run.
    """
    asked = tuple(map(parse, claims))
    required = () if policy is None else load_policy(policy)[0].requirements
    study, file = load_study(name)
    card = load_dataset(study.dataset.card)
    check_study(study, card, file)
    _check_cards(study)
    rendering, folder = 0.0, None
    if study.dataset.synthetic is not None and root is None:
        samples = to_render(study.dataset.synthetic, card)
        rendering = len(samples) * render_seconds(study.dataset.synthetic)
    else:
        folder = root_of(study, card, file, root)
        samples = datasets.load(card, folder, images=study.runs_nets).samples
    left_out = images_left_out(study, samples)
    samples = drawn(study, samples)
    if not len(samples):
        raise InputError(f"{file}: dataset '{card.name}': no sample is left")
    assumption = assumed(pilot, design_effect, fnmr)
    samples, rule = _trials(study, file, card, folder, samples)
    groups = tuple(
        row
        for columns in ((), *study.groups)
        for row in planned_groups(study, card, samples, rule, columns, assumption)
    )
    everyone = groups[0]
    cores = study.backend.threads or pipeline.cores()
    made = len(study.models) * len(study.conditions)
    cards = [card for card, _ in map(load_used, study.models) if isinstance(card, ModelCard)]
    comparisons = everyone.mated + everyone.nonmated
    kept = everyone.mated + 1.5 * max(study.thresholds.fmr, default=0.0) * everyone.nonmated
    template = sum(4 * card.dim + 150 for card in cards) * len(study.conditions)
    return Plan(
        study=study.name,
        samples=len(samples),
        left_out=left_out,
        people=everyone.people,
        models=len(study.models),
        conditions=len(study.conditions),
        comparisons=comparisons,
        seconds=(
            rendering
            + len(samples) * len(cards) * len(study.conditions) * assumption.seconds
            + comparisons * made / PAIRS_A_SECOND
        )
        / cores
        + 10,
        cores=cores,
        cache_bytes=float(len(samples) * (template + 400 * len(study.conditions) * bool(cards))),
        results_bytes=made * kept * BYTES_A_COMPARISON + 3e6,
        assumed=assumption,
        groups=groups,
        verdicts=tuple(_verdicts(asked, study, card, samples, rule, assumption)),
        cluster=_cluster(study, samples, cards, comparisons, kept, workers or _workers(study)),
        requirements=tuple(planned_requirements(required, study, card, samples, rule, assumption)),
    )


def _workers(study: Study) -> int | None:
    """Those that the study asks for, where it asks for a cluster."""
    return (study.backend.workers or pipeline.cores()) if study.backend.engine == "dask" else None


def _cluster(
    study: Study, samples: Samples, cards: Sequence[ModelCard], comparisons: float, kept: float, workers: int | None
) -> ClusterCost | None:
    if workers is None or not cards:
        return None
    columns = tuple(dict.fromkeys(column for columns in study.groups for column in columns))
    job = Job(
        passes=len(cards) * len(study.conditions),
        comparisons=comparisons,
        templates=len(samples),
        dim=max(card.dim for card in cards),
        tables=len(Meets.of(samples, columns)),
        kept=kept,
    )
    return cluster_cost(job, workers)


def _check_cards(study: Study) -> None:
    """Refuse what the run would refuse.

    Raises:
        CardError, InputError: a condition, model, detector or net of liveness that there is not, or of another kind
            than the study says.
    """
    for condition in study.conditions:
        conditions.load(condition)
    for use in study.models:
        load_used(use)
    if study.liveness is not None:
        load_liveness(study.liveness)


def _verdicts(
    asked: Sequence[Claim], study: Study, card: DatasetCard, samples: Samples, rule: Trials, assumption: Assumed
) -> Iterator[PlannedVerdict]:
    for claim in asked:
        check(claim, study, isinstance(rule, ListedTrials))
    for claim in asked:
        columns = columns_of(claim, study)
        unknown = [name for name in columns if name not in samples.groups]
        if unknown:
            raise InputError(
                f"--claim '{claim.text}': no label column '{unknown[0]}'{did_you_mean(unknown[0], samples.groups)}; "
                f"there are: {', '.join(samples.groups) or 'none'}"
            )
        yield from planned_verdicts(claim, study, takers(samples, card, rule, columns), assumption)


def _trials(
    study: Study, file: Path, card: DatasetCard, folder: Path | None, samples: Samples
) -> tuple[Samples, Trials]:
    """What is compared, samples or templates of several, and the comparisons of one model under the clean condition."""
    pairs = datasets.asked_pairs(study.trials, file, card, folder, samples)
    if pairs is not None:
        return samples if pairs.pools is None else pairs.pools.samples, pairs.trials()
    return samples, trials.verification(samples, study.trials, same_condition=True)
