"""Studies: one TOML file says what to measure, on what, with what, and how it is summarised."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from facegap.cards.dataset import ListFormat
from facegap.cards.model import Name
from facegap.cards.observed import Years, check_gaps
from facegap.cards.toml import Card, card_path, read_card

LEAST_SHOWN = 5
"""People in the smallest group of real people that is shown: below it a rate is a statement on people whom others may
recognise. Thresholds of 3 to 10 are common in official statistics (Hundepool et al., 2012, chapter 4)."""

Share = Annotated[float, Field(gt=0, lt=1)]


class Synthetic(Card):
    """What to render for a synthetic data set; `synth.Spec` documents and checks each value."""

    design: Literal["population", "causal"] = "population"
    identities: Annotated[int, Field(ge=2)] = 40
    sessions: tuple[str, ...] = ("studio", "window", "overhead")
    size: int = 256
    oversample: int = 2
    seed: Annotated[int, Field(ge=0)] = 1
    tones: tuple[float, ...] = ()
    exposures: tuple[str, ...] = ("incident",)
    ages: tuple[float, float] = (8.0, 80.0)
    skin: Literal["even", "measured"] = "even"
    linear: bool = False


class DatasetUse(Card):
    """Which data set, and where it lies; a relative root is relative to the study's file.

    A synthetic data set has no root: what `synthetic` describes is rendered into the cache.
    """

    card: str
    root: str | None = None
    synthetic: Synthetic | None = None
    acknowledge_terms: bool = False
    subjects: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="use a seeded draw of so many people"
    )


DETECTOR = "mtcnn"
"""The detector of a recogniser whose study names none."""

Files = dict[str, tuple[str, ...]]


def _by_condition(value: Any, one: str) -> Any:
    """A table of condition -> files; where the study has one condition it need not be named, and is "" here."""
    named = value if isinstance(value, dict) else {"": value}
    found = {name: (files,) if isinstance(files, str) else files for name, files in named.items()}
    if not all(
        isinstance(files, (list, tuple)) and files and all(isinstance(file, str) and file for file in files)
        for files in found.values()
    ):
        raise ValueError(f"expected {one}, or a table of condition and {one}")
    return {name: tuple(files) for name, files in found.items()}


class ModelUse(Card):
    """A recogniser with the detector that finds and aligns its faces; or a model that others ran, with what it gave.

    `templates`: a file of vectors (.npz or .parquet), and `scores`: the files of its scores, of a model whose card says
    that these arrive; relative to the study's file. Where a study has several conditions, a table of condition and file
    ({ clean = "a.npz", dark = "b.npz" }). `searches`: beside scores the candidate lists of the study's searches, by
    protocol: { closed = "closed.csv", open = "open.csv" }; each again a table where there are several conditions.
    """

    card: str
    detector: str | None = Field(default=None, description='of a recogniser; "mtcnn" where none is named')
    templates: Files = Field(default_factory=dict)
    scores: Files = Field(default_factory=dict)
    searches: dict[Literal["closed", "open"], Files] = Field(default_factory=dict)

    @field_validator("templates", mode="before")
    @classmethod
    def _file_of_templates(cls, value: Any) -> Any:
        found = _by_condition(value, "a file")
        if any(len(files) > 1 for files in found.values()):
            raise ValueError("expected one file of templates for a condition")
        return found

    @field_validator("scores", mode="before")
    @classmethod
    def _files_of_scores(cls, value: Any) -> Any:
        return _by_condition(value, "an array of files")

    @field_validator("searches", mode="before")
    @classmethod
    def _files_of_searches(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError('expected a table of protocol and files, { open = "open.csv" }')
        return {protocol: _by_condition(files, "an array of files") for protocol, files in value.items()}

    @model_validator(mode="after")
    def _one_of_them(self) -> ModelUse:
        if self.templates and self.scores:
            raise ValueError("templates, scores: a model gives one or the other; remove one")
        if self.searches and not self.scores:
            raise ValueError(
                "searches: candidate lists stand beside the model's scores of the 1:1 comparisons; give those as well"
            )
        if self.outside and self.detector is not None:
            raise ValueError("detector: no face is looked for where templates or scores are given; remove it")
        return self

    @property
    def outside(self) -> bool:
        """Whether others ran it, and only its templates or scores arrive."""
        return bool(self.templates or self.scores)

    @property
    def given(self) -> Files:
        """Condition -> the files that arrive of it."""
        return self.templates or self.scores


class Acquire(Card):
    """How a face is chosen and when it is refused.

    `face`: "central" (nearest to the image centre, as in LFW), "largest", or "only" (several faces are a failure).
    """

    face: Literal["central", "largest", "only"] = "central"
    min_inter_eye: Annotated[float, Field(ge=0, description="pixels; below it the face is too small")] = 0.0


class TrialRule(Card):
    """1:1 trials. Without roles every sample is compared with every other; with roles, references with probes.

    `pairs`: "all" of these, or only those that a list names: the data set's own ("listed"; its card names it in
    files.pairs), or a file relative to the study ("pairs.txt") of the form `format`. `protocol`: an official list of
    the data set, by its name in the card's protocols ("view2"). `images_per_person`: at most so many images of a person
    (in each role, where roles are given), drawn with the study's seed; none: all of them.
    `format = "template-pairs"` compares templates of several pictures, of which the files `templates` say what they
    are pooled of, by `pooling`: the mean of a medium's unit templates, then over media ("media", as in the IJB
    protocols), or over all pictures alike ("pictures").
    """

    pairs: Annotated[str, Field(min_length=1)] = "all"
    format: ListFormat | None = None
    protocol: str = ""
    templates: tuple[str, ...] = ()
    pooling: Literal["media", "pictures"] = "media"
    reference_role: Literal["photo", "selfie", "frame"] | None = None
    probe_role: Literal["photo", "selfie", "frame"] | None = None
    images_per_person: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> TrialRule:
        if (self.reference_role is None) != (self.probe_role is None):
            raise ValueError("reference_role and probe_role: give both or neither")
        if self.by_list and self.reference_role is not None:
            raise ValueError("pairs, protocol: the list says what is compared; leave the roles out")
        if self.by_list and self.images_per_person is not None:
            raise ValueError("pairs, protocol: the list says what is compared; leave images_per_person out")
        if self.protocol and self.pairs != "all":
            raise ValueError("protocol: it names the list that is compared; leave pairs out")
        if self.file is None and self.format is not None:
            raise ValueError('format: it belongs to a list of the study\'s own, pairs = "pairs.txt"; remove it')
        if (self.format == "template-pairs") != bool(self.templates):
            raise ValueError(
                'templates: files that say which pictures a template is pooled of go with format = "template-pairs"'
            )
        if self.file is not None and self.format is None and not self.file.lower().endswith((".csv", ".json")):
            raise ValueError(f"format: say which form '{self.file}' has: {', '.join(get_args(ListFormat))}")
        return self

    @property
    def file(self) -> str | None:
        """The list that the study itself names."""
        return None if self.pairs in ("all", "listed") else self.pairs

    @property
    def by_list(self) -> bool:
        """Whether a list says what is compared."""
        return self.pairs != "all" or bool(self.protocol)


class Thresholds(Card):
    """How operating points are set: at target FMRs over the named non-mated comparisons, the vendor's, or given ones.

    `impostors`: "all" zero-effort non-mated pairs, or "same-group" (within one group of the first grouping).
    `from_run`: take the thresholds that another run set for the same weights: its folder, relative to the study, or
    the folder without time and digest for the newest run of that study ("../results/lfw-gender").
    """

    fmr: tuple[Share, ...] = (1e-2, 1e-3)
    impostors: Literal["all", "same-group"] = "all"
    condition: str = "clean"
    vendor: bool = True
    from_run: str | None = None
    fixed: dict[str, float] = Field(default_factory=dict, description="model card name -> score threshold")


class Identification(Card):
    """1:n: closed (everyone enrolled, positive) and open (a seeded share enrolled, watchlist) protocols.

    The mixes are shares of the groups of the study's first grouping: of a gallery, and of the people who search.
    """

    protocols: tuple[Literal["closed", "open"], ...] = ("closed", "open")
    enrolled: Share = 0.5
    ranks: tuple[Annotated[int, Field(ge=1)], ...] = (1, 5, 10)
    fpir: tuple[Share, ...] = (1e-1, 1e-2)
    gallery_sizes: tuple[Annotated[int, Field(ge=1)], ...] = (1000, 100000)
    gallery_mix: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    searches_per_day: Annotated[int, Field(ge=1)] = 1000
    search_mix: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)


class Transactions(Card):
    """Transactions as applicants live them: attempts at a selfie or a video selfie, then a new registration.

    `policy`: which frame of an attempt is compared. "first" sends one frame; the others send all of them.
    `live_frames`: how the frames that are sent decide whether a living person is before the camera, where the study
    names a net of liveness: by the "mean" of their scores, or "every" one of them must be live.
    """

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    frames: Annotated[int, Field(ge=1, le=50)] = 1
    policy: Literal["first", "sharpest", "best-quality", "mean-template"] = "first"
    live_frames: Literal["mean", "every"] | None = None
    restarts: Annotated[int, Field(ge=0, le=5, description="registrations deleted and begun again")] = 0
    min_quality: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default_factory=dict, description="name of ISO/IEC 29794-5 -> least value of 0 to 100"
    )


class Statistics(Card):
    """Confidence level, the smallest group that enters a summary of groups, bootstrap draws, suppression.

    `extrapolate`: target FMRs below what the comparisons resolve, for a table of extrapolations; none by default.
    `suppress_below`: groups of fewer people are not shown; where it is not given, `LEAST_SHOWN` of real people, and
    `min_subjects` is then at least that; synthetic people have nothing to hide.
    """

    level: Share = 0.95
    min_subjects: Annotated[int, Field(ge=1)] = 10
    draws: Annotated[int, Field(ge=100, le=20000)] = 500
    suppress_below: Annotated[int, Field(ge=0)] | None = None
    extrapolate: tuple[Share, ...] = ()

    @model_validator(mode="after")
    def _summaries_show_nobody_suppressed(self) -> Statistics:
        if self.suppress_below is not None and self.suppress_below > self.min_subjects:
            raise ValueError(
                f"suppress_below: {self.suppress_below} is above min_subjects {self.min_subjects}; a summary of groups "
                "would rest on groups that are not shown"
            )
        return self

    def showing(self, *, real: bool) -> Statistics:
        """With the number of people below which a group of this data set, of `real` people or not, is not shown."""
        if self.suppress_below is not None:
            return self
        return self.hiding(LEAST_SHOWN if real else 0)

    def hiding(self, least: int) -> Statistics:
        """With groups of fewer than `least` people hidden, and in no summary."""
        return self.model_copy(update={"suppress_below": least, "min_subjects": max(self.min_subjects, least)})


class Backend(Card):
    """Where the nets run, and where all pairs are compared. What is asked for is what runs, or the run stops."""

    provider: Literal["cpu", "cuda", "tensorrt", "openvino", "coreml", "directml"] = "cpu"
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    batch: Annotated[int, Field(ge=1, le=1024)] = 32
    engine: Literal["local", "dask"] = "local"
    scheduler: Literal["local", "address", "slurm", "pbs", "lsf", "sge"] = "local"
    workers: Annotated[int, Field(ge=1, le=100_000)] | None = None


class Study(Card):
    """A study, runnable as it is."""

    name: Name
    title: str
    question: str = Field(default="", description="what is asked, in a sentence: it opens the terminal's and the page")
    seed: Annotated[int, Field(ge=0)] = 0
    notes: str = ""
    dataset: DatasetUse
    models: tuple[ModelUse, ...] = Field(min_length=1)
    conditions: tuple[str, ...] = Field(default=("clean",), min_length=1)
    applies_to: dict[str, Literal["probe", "reference", "both"]] = Field(
        default_factory=dict, description="condition -> the side that goes through it, where not the condition's own"
    )
    groups: tuple[tuple[str, ...], ...] = Field(min_length=1)
    reference: dict[str, str] = Field(
        default_factory=dict, description="grouping -> the group that its others are compared with, one by one"
    )
    observed: tuple[str, ...] | None = Field(
        default=None, description="recorded conditions by whose values rates are stated; none given: all of the card"
    )
    age_gap: tuple[Years, ...] | None = Field(
        default=None, description="years between reference and probe from which bins begin; none given: the card's"
    )
    ofiq: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="what OFIQ's own command wrote of the pictures as they are: a CSV file"
    )
    acquire: Acquire = Acquire()
    liveness: str | None = Field(
        default=None, description="card of the net that judges whether a probe shows a living person; none: not judged"
    )
    trials: TrialRule = TrialRule()
    thresholds: Thresholds = Thresholds()
    identification: Identification | None = Identification()
    transactions: Transactions | None = None
    statistics: Statistics = Statistics()
    backend: Backend = Backend()

    def observing(self, conditions: Iterable[str], gaps: tuple[float, ...]) -> Study:
        """With the observed conditions and the years between pictures that are stated, where the study leaves them to
        the data set, which has these.
        """
        observed = tuple(conditions) if self.observed is None else self.observed
        return self.model_copy(update={"observed": observed, "age_gap": gaps if self.age_gap is None else self.age_gap})

    @model_validator(mode="after")
    def _liveness_is_of_probes(self) -> Study:
        rule, attempts = self.trials, self.transactions
        several = attempts is not None and attempts.frames > 1 and attempts.policy != "first"
        if self.liveness is None:
            if attempts is not None and attempts.live_frames is not None:
                raise ValueError("transactions.live_frames: no net judges liveness; name its card: liveness")
            return self
        if not self.runs_nets:
            raise ValueError("liveness: no picture is looked at where others ran every model; remove it")
        if rule.probe_role is None or rule.probe_role == rule.reference_role:
            raise ValueError(
                "liveness: probes alone are judged, and nothing tells them from references; give "
                "trials.reference_role and trials.probe_role, such as photo and selfie"
            )
        if several and attempts is not None and attempts.live_frames is None:
            raise ValueError(
                "transactions.live_frames: missing; say how the frames of an attempt decide on liveness: by their "
                '"mean" score, or "every" one of them'
            )
        return self

    @model_validator(mode="after")
    def _names_once_and_known(self) -> Study:
        for what, names in (("conditions", self.conditions), ("models", tuple(use.card for use in self.models))):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: named twice: {', '.join(twice)}")
        for k, use in enumerate(self.models):
            self._check_given(k, use)
        unknown = sorted(set(self.applies_to) - set(self.conditions))
        if unknown:
            raise ValueError(f"applies_to: '{unknown[0]}' is not among conditions")
        groupings = [", ".join(columns) for columns in self.groups]
        strange = sorted(set(self.reference) - set(groupings))
        if strange:
            raise ValueError(f"reference: '{strange[0]}' is not among groups; there are: {'; '.join(groupings)}")
        if len(set(self.observed or ())) < len(self.observed or ()):
            raise ValueError("observed: a condition is named twice")
        try:
            check_gaps(self.age_gap or ())
        except ValueError as error:
            raise ValueError(f"age_gap: {error}") from None
        if "clean" not in self.conditions:
            raise ValueError("conditions: 'clean' must be among them: it is the side that a condition leaves alone")
        if self.thresholds.from_run is None and self.thresholds.condition not in self.conditions:
            raise ValueError(f"thresholds.condition: '{self.thresholds.condition}' is not among conditions")
        return self

    def _check_given(self, k: int, use: ModelUse) -> None:
        """That what arrives of a model is there for every condition, and for no other."""
        if not use.outside:
            return
        self._check_files(f"models.{k}.{'templates' if use.templates else 'scores'}", use.given)
        asked = () if self.identification is None else self.identification.protocols
        for protocol, files in use.searches.items():
            if protocol not in asked:
                raise ValueError(
                    f"models.{k}.searches: the study makes no {protocol} searches; name it in "
                    "identification.protocols, or leave its lists out"
                )
            self._check_files(f"models.{k}.searches.{protocol}", files)

    def _check_files(self, where: str, given: Files) -> None:
        named = set(given)
        if "" in named and len(self.conditions) > 1:
            raise ValueError(f"{where}: say which file is of which condition: a table of {', '.join(self.conditions)}")
        strange, missing = sorted(named - {"", *self.conditions}), sorted({*self.conditions} - named)
        if strange:
            raise ValueError(f"{where}: '{strange[0]}' is not among conditions")
        if missing and "" not in named:
            raise ValueError(f"{where}: nothing for condition '{missing[0]}'")

    @property
    def runs_nets(self) -> bool:
        """Whether a model of it runs here, so that images are needed."""
        return not all(use.outside for use in self.models)

    @property
    def outside(self) -> tuple[ModelUse, ...]:
        """Models that others ran."""
        return tuple(use for use in self.models if use.outside)


def load_study(path: str) -> tuple[Study, Path]:
    """The study in `path` (or the name of a study in configs/), and its file.

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    file = card_path("configs", path)
    return read_card(file, Study), file
