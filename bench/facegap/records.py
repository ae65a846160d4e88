"""The nouns: plain frozen objects that the stages hand to each other. No I/O, no statistics.

Tables of many rows are columns as arrays of one length. Samples are addressed by their row in `Samples`; groups by
name, never by position. A thing that cannot be computed is None with a reason, never 0.0 and never a silent NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Strings = npt.NDArray[np.str_]
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

OUTCOMES = ("ok", "unreadable", "no_face", "several_faces", "too_small", "below_quality", "not_live")
"""What acquisition can end in; everything but the first is a failure to acquire (FTA)."""

NOT_LIVE = "not_live"
"""The outcome of a face in which a net of liveness sees no living person."""

NO_LABEL = "unknown"
"""Group value of a sample without a label in that column: shown and counted, never guessed."""


COPY_AGAIN, COPY_OF_OTHER = "again", "under two people"
"""A sample whose picture the same person has already, and one whose picture another person has: in no trial."""

NEAR_AGAIN, NEAR_OTHER = "nearly again", "nearly under two people"
"""Likewise of nearly the same picture, which is a warning only."""


def has_label(group: str) -> bool:
    """Whether a group, named as `Samples.grouping` does, is of people whose labels are all known."""
    return NO_LABEL not in group.split(", ")


Failures = Literal["counted", "excluded"]
"""Failed comparisons `counted` in the denominators (and as errors where the system is positive) or `excluded`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Samples:
    """Every sample of a data set, one row each.

    Attributes:
        ids: (n,) unique names inside the data set.
        subjects: (n,) subject names; one per sample where the data set has no identities.
        paths: (n,) POSIX paths of the image files below `root`.
        sessions, roles: (n,) names, "" where not known; a role is photo, selfie or frame.
        groups: column -> (n,) label values, `NO_LABEL` where missing.
        relations: column -> (n,) a value that related people share, or one person's subjects, "" where none is known;
            no demographic label.
        root: folder that holds the image files.
        observed: condition under which the picture was taken, such as "phone" -> (n,) values, `NO_LABEL` where missing.
        years: "age" and "date" -> (n,) in years, NaN where unknown; known while a data set is read, and never kept.
    """

    ids: Strings
    subjects: Strings
    paths: Strings
    sessions: Strings
    roles: Strings
    groups: Mapping[str, Strings]
    root: Path
    relations: Mapping[str, Strings] = field(default_factory=dict)
    observed: Mapping[str, Strings] = field(default_factory=dict)
    years: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows | npt.NDArray[np.bool_]) -> Samples:
        """The samples in `rows`, (k,) indices or an (n,) mask, in that order."""
        return Samples(
            ids=self.ids[rows],
            subjects=self.subjects[rows],
            paths=self.paths[rows],
            sessions=self.sessions[rows],
            roles=self.roles[rows],
            groups={column: values[rows] for column, values in self.groups.items()},
            root=self.root,
            relations={column: values[rows] for column, values in self.relations.items()},
            observed={column: values[rows] for column, values in self.observed.items()},
            years={column: values[rows] for column, values in self.years.items()},
        )

    def people(self) -> Rows:
        """(n,) number of each sample's subject, in the order in which they first appear.

        Opaque names sort otherwise under every secret, so that seeded draws of people must not follow their order.
        """
        return self._people

    @cached_property
    def _people(self) -> Rows:
        _, first, codes = np.unique(self.subjects, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[codes]

    def coded(self, columns: tuple[str, ...]) -> tuple[tuple[str, ...], Rows]:
        """Names of the groups over `columns` in order, and (n,) each sample's place among them.

        Every table asks for the same few groupings: they are kept with the samples, and go with them.
        """
        if columns not in self._coded:
            names, codes = np.unique(self.grouping(columns), return_inverse=True)
            self._coded[columns] = tuple(str(name) for name in names), codes
        return self._coded[columns]

    @cached_property
    def _coded(self) -> dict[tuple[str, ...], tuple[tuple[str, ...], Rows]]:
        return {}

    def grouping(self, columns: tuple[str, ...]) -> Strings:
        """(n,) names of the intersectional groups over `columns`, such as "Black, female"."""
        if not columns:
            return np.full(len(self), "everyone")
        names = np.asarray(self.groups[columns[0]], dtype=np.str_)
        for column in columns[1:]:
            names = np.char.add(np.char.add(names, ", "), self.groups[column])
        return names


RULES: Mapping[str, str] = {
    "layout": "rows or files that do not have the layout that the card says",
    "empty": "rows without a path or a name",
    "duplicate-id": "samples that share their id with another",
    "duplicate-path": "samples that share their file with another",
    "path": "paths that leave the root or are not written with /",
    "symlink": "symbolic links that are not followed",
    "missing-file": "rows whose file is not there",
    "unknown-label": "samples with a label that the card does not know",
    "unknown-role": "samples with a role that there is not",
    "contradiction": "samples of people who have two labels",
    "half-labelled": "samples without the label that other samples of the same person have",
    "alike-subjects": "names of people that only case or accents tell apart",
    "extra-file": "images that no row names",
    "one-sample": "people with one sample only",
    "copies": "images that are there more than once, the same file or pixels",
    "near-copies": "pairs of images that are nearly the same",
    "unreadable": "pictures that cannot be read",
    "no-image": "image files that are not there: no copies of them were looked for, and nothing of them is measured",
    "no-searches": "models of which scores of a list arrived, which hold no 1:n searches",
    "no-attempts": "models that others ran, of which no attempts of transactions are made",
    "no-labels": "label columns without a label",
    "no-row": "ids without a row in the table of labels",
    "changed-id": "ids that the table of labels has as another number only",
    "alike-ids": "ids of the table of labels that only case or accents tell apart",
    "extra-labels": "rows of labels for ids without a sample",
    "two-relations": "samples of people who have two values of one relation",
    "same-labels": "samples of one person's subjects who share every label",
    "no-observed": "conditions that no picture has a value of",
    "odd-observed": "values of an observed condition that the card does not know",
    "two-in-a-session": "sessions of a person with two values of one observed condition",
    "odd-age": "samples with an age that cannot be",
    "odd-date": "samples with a date that cannot be read",
    "born-later": "samples of people born after their picture was taken",
    "two-ages": "samples with an age that their dates contradict",
    "no-bin": "samples with an age outside of the card's bins",
    "born-twice": "people with two dates of birth",
    "no-role": "samples whose file's name matches no pattern of a role",
    "other-file": "files below the root that are no pictures",
    "not-utf8": "file names that are not UTF-8",
    "pairs": "pairs of the list that cannot be used, or that it promises and lacks",
    "pools": "pictures or templates that the files of templates name and that cannot be used",
    "pooled-media": "templates of several pictures are compared: the mean of the unit templates of a medium, then over "
    "media; one none of whose pictures was acquired is a failure",
    "pooled-pictures": "templates of several pictures are compared: the mean of their unit templates, every picture "
    "counting once; one none of whose pictures was acquired is a failure",
    "pairs-again": "pairs that stand in the list more than once and count as often",
    "within-groups": "non-mated pairs are all that the list has by one of the labels, and all are within its groups: "
    "the list says nothing of false matches across them",
    "folds": "pairs of a list that are no folds of equal size",
    "ofiq-no-line": "pictures without a line in what OFIQ wrote: its values of them are blank",
    "ofiq-no-picture": "lines of what OFIQ wrote that are of no picture that is used",
    "scores-cut": "files of scores whose last line has no end",
    "scores-rounded": "scores that single precision does not tell from others",
    "scores-tied": "of the highest non-mated scores, those that are the same as others",
    "scores-asymmetric": "pairs whose scores differ in their last digits by which sample is the reference",
    "scores-unknown": "searches of which a cut list leaves something unknown",
    "rates-unknown": "rates of searches that candidate lists, cut short, do not hold; they are left blank",
    "other-scores": "candidates with another score than the same comparison has 1:1: no threshold of 1:1 comparisons "
    "is applied to these searches",
}
"""What a check's rule finds, in words that name nobody: all that results say of it."""

SHOWN_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found.

    Attributes:
        level: "error" (samples refused), "warning" or "info".
        message: what and how many: for the terminal of whoever holds the data.
        examples: whom or what, by name, likewise.
        advice: what to do, likewise.
        count: how many.
        lines: numbers of the lines of the data set's own table, where it has one.
    """

    level: Literal["error", "warning", "info"]
    rule: str
    message: str
    examples: tuple[str, ...] = ()
    advice: str = ""
    count: int = 0
    lines: tuple[int, ...] = ()

    def kept(self) -> dict[str, str]:
        """The finding as results may hold it: its rule, how many, and on which lines; no text that came from data."""
        said = RULES.get(self.rule, "")
        more = f" and {len(self.lines) - SHOWN_LINES} more" if len(self.lines) > SHOWN_LINES else ""
        at = f"lines {', '.join(map(str, self.lines[:SHOWN_LINES]))}{more}" if self.lines else ""
        many = str(self.count) if self.count else ""
        message = "; ".join(part for part in (" ".join(part for part in (many, said) if part), at) if part)
        return {"level": self.level, "rule": self.rule, "message": message}


@dataclass(frozen=True, eq=False, kw_only=True)
class Acquisitions:
    """What acquisition made of every sample under one condition; row i belongs to sample i.

    Attributes:
        outcome: (n,) one of `OUTCOMES`.
        reason: (n,) one line for every failure, "" where ok.
        box: (n, 4) left, top, right, bottom in pixels, NaN where no face was chosen.
        landmarks: (n, 5, 2) x, y of eyes (image left, image right), nose tip, mouth corners; NaN likewise.
        quality: name of ISO/IEC 29794-5 -> (n,) native values, NaN where not measured.
        sha256: (n,) hex digest of the image file, "" where the file could not be read.
        sent, seconds: (n,) bytes that a condition sent and the time that took, NaN where not known;
            None where they were not kept.
        judged: (n,) True where a net of liveness looked at the face, and `liveness` (n,) the score that it gave, NaN
            where it gave none; None without such a net, and where they were not kept.
    """

    condition: str
    detector: str
    outcome: Strings
    reason: Strings
    box: Floats
    landmarks: Floats
    quality: Mapping[str, Floats]
    sha256: Strings
    sent: Floats | None = None
    seconds: Floats | None = None
    judged: Mask | None = None
    liveness: Floats | None = None

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """(n,) True where a face was acquired."""
        return np.asarray(self.outcome == "ok")


@dataclass(frozen=True, eq=False, kw_only=True)
class Templates:
    """Templates of the samples that have one; a missing row is a failure, never a zero row.

    Attributes:
        rows: (m,) ascending rows of `Samples`.
        vectors: (m, dim) float32; unit rows where `similarity` is "cosine", as the net gave them otherwise.
        similarity: "cosine" or "negative-l2"; a score is always "higher = more alike".
    """

    rows: Rows
    vectors: Floats
    model: str
    condition: str
    similarity: Literal["cosine", "negative-l2"]


@dataclass(frozen=True, eq=False)
class RuledTrials:
    """1:1 trials by rule: every reference against every probe, never a sample with itself.

    Attributes:
        reference, probe: (r,) and (p,) rows of `Samples`, failed ones included.
        symmetric: reference and probe are the same samples under the same condition, so each unordered pair counts
            once; otherwise each ordered pair (reference, probe) is a comparison of its own.
    """

    reference: Rows
    probe: Rows
    symmetric: bool


@dataclass(frozen=True, eq=False)
class ListedTrials:
    """1:1 trials by list: exactly these comparisons, in this order, a pair that is listed twice counted twice.

    A listed pair has the direction in which the list names it, so that nothing here is symmetric.

    Attributes:
        reference, probe: (k,) rows of `Samples`, one entry a comparison, failed ones included.
        fold: (k,) 1 to the number of folds that the list is cut into, 0 for a comparison in none; None without folds.
    """

    reference: Rows
    probe: Rows
    fold: Rows | None = None

    @property
    def symmetric(self) -> bool:
        """False: see above."""
        return False

    def __len__(self) -> int:
        return len(self.reference)


Trials = RuledTrials | ListedTrials
"""What was to be compared 1:1. Denominators come from samples of people where it is a rule, from the list where not."""


@dataclass(frozen=True, eq=False)
class SamplesOfPeople:
    """How many non-mated comparisons people have by rule: everything on one side against everything on the other.

    Attributes:
        references, probes: (people,) samples of each person on either side.
        once: both sides are the same samples, each unordered pair of samples compared once.
    """

    references: Rows
    probes: Rows
    once: bool


@dataclass(frozen=True, eq=False)
class PairsOfPeople:
    """How many non-mated comparisons people have by list.

    Attributes:
        i, j: (k,) pairs of different people, each unordered pair once.
        comparisons: (k,) comparisons of each pair.
        people: how many people there are, those without a comparison included.
    """

    i: Rows
    j: Rows
    comparisons: Rows
    people: int


PeopleCompared = SamplesOfPeople | PairsOfPeople
"""Where the denominators of non-mated rates come from, person by person."""


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Comparisons with their scores.

    Attributes:
        reference, probe: (k,) rows of `Samples`.
        score: (k,) float32, NaN = failed.
    """

    reference: Rows
    probe: Rows
    score: Floats

    def __len__(self) -> int:
        return len(self.score)


def matches(score: Floats, threshold: float) -> Mask:
    """(k,) True where score >= threshold: the one rule of what a match is. NaN, a failed comparison, never matches.

    Compared in float64: numpy would round the threshold to float32, onto a score that lies below it.
    """
    return np.asarray(score.astype(np.float64) >= threshold)


@dataclass(frozen=True, eq=False, kw_only=True)
class Meets:
    """How non-mated comparisons are parted by the labels that their two samples share: what histograms are kept of.

    A table holds the comparisons that share exactly its labels, so that every comparison lies in one table and a group
    over any of the columns is a sum of tables. Tables grow with the groups, blocks of cells with their square.

    Attributes:
        columns: label columns.
        codes: (cells, columns) number of each cell's label in each column.
    """

    columns: tuple[str, ...]
    codes: Rows

    @classmethod
    def of(cls, samples: Samples, columns: tuple[str, ...]) -> Meets:
        """Those of all cells over `columns`, which are the groups of `samples.coded(columns)`."""
        first = np.unique(samples.coded(columns)[1], return_index=True)[1]
        labels = [samples.coded((column,))[1][first] for column in columns]
        return cls(columns=columns, codes=np.array(labels, dtype=np.int64).reshape(len(columns), len(first)).T)

    @cached_property
    def _keys(self) -> Rows:
        """(tables,) ascending numbers of the labels that can be shared: of a table a place in it."""
        found = [np.unique(self._shared_with(labels)) for labels in self.codes]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    def _shared_with(self, labels: Rows) -> Rows:
        """(cells,) number of the labels that each cell shares with a cell of (columns,) `labels`."""
        sizes = self.codes.max(axis=0, initial=0) + 2
        counts_for = np.cumprod(np.append(1, sizes))[:-1]
        return np.asarray(np.where(self.codes == labels, self.codes + 1, 0) @ counts_for)

    def __len__(self) -> int:
        return len(self._keys)

    @cached_property
    def table(self) -> npt.NDArray[np.int32]:
        """(cells, cells) the table of the comparisons of two cells."""
        found = np.empty((len(self.codes),) * 2, dtype=np.int32)
        for cell, labels in enumerate(self.codes):
            found[cell] = np.searchsorted(self._keys, self._shared_with(labels))
        return found

    def group_of(self, group: Rows) -> Rows:
        """(tables,) the group within which a table's comparisons lie, -1 where they lie between groups, and -2 where
        they lie in several or on both sides: then the histogram says nothing of these groups.

        Args:
            group: (cells,) number of each cell's group.
        """
        least, most = np.full(len(self), np.iinfo(np.int64).max), np.full(len(self), -1)
        for cell, tables in enumerate(self.table):
            within = np.where(group == group[cell], group[cell], -1)
            np.minimum.at(least, tables, within)
            np.maximum.at(most, tables, within)
        return np.where(least == most, most, -2)


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparisons:
    """All comparisons of one model under one condition, in the form that every table is computed from.

    Attributes:
        trials: what was to be compared.
        reference_ok, probe_ok: (n samples,) True where the side has a template (of listed trials: a completed
            comparison, where scores come from elsewhere).
        completed: (k,) of listed trials, True where the comparison has a score; None of trials by rule, where it has
            one if both sides are ok.
        mated: all mated comparisons, failed ones included (score NaN).
        tail: every non-mated comparison with score >= `floor`; enough for exact counts at any threshold >= floor.
        histogram: (tables, bins) int64 counts of completed non-mated scores, by the table of `meets` that they are in.
        cells: (n samples,) cell number, a place in `cell_names`.
        edges: (bins + 1,) ascending score edges; bin k holds edges[k] <= score < edges[k + 1].
        meets: what the tables of the histogram are; None where one table holds all.
    """

    model: str
    condition: str
    trials: Trials
    reference_ok: npt.NDArray[np.bool_]
    probe_ok: npt.NDArray[np.bool_]
    mated: ScoredPairs
    tail: ScoredPairs
    floor: float
    histogram: npt.NDArray[np.int64]
    cells: Rows
    cell_names: tuple[str, ...]
    edges: npt.NDArray[np.float64]
    completed: Mask | None = None
    meets: Meets | None = None

    @property
    def pooled(self) -> npt.NDArray[np.int64]:
        """(bins,) counts of all completed non-mated scores."""
        return np.asarray(self.histogram.reshape(-1, self.histogram.shape[-1]).sum(axis=0))

    def within(self, group: Rows) -> npt.NDArray[np.int64] | None:
        """(groups, bins) counts of the completed non-mated scores within each group of (n samples,) `group`.

        None where the tables cannot be added up to these groups: an analysis asks for other labels, or no histogram
        was kept.
        """
        if self.meets is None or not len(self.histogram):
            return None
        count = int(group.max(initial=0)) + 1
        pairs = np.unique(self.cells * count + group)
        of_cell = np.zeros(len(self.meets.codes), dtype=np.int64)
        of_cell[pairs // count] = pairs % count
        of_table = self.meets.group_of(of_cell)
        if len(pairs) > len(of_cell) or (of_table == -2).any():
            return None
        return np.array([self.histogram[of_table == d].sum(axis=0) for d in range(count)])


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeGaps:
    """Years between the two pictures of every mated comparison, as bins: no age and no date can be had from them.

    Attributes:
        low, high: (k,) rows of `Samples`, low < high, each pair once and in ascending order.
        bin: (k,) how many of `cuts` the years reach; -1 where they are not known.
        cuts: ascending years above 0 from which bins begin, the first from 0.
    """

    low: Rows
    high: Rows
    bin: Rows
    cuts: tuple[float, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Searches:
    """1:n searches of one protocol, one row each.

    Attributes:
        probe: (k,) rows of `Samples` that searched.
        mated: (k,) True where the subject is enrolled.
        completed: (k,) True where the probe has a template.
        mate_score: (k,) highest score of the subject's own references, NaN if non-mated or a side failed.
        mate_rank: (k,) 1 + number of other subjects scoring >= the mate (pessimistic on ties); 0 where no mate score.
        mate_rank_optimistic: (k,) 1 + number of other subjects scoring > the mate; 0 likewise.
        top_nonmate: (k,) highest score of any other subject, NaN if failed.
        gallery_size: enrolled subjects, failed ones included.
        gallery_failed: enrolled subjects with no template.
        listed: (k,) of candidate lists how many candidates each holds; None where every search saw the whole gallery.
        listed_to: (k,) of candidate lists the score that whoever is left out has at most; -inf where nobody is.
        same_scores: whether they are the scores of the 1:1 comparisons, so that thresholds of those hold here.

    Of a list that was cut short a mate who is left out has the score -inf, a miss above `listed_to`, and the last rank;
    the highest score of another is -inf where none is listed. `count.unknown` says which rates such lists do not hold.
    """

    model: str
    condition: str
    protocol: Literal["closed", "open"]
    probe: Rows
    mated: npt.NDArray[np.bool_]
    completed: npt.NDArray[np.bool_]
    mate_score: Floats
    mate_rank: Rows
    mate_rank_optimistic: Rows
    top_nonmate: Floats
    gallery_size: int
    gallery_failed: int
    listed: Rows | None = None
    listed_to: Floats | None = None
    same_scores: bool = True

    @property
    def left_out(self) -> npt.NDArray[np.bool_]:
        """(k,) True where the mate is not among the candidates of a list that was cut short."""
        return np.asarray(self.mated & np.isneginf(self.mate_score))

    @property
    def nobody_listed(self) -> npt.NDArray[np.bool_]:
        """(k,) True where a list that was cut short holds nobody but the mate."""
        if self.listed_to is None:
            return np.zeros(len(self.probe), dtype=bool)
        return np.asarray(self.completed & np.isneginf(self.top_nonmate) & np.isfinite(self.listed_to))


@dataclass(frozen=True, eq=False, kw_only=True)
class Attempts:
    """Attempts of transactions, one row an attempt: a transaction's attempts lie together and in order.

    A transaction is one person who tries to be recognised, `per_transaction` times at most.

    Attributes:
        policy, frames: which of how many frames of an attempt is compared.
        per_transaction: attempts recorded of every transaction, whether or not an earlier one would have passed.
        reference, probe: (n,) rows of `Samples`: with what, and the picture that the attempt is taken from.
        outcome: (n,) "ok" where there is a score, else one of `OUTCOMES`, "no_template" or "no_reference".
        score: (n,) float32, NaN where there is none.
        sent: (n,) bytes that were sent, NaN where not known.
        seconds: (n,) of recording and sending, NaN where not known.
    """

    model: str
    condition: str
    policy: str
    frames: int
    per_transaction: int
    reference: Rows
    probe: Rows
    outcome: Strings
    score: Floats
    sent: Floats
    seconds: Floats


@dataclass(frozen=True)
class ClusterSums:
    """Exact integer sums over clusters of x (errors) and m (comparisons): sum x*x, sum x*m, sum m*m."""

    xx: int
    xm: int
    mm: int


@dataclass(frozen=True)
class LeverageSums:
    """Sums over people of higher products of x (errors) and m (comparisons), as named: `xmm` is sum x*m*m.

    What a variance needs that knows how far a person who takes part in much draws the rate to their own.
    """

    xxm: float
    xmm: float
    mmm: float
    xxmm: float
    xmmm: float
    mmmm: float

    def __add__(self, other: LeverageSums) -> LeverageSums:
        """Of people of both."""
        return LeverageSums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class PersonSums:
    """Errors and comparisons of one person."""

    errors: int
    comparisons: int

    @property
    def one(self) -> float:
        """What one error adds."""
        return 1.0


@dataclass(frozen=True)
class RateSums:
    """`ClusterSums` where each person, or pair of people, counts once: of rates x / m in place of errors, and of 1."""

    xx: float
    xm: float
    mm: int


@dataclass(frozen=True)
class PersonRates:
    """One person where each person, or pair of people, counts once.

    Attributes:
        errors: the person's own rate; of pairs, the sum of the rates of the person's pairs.
        comparisons: 1; of pairs, how many people the person is compared with.
        one: what one error adds to `errors`, on average over the person's errors.
    """

    errors: float
    comparisons: int
    one: float


@dataclass(frozen=True, kw_only=True)
class PeopleCounts:
    """The comparisons of `ErrorCounts` with each person counted once, or each pair of people where they have two.

    Attributes:
        errors: sum of the people's (pairs') own rates.
        trials: people (pairs of people) with a comparison.
        subjects: people behind the comparisons.
        inverse: sum of 1 / comparisons over people (pairs): what independent comparisons would leave of a variance.
        by_subject: sums over people, each pair counted at both of its people.
        by_pair: sums over pairs of people; None where a comparison involves one person only.
        heaviest: the two people with most errors beyond what the rate makes of them, the first first.
        largest: share of the comparisons that the person with most of them takes part in.
        half: fewest people who take part in half of what all take part in.
    """

    errors: float
    trials: int
    subjects: int
    inverse: float
    by_subject: RateSums
    by_pair: RateSums | None
    heaviest: tuple[PersonRates, ...]
    largest: float
    half: int

    @property
    def independent(self) -> float:
        """Comparisons that would be as uncertain if none depended on another."""
        return self.trials**2 / self.inverse if self.trials else 0.0

    @property
    def single(self) -> bool:
        """Whether every person makes one comparison, and a comparison has one person."""
        return self.by_pair is None and self.inverse == self.trials


@dataclass(frozen=True, kw_only=True)
class ErrorCounts:
    """Errors and comparisons of one metric in one group at one threshold, with what clustered variance needs.

    Attributes:
        metric: "FNMR", "FMR", "FTA", "FTE", "FNIR", "FPIR", or "FRR" of whole transactions.
        grouping: the columns, such as "gender" or "ethnicity, gender"; "" for everyone.
        group: the group's name; the reference's group where `probe_group` is set.
        probe_group: the probe's group in a cross-group cell, else None.
        threshold: a match is score >= threshold; None where no threshold is involved.
        errors: with failures counted as the metric's convention says.
        completed, failed: comparisons (samples, searches) that have a score and that have none.
        subjects: people behind the comparisons.
        by_subject: sums over subjects, each pair counted at both of its subjects.
        by_pair: sums over unordered pairs of subjects; None where a comparison involves one subject only.
        leverage: higher sums over subjects; None where nothing is made of them.
        heaviest: the two subjects with most errors beyond what the rate makes of their comparisons, the first first.
        failures: whether failed comparisons are in errors and denominators.
        design_effect: what shared people are assumed to multiply the rate's variance by, where the counts do not say
            who made them; 1 takes comparisons as independent.
        people: the same comparisons with each person, or pair of people, counted once; None where people are not known.
    """

    metric: str
    model: str
    condition: str
    grouping: str
    group: str
    threshold: float | None
    errors: int
    completed: int
    failed: int
    subjects: int
    by_subject: ClusterSums | None = None
    by_pair: ClusterSums | None = None
    leverage: LeverageSums | None = None
    heaviest: tuple[PersonSums, ...] = ()
    probe_group: str | None = None
    failures: Failures = "counted"
    design_effect: float = 1.0
    people: PeopleCounts | None = None

    @property
    def trials(self) -> int:
        """The denominator: completed plus, where failures are counted, failed."""
        return self.completed + (self.failed if self.failures == "counted" else 0)

    @property
    def independent(self) -> float:
        """Comparisons that would be as uncertain if none depended on another: all of them."""
        return float(self.trials)

    @property
    def single(self) -> bool:
        """Whether every person makes one comparison, and a comparison has one person."""
        return self.by_pair is None and self.by_subject is not None and self.by_subject.mm == self.trials


Counted = ErrorCounts | PeopleCounts
"""What a rate and its interval come from: every comparison counted once, or every person."""


@dataclass(frozen=True)
class ByPeople:
    """A rate with each person (each pair of people) counted once, and its interval; None where there is none.

    Attributes:
        largest: share of the comparisons that the person with most of them takes part in.
        half: fewest people who take part in half of what all take part in.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n_eff: float | None = None
    largest: float | None = None
    half: int | None = None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A rate with its interval, or None with the reason in `note`. `n_eff` is the effective sample size.

    `cautions` say why to read it with care (`estimate.cautions`), `people` is the rate by people.
    """

    counts: ErrorCounts
    value: float | None
    low: float | None
    high: float | None
    method: str
    level: float
    n_eff: float | None = None
    note: str = ""
    cautions: tuple[str, ...] = ()
    people: ByPeople = ByPeople()


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """One operating point: its name, how it was set, and what it realised where it was set.

    `false_matches` of `comparisons` non-mated comparisons matched; None where the threshold was given, not set.
    `low` and `high` are the interval of the threshold itself under another draw of people; `caution` is that of the run
    that it was taken from.
    """

    name: str
    model: str
    value: float
    policy: str
    target: float | None = None
    realised: float | None = None
    false_matches: int | None = None
    comparisons: int | None = None
    note: str = ""
    low: float | None = None
    high: float | None = None
    caution: str = ""


@dataclass(frozen=True, kw_only=True)
class Differential:
    """One summary of how unequal the groups' rates are, with the groups that it rests on."""

    metric: str
    measure: str
    model: str
    condition: str
    grouping: str
    threshold: float | None
    value: float | None
    worst: str | None = None
    best: str | None = None
    low: float | None = None
    high: float | None = None
    null_low: float | None = None
    null_high: float | None = None
    by_people: float | None = None
    by_people_low: float | None = None
    by_people_high: float | None = None
    groups: int = 0
    left_out: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RunManifest:
    """What a run was: enough to repeat it and to trust that nothing changed since. Written as manifest.json.

    `page` says whether a page was asked for; `sealed` holds the digest and date of the protocol that was sealed before
    the data, and what the run did otherwise.
    """

    schema: str
    run_id: str
    status: str
    study: Mapping[str, Any]
    config_text: str
    dataset: Mapping[str, Any]
    models: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    given_thresholds: list[dict[str, Any]]
    provider_asked: str
    provider_actual: str
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    commit: str
    dirty: bool | None
    started: str
    finished: str
    banners: list[str] = field(default_factory=list)
    samples: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    stages: Mapping[str, float] = field(default_factory=dict)
    derived_from: Mapping[str, Any] = field(default_factory=dict)
    page: bool = True
    sealed: Mapping[str, Any] = field(default_factory=dict)
