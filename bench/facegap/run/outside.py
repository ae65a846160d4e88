"""Models of a study that others ran: the files that arrive of them, and their scores and templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from facegap import count, search, store, trials
from facegap.cards import ConditionCard, OutsideCard, ScoresCard, TemplatesCard
from facegap.cards.study import Files, Study, TrialRule
from facegap.compare import ScoreMatrix, TailRule, compare_matrix, listed_comparisons
from facegap.errors import InputError
from facegap.evidence import Evidence
from facegap.outside import (
    CandidateScores,
    Ids,
    ListedScores,
    MatrixScores,
    find_protocol,
    orientation_of,
    pair_ids,
    read_candidates,
    read_listed,
    read_matrix,
)
from facegap.outside.matrix import PRECISION
from facegap.outside.templates import read_templates
from facegap.records import (
    Comparisons,
    Finding,
    Floats,
    ListedTrials,
    Mask,
    Rows,
    RuledTrials,
    Samples,
    Searches,
    Templates,
    Trials,
)
from facegap.tables.workbench import Workbench
from facegap.trials import SearchTrials

MARGIN = 1e-6
"""By how much a histogram reaches beyond the largest score that a vendor's measure can be: its last edge is open."""

Protocol = Literal["closed", "open"]


@dataclass(frozen=True)
class GivenFile:
    """A file that arrived, and its digest before it was read."""

    path: Path
    sha256: str


@dataclass(frozen=True, eq=False, kw_only=True)
class OutsideModel:
    """A model that others ran: its card, and condition -> the files that arrive of it.

    `searches` are likewise the candidate lists, by protocol and condition; `protocol` is the record of what they were
    asked to score, if it came back.
    """

    card: OutsideCard
    files: Mapping[str, tuple[GivenFile, ...]]
    searches: Mapping[Protocol, Mapping[str, tuple[GivenFile, ...]]] = field(default_factory=dict)
    protocol: GivenFile | None = None

    def all_files(self) -> Iterator[GivenFile]:
        """Every file that arrived."""
        for by_condition in (self.files, *self.searches.values()):
            for files in by_condition.values():
                yield from files

    def entries(self) -> list[dict[str, Any]]:
        """What a manifest says of the files: of which condition and searches, name without folder, digest."""
        return [
            {"condition": condition, **what, "file": file.path.name, "sha256": file.sha256}
            for what, by_condition in (
                ({}, self.files),
                *(({"searches": protocol}, some) for protocol, some in self.searches.items()),
            )
            for condition, files in by_condition.items()
            for file in files
        ]


def outside_model(study: Path, card: OutsideCard, given: Files, searches: Mapping[Protocol, Files]) -> OutsideModel:
    """The model with its files, which are relative to the file of the study.

    Raises:
        InputError: a file is not there, or cannot be read.
    """
    files = {condition: tuple(_file(study, card, name) for name in names) for condition, names in given.items()}
    lists = {
        protocol: {condition: tuple(_file(study, card, name) for name in names) for condition, names in some.items()}
        for protocol, some in searches.items()
    }
    model = OutsideModel(card=card, files=files, searches=lists)
    beside = find_protocol([file.path for file in model.all_files()])
    return model if beside is None else replace(model, protocol=given_file(beside))


def _file(study: Path, card: OutsideCard, name: str) -> GivenFile:
    path = (study.parent / name).resolve()
    if not path.is_file():
        raise InputError(f"{study}: model '{card.name}': {card.kind}: no such file: {path}")
    return given_file(path)


def given_file(path: Path) -> GivenFile:
    """The file with its digest.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return GivenFile(path, store.sha256_file(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def given_templates(models: tuple[OutsideModel, ...], ids: Ids) -> dict[tuple[str, str], Templates]:
    """Templates by (model, condition) of the models of which templates arrive.

    Raises:
        InputError, MissingError: as `read_templates`.
    """
    return {
        (model.card.name, condition): read_templates(files[0].path, model.card, ids, condition)
        for model in models
        if isinstance(model.card, TemplatesCard)
        for condition, files in model.files.items()
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenScores:
    """The scores of a model under one condition: of every comparison of the study's list or rule.

    Attributes:
        trials: the comparisons that have been scored, the failed ones too.
        scores: in the order of `trials`; of trials by rule a matrix.
        copies: whether those with pictures that the study leaves out as copies are among them.
        candidates: by protocol the candidate lists that arrived.
    """

    card: ScoresCard
    condition: str
    trials: Trials
    scores: ListedScores | ScoreMatrix
    findings: tuple[Finding, ...]
    copies: bool
    candidates: Mapping[str, GivenSearches] = field(default_factory=dict)

    def compare(
        self,
        samples: Samples,
        wanted: Trials,
        cells: tuple[str, ...],
        tail: TailRule,
        left_out: Mask | None,
        threads: int,
    ) -> Comparisons:
        """The comparisons of `wanted`: all, or those without the samples that are (n,) `left_out`."""
        if isinstance(self.scores, ScoreMatrix):
            assert isinstance(wanted, RuledTrials)
            span = score_range(self.card) or self._found()
            return compare_matrix(
                samples,
                wanted,
                self.scores,
                cells,
                tail,
                model=self.card.name,
                condition=self.condition,
                score_range=span,
                threads=threads,
            )
        assert isinstance(self.trials, ListedTrials) and isinstance(wanted, ListedTrials)
        score = self.scores.score
        if self.copies and left_out is not None:
            score = score[~(left_out[self.trials.reference] | left_out[self.trials.probe])]
        return listed_comparisons(
            samples,
            wanted,
            score,
            model=self.card.name,
            condition=self.condition,
            cell_columns=cells,
            score_range=score_range(self.card),
        )

    def _found(self) -> tuple[float, float]:
        assert isinstance(self.scores, ScoreMatrix)
        low, high = self.scores.range
        return low, high + max(high - low, abs(low), MARGIN) * MARGIN

    def searched(self, protocol: str) -> bool:
        """Whether 1:n searches can be made: there are lists, or every reference is compared with every probe."""
        return protocol in self.candidates or isinstance(self.scores, ScoreMatrix)

    @property
    def completed(self) -> float:
        """Share of the comparisons by rule that have a score; 1 of a list, whose tail is whole."""
        if not isinstance(self.scores, ScoreMatrix):
            return 1.0
        return float(self.scores.reference_ok.mean() * self.scores.probe_ok.mean())

    def search(self, plan: SearchTrials) -> Searches:
        """The searches of the plan, whose gallery and probes are references and probes of the trials."""
        if plan.protocol in self.candidates:
            return self.candidates[plan.protocol].searches(plan, self.card.name, self.condition)
        matrix = self.scores
        assert isinstance(matrix, ScoreMatrix)
        there = matrix.ok(plan.gallery, plan.probe)
        return search.search_scores(
            search.SearchSides(plan.gallery, plan.probe, plan.mate, *there),
            matrix,
            protocol=plan.protocol,
            model=self.card.name,
            condition=self.condition,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class GivenSearches:
    """Candidate lists of one protocol, and whether their scores are those of the 1:1 comparisons."""

    found: CandidateScores
    same_scores: bool

    def searches(self, plan: SearchTrials, model: str, condition: str) -> Searches:
        """As `search.search`, as far as the lists say it; see `records.Searches`."""
        found, mated = self.found, plan.mate >= 0
        enrolled = mated & found.enrolled[plan.mate] & found.completed
        lost = enrolled & np.isnan(found.mate_score)
        last, least = np.int64(len(plan.gallery)), np.float32(-np.inf)
        return Searches(
            model=model,
            condition=condition,
            protocol=plan.protocol,
            probe=plan.probe,
            mated=mated,
            completed=found.completed,
            mate_score=np.where(lost, least, found.mate_score),
            mate_rank=np.where(lost, last, found.mate_rank),
            mate_rank_optimistic=np.where(lost, found.length + 1, found.mate_rank_optimistic),
            top_nonmate=np.where(found.completed & np.isnan(found.top_nonmate), least, found.top_nonmate),
            gallery_size=len(plan.gallery),
            gallery_failed=int((~found.enrolled).sum()),
            listed=found.length,
            listed_to=np.where(found.cut, found.lowest, least),
            same_scores=self.same_scores,
        )


def unknown_rates(evidence: Evidence) -> Iterator[Finding]:
    """What the study asks of searches and candidate lists that were cut short do not hold, a line for each kind."""
    rule, bench = evidence.study.identification, Workbench(evidence)
    for key, searches in evidence.searches.items():
        if rule is None or searches.listed is None:
            continue
        points = {point.name: point.value for point in bench.operating_points(searches)}
        asked: list[tuple[str, str, int | None, float | None]] = [
            ("FNIR", f"at rank {rank}", rank, None) for rank in rule.ranks
        ]
        asked += [(metric, f"at {name}", None, at) for metric in ("FNIR", "FPIR") for name, at in points.items()]
        kinds = {"FNIR": searches.mated.any(), "FPIR": not searches.mated.all()}
        said = [
            (f"{metric} {at}", count.unknown(searches, metric, r, t)) for metric, at, r, t in asked if kinds[metric]
        ]
        if searches.protocol == "open" and kinds["FPIR"]:
            none = "not known: candidate lists end above the threshold that it would take"
            said += [(f"threshold at FPIR {x:g}", none) for x in rule.fpir if f"FPIR {x:g}" not in points]
        for why in dict.fromkeys(why for _, why in said if why):
            what = [name for name, reason in said if reason == why]
            message = f"{', '.join(key)}: {', '.join(what)}: {why}"
            yield Finding(level="warning", rule="rates-unknown", message=message, count=len(what))


def not_measured(study: Study, models: Sequence[OutsideModel]) -> Iterator[Finding]:
    """What the study asks for and models that others ran cannot show."""
    asked = set(() if study.identification is None else study.identification.protocols)
    listed = [
        model.card.name
        for model in models
        if isinstance(model.card, ScoresCard) and study.trials.by_list and asked - set(model.searches)
    ]
    if listed and study.identification is not None:
        yield _absent("no-searches", listed, "1:n searches: scores of a list of comparisons hold none")
    if models and study.transactions is not None:
        names = [model.card.name for model in models]
        yield _absent("no-attempts", names, "transactions: no attempt is made where others ran the model")


def _absent(rule: str, names: Sequence[str], what: str) -> Finding:
    return Finding(level="warning", rule=rule, message=f"{', '.join(names)}: {what}", count=len(names))


def score_range(card: ScoresCard) -> tuple[float, float] | None:
    """The least and the largest score that the histogram holds; None where the card does not say."""
    if card.range is None:
        return None
    low, high = card.range
    if card.direction == "distance":
        return -high - MARGIN, -low + MARGIN
    return low, high + MARGIN


@dataclass(frozen=True, eq=False, kw_only=True)
class Scope:
    """What the scores of a study are of: its samples and their names, its comparisons by rule or by list, its searches.

    `left_out` are the (n,) samples that are in no comparison since they are copies of others; None: none.
    """

    samples: Samples
    ids: Ids
    rule: TrialRule
    listed: ListedTrials | None
    conditions: tuple[ConditionCard, ...]
    left_out: Mask | None
    searches: tuple[SearchTrials, ...] = ()

    def trials(self, condition: ConditionCard, copies: bool) -> Trials:
        """The comparisons under a condition, those with copies too or not."""
        out = None if copies else self.left_out
        if self.listed is None:
            return trials.verification(self.samples, self.rule, symmetric_under(condition), out)
        return self.listed if out is None else trials.without(self.listed, out)


@contextmanager
def given_scores(models: tuple[OutsideModel, ...], scope: Scope) -> Iterator[dict[tuple[str, str], GivenScores]]:
    """Scores by (model, condition) of the models of which scores arrive, as long as the context lasts.

    Raises:
        InputError, MissingError, StoreError: as `read_listed` and `read_matrix`; or a comparison by rule failed by
            itself.
    """
    place = store.cache_dir() / "scores"
    place.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=place) as folder:
        yield {
            (model.card.name, condition.name): _read(model, condition, scope, Path(folder) / f"{k}-{c}.map")
            for k, model in enumerate(models)
            if isinstance(model.card, ScoresCard)
            for c, condition in enumerate(scope.conditions)
        }


def _read(model: OutsideModel, condition: ConditionCard, scope: Scope, place: Path) -> GivenScores:
    """The scores of what the study compares; or, where they are such, of the comparisons with copies too."""
    if scope.left_out is None:
        return _read_all(model, condition, scope, place, copies=True)
    try:
        return _read_all(model, condition, scope, place, copies=False)
    except InputError as error:
        try:
            return _read_all(model, condition, scope, place, copies=True)
        except InputError:
            raise error from None


def _read_all(model: OutsideModel, condition: ConditionCard, scope: Scope, place: Path, copies: bool) -> GivenScores:
    card, paths = model.card, [file.path for file in model.files[condition.name]]
    assert isinstance(card, ScoresCard)
    wanted = scope.trials(condition, copies)
    if isinstance(wanted, ListedTrials):
        ids = pair_ids(scope.ids, wanted)
        found = read_listed(paths, card, scope.ids, wanted, ids, orientation_of(scope.conditions))
        scores: ListedScores | ScoreMatrix = found
        findings = found.findings
    else:
        matrix = read_matrix(paths, card, scope.ids, wanted, place)
        _refuse_single(card, condition, matrix)
        ok = ~matrix.reference_failed, ~matrix.probe_failed
        scores, findings = ScoreMatrix(matrix.score, wanted.reference, wanted.probe, *ok), matrix.findings
    given = GivenScores(
        card=card, condition=condition.name, trials=wanted, scores=scores, findings=findings, copies=copies
    )
    return _with_searches(given, model, scope, symmetric_under(condition))


def _with_searches(given: GivenScores, model: OutsideModel, scope: Scope, symmetric: bool) -> GivenScores:
    """The scores with the candidate lists that arrived beside them.

    Raises:
        InputError, MissingError: as `read_candidates`; lists of searches that the study does not make.
    """
    plans: dict[str, SearchTrials] = {plan.protocol: plan for plan in scope.searches}
    found: dict[str, GivenSearches] = {}
    findings = list(given.findings)
    for protocol, files in model.searches.items():
        paths = [file.path for file in files[given.condition]]
        if protocol not in plans:
            raise InputError(
                f"{paths[0]}: the study makes no {protocol} searches on this data set; leave the lists out"
            )
        plan = plans[protocol]
        failed = None if not isinstance(given.scores, ScoreMatrix) else ~given.scores.ok(plan.gallery, plan.probe)[0]
        lists = read_candidates(paths, given.card, scope.ids, plan, failed)
        others = _other_scores(given, lists, plan, symmetric)
        findings += lists.findings
        if others:
            findings.append(_of_others(given, protocol, others, len(lists.score)))
        found[protocol] = GivenSearches(found=lists, same_scores=not others)
    return replace(given, candidates=found, findings=tuple(findings))


def _of_others(given: GivenScores, protocol: str, others: int, of: int) -> Finding:
    message = (
        f"{given.card.name}, {given.condition}, {protocol}: {others:,} of {of:,} candidates have another score than "
        "the same comparison 1:1: searches are not counted at thresholds of 1:1 comparisons"
    )
    return Finding(level="warning", rule="other-scores", message=message, count=others)


def _other_scores(given: GivenScores, lists: CandidateScores, plan: SearchTrials, symmetric: bool) -> int:
    """How many candidates have another score than the comparison of the two samples, as far as that is known."""
    reference, probe = plan.gallery[lists.gallery], plan.probe[lists.search]
    if isinstance(given.scores, ScoreMatrix):
        known = given.scores.at(reference, probe)
        low, high = given.scores.range
    else:
        assert isinstance(given.trials, ListedTrials)
        known = _of_list(given.trials, given.scores.score, reference, probe, symmetric)
        low, high = float(np.nanmin(given.scores.score)), float(np.nanmax(given.scores.score))
    return int((np.abs(known.astype(np.float64) - lists.score) > PRECISION * (high - low)).sum())


def _of_list(trials: ListedTrials, score: Floats, reference: Rows, probe: Rows, symmetric: bool) -> Floats:
    """(k,) scores of the comparisons of these samples, NaN of those that are not listed."""

    def keys(a: Rows, b: Rows) -> Rows:
        if symmetric:
            a, b = np.minimum(a, b), np.maximum(a, b)
        return np.asarray((a << 32) | b)

    listed, asked = keys(trials.reference, trials.probe), keys(reference, probe)
    order = np.argsort(listed, kind="stable")
    at = order[np.minimum(np.searchsorted(listed[order], asked), len(listed) - 1)]
    return np.where(listed[at] == asked, score[at], np.float32(np.nan))


def symmetric_under(condition: ConditionCard) -> bool:
    """Whether reference and probe go through the same condition, so that a pair has no direction."""
    return condition.name == "clean" or condition.applies_to == "both"


def _refuse_single(card: ScoresCard, condition: ConditionCard, matrix: MatrixScores) -> None:
    """Trials by rule count failures by sample.

    Raises:
        InputError: a comparison failed of two samples that have other scores.
    """
    if matrix.single:
        places = "; ".join(f"row {i + 1}, column {j + 1}" for i, j in matrix.single_examples[:3])
        raise InputError(
            f"model '{card.name}', {condition.name}: {matrix.single:,} comparisons have no score though both samples "
            f"have others ({places}); where every reference is compared with every probe, failures are of samples; "
            "give the comparisons as a list, [trials] pairs"
        )
