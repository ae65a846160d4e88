"""Dataset cards: what a data set is, how it lies on disk, where its labels come from and on what terms it is used."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from facegap.cards.model import Name, Sha256
from facegap.cards.observed import Ages, ObservedColumn
from facegap.cards.pattern import FIELDS, path_pattern
from facegap.cards.pull import PullFile
from facegap.cards.toml import Card, card_path, read_card
from facegap.records import NO_LABEL
from facegap.words import did_you_mean

COLUMNS = ("sample_id", "subject_id", "path", "session", "role")
"""Columns that every manifest may have, by our names."""

OBSERVED, AGES = "observed.", "ages."
"""Before the names of what is read of a picture besides its labels."""

ROLES = ("photo", "selfie", "frame")

PAIR_COLUMNS = ("reference", "probe", "sample_a", "sample_b", "mated", "fold", "relation")
"""Columns of a list of pairs in CSV: two that name the samples, and what the list says of them."""

ListFormat = Literal["csv", "lfw", "rfw", "calfw", "agedb", "cfp", "bob", "template-pairs"]
"""Forms in which lists of comparisons are published (`datasets.lists` describes each)."""


class Protocol(Card):
    """An official list of comparisons: its file (or folder) below the root, and its form.

    `templates`: of template-pairs, the files that say which pictures each template is pooled of. `references`: of
    gallery-probe, the file that names the gallery, each of whose pictures is compared with each that `pairs` names.
    """

    pairs: str
    format: ListFormat | Literal["gallery-probe"]
    templates: tuple[str, ...] = ()
    references: str = ""

    @model_validator(mode="after")
    def _templates_have_files(self) -> Protocol:
        if (self.format == "gallery-probe") != bool(self.references):
            raise ValueError("references: the file that names the gallery goes with gallery-probe")
        if (self.format == "template-pairs") != bool(self.templates):
            raise ValueError("templates: files that say which pictures a template is pooled of go with template-pairs")
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that it names."""
        return tuple(name for name in (self.pairs, self.references, *self.templates) if name)


class TableForm(Card):
    """How a table is written where it is no CSV with a header: `skip` lines before it, its `header` if it has none.

    `separator`: "spaces" for any run of spaces or tabs, "=" for one file each of lines key=value.
    """

    skip: int = Field(default=0, ge=0, le=1000)
    header: tuple[str, ...] = ()
    separator: Literal["auto", "spaces", "="] = "auto"


class GroupColumn(Card):
    """A label column: its values in the order of every table, and whether it belongs to a subject or to a sample.

    `map` renames raw values of the file ("0" -> "male") before they are checked against `values`. `bands` cuts a column
    of numbers: value k stands for bands[k] <= number < bands[k + 1]. `lists` says which of several labels in one cell
    counts, where a cell holds a list (['0. Africa', '4. Southern Africa']): none of them is chosen unless it does.
    `flags` names columns of which one is set (1, yes, a score above 0): the raw value is that column's name, "none"
    where none is set, and "A + B" where two are. A key of `map` with * in it is a pattern; the first that fits counts.
    `former` says what values were called in earlier versions: they are refused with the name of today.
    `generated_shape`: the values are shapes, or kinds of faces, that a generator gives to different people, so that
    differences of false matches between them come from the generator; no finding is made of them.
    """

    values: tuple[str, ...] = Field(min_length=1)
    per: Literal["subject", "sample"] = "subject"
    label_source: Literal["self-report", "record", "annotator", "classifier", "inferred", "generated"]
    map: dict[str, str] = Field(default_factory=dict)
    bands: tuple[float, ...] = ()
    lists: Literal["refuse", "first", "last", "joined"] = "refuse"
    flags: tuple[str, ...] = ()
    former: dict[str, str] = Field(default_factory=dict)
    generated_shape: bool = False

    @model_validator(mode="after")
    def _shapes_are_generated(self) -> GroupColumn:
        if self.generated_shape and self.label_source != "generated":
            raise ValueError(f'generated_shape: expected label_source = "generated", found "{self.label_source}"')
        return self

    @model_validator(mode="after")
    def _former_names_are_gone(self) -> GroupColumn:
        unknown = sorted(set(self.former.values()) - set(self.values))
        if unknown:
            raise ValueError(f"former: not in values: {', '.join(unknown)}")
        still = sorted(set(self.former) & {*self.values, *self.map})
        if still:
            raise ValueError(f"former: '{still[0]}' is read as it stands; a former name is in neither values nor map")
        return self

    @model_validator(mode="after")
    def _values_are_names(self) -> GroupColumn:
        odd = [value for value in self.values if value in ("", NO_LABEL) or "," in value]
        if odd:
            raise ValueError(f"values: '{odd[0]}': a value is not empty, has no comma, and is not '{NO_LABEL}'")
        if len(set(self.values)) < len(self.values):
            raise ValueError(f"values: named twice: {', '.join(self.values)}")
        unknown = sorted(set(self.map.values()) - {*self.values, NO_LABEL})
        if unknown:
            raise ValueError(f"map: not in values: {', '.join(unknown)}")
        if self.bands and self.lists == "joined":
            raise ValueError("lists: numbers that are cut into bands cannot be joined; take the first or the last")
        if self.bands and (len(self.bands) != len(self.values) + 1 or list(self.bands) != sorted(set(self.bands))):
            raise ValueError(f"bands: expected {len(self.values) + 1} ascending edges for {len(self.values)} values")
        return self

    def meant(self, value: str) -> str:
        """What follows a value that is none of the card's: how it is called now, or which one is like it."""
        if value in self.former:
            return f", called '{self.former[value]}' now"
        return did_you_mean(value, [*self.values, *self.map])


class DatasetCard(Card):
    """A demographically labelled face data set.

    `bars` names the uses that the terms forbid. `pull` names the files that `facegap datasets pull` fetches.
    `columns` maps our names (sample_id, subject_id, path, session, role, the group columns; sample_a, sample_b,
    mated and relation of a list of pairs) to the file's own header, where they differ. `files` names, below the
    root, the adapter's files (manifest, pairs; lfw: one list of file names per label value) and the folder of the
    images (images).
    `relations` names columns of the manifest whose value related people share (a family, a pair of twins, look-alikes).
    `same_person` names the column of the manifest whose value one person's subjects share, each under another label: a
    head that a generator shows at several skin tones. What turns up between such labels is found within the person.
    `tree_separator` says that one folder stands for all of `tree_groups` ("asian_females"); without it each has one.
    `files.labels` names a table of labels (CSV or JSON, or a pattern such as */*.json for one file each) that is joined
    by the id of the subject or sample. `roles` gives patterns of file names without their endings for each role.
    `protocols` names official lists of comparisons besides files.pairs: `[protocols.view2] pairs = "pairs.txt",
    format = "lfw"`.
    `patterns`, of the pattern adapter, say what the parts of a path below files.images are: fields in braces (subject,
    sample, session, a label column), or a regular expression with named groups; `left_out` are patterns (with *) of
    paths that are no part of the data set as the card reads it. `keep`, of csv, names the values that a column must
    have. `sides`, of csv, say that a row of the manifest is a comparison: the columns of its first and of its second
    sample; each sample is there once, whatever comparisons name it. `tables` says how a table ("manifest", "labels") is
    written where it is no CSV with a header.
    `subject_pattern`, of the tree, finds the subject in a file's name where no folder is called after it.
    `observed` names conditions that were recorded of each picture (phone, ISO, light), `ages` how old people were and
    when pictures were taken; both may stand in the manifest, in the table of labels, or in `patterns` under our names
    (age, birth and date of `ages`).
    """

    name: Name
    version: str
    title: str
    licence: str
    terms: str
    bars: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    status: Literal["open", "gated", "dua", "withdrawn", "withdrawn-parent", "synthetic"]
    adapter: Literal["csv", "tree", "lfw", "pattern"]
    identities: bool = True
    groups: dict[str, GroupColumn]
    citation: str
    url: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    relations: tuple[str, ...] = Field(
        default=(), description="columns whose value related people share; no demographic labels"
    )
    same_person: str = Field(
        default="", description="column whose value the subjects share who are one person under other labels"
    )
    tree_groups: tuple[str, ...] = ()
    tree_separator: str = ""
    subject_pattern: str = ""
    patterns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    sides: tuple[dict[str, str], ...] = Field(
        default=(), description="of a manifest whose rows are comparisons: our columns -> its own, for either side"
    )
    tables: dict[str, TableForm] = Field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    labels_by: Literal["subject", "sample"] = "subject"
    observed: dict[str, ObservedColumn] = Field(default_factory=dict)
    ages: Ages | None = None
    protocols: dict[str, Protocol] = Field(default_factory=dict)
    banner: str = Field(default="", description="a line for the head of every page made from this data set")
    pull: tuple[PullFile, ...] = ()
    digest: Sha256 | None = Field(default=None, description="of the manifest file, where it is known")

    @model_validator(mode="after")
    def _ages_are_labels(self) -> DatasetCard:
        """The bins of ages are a label column like any other, which is made here."""
        if self.ages is None:
            return self
        if not self.ages.bins:
            if "age" not in self.groups and (self.ages.column or self.ages.birth):
                raise ValueError('ages: which groups do they make? bins = "nist", or ages from which groups begin')
            return self
        made = GroupColumn(values=self.ages.names, per="sample", label_source=self.ages.label_source)
        if self.groups.setdefault("age", made) != made:
            raise ValueError("groups: 'age' is made of ages.bins; remove one of them")
        return self

    @model_validator(mode="after")
    def _observed_is_read(self) -> DatasetCard:
        taken = sorted(set(self.observed) & {*COLUMNS, *self.relations})
        if taken:
            raise ValueError(f"observed: '{taken[0]}' is the name of another column; choose another")
        if any("," in name or not name.strip() for name in self.observed):
            raise ValueError("observed: a name is not empty and has no comma")
        again = [name for name, column in self.observed.items() if name in self.groups and column.says_values]
        if again:
            raise ValueError(f"observed: '{again[0]}': its values are those of groups.{again[0]}; give only per")
        if self.adapter == "lfw" and self.extra:
            raise ValueError("observed, ages: the lfw adapter reads lists of file names alone; use another adapter")
        if self.adapter == "tree" and self.extra and "labels" not in self.files:
            raise ValueError("observed, ages: the tree adapter reads them from a table of labels; name files.labels")
        return self

    @model_validator(mode="after")
    def _adapter_has_what_it_needs(self) -> DatasetCard:
        if self.adapter == "csv" and "manifest" not in self.files:
            raise ValueError('files: the csv adapter needs manifest = "<file>.csv"')
        if self.adapter == "tree" and not self.tree_groups and "labels" not in self.files:
            raise ValueError("tree_groups: the tree adapter needs the group columns that a folder name stands for")
        unknown = [column for column in self.tree_groups if column not in self.groups]
        if unknown:
            raise ValueError(f"tree_groups: not in groups: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _nothing_is_named_in_vain(self) -> DatasetCard:
        taken = sorted(set(self.groups) & set(COLUMNS))
        if taken:
            raise ValueError(f"groups: '{taken[0]}' is the name of a column that every data set has; choose another")
        if self.relations and self.adapter != "csv":
            raise ValueError(f"relations: the {self.adapter} adapter reads no manifest; remove them")
        taken = sorted(set(self.relations) & {*COLUMNS, *self.groups})
        if taken or len(set(self.relations)) < len(self.relations):
            twice = taken[0] if taken else next(name for name in self.relations if self.relations.count(name) > 1)
            raise ValueError(f"relations: '{twice}' is named already; a relation has a column of its own")
        known = [
            *(COLUMNS if self.adapter == "csv" else ()),
            *(self.read_groups if self.adapter == "csv" else ()),
            *self.linked,
        ]
        if self.adapter == "tree" and "labels" in self.files:
            known = [f"{self.labels_by}_id", *(column for column in self.read_groups if column not in self.tree_groups)]
        if self.adapter == "pattern" and "labels" in self.files:
            known = [f"{self.labels_by}_id", *self.read_groups]
        listed = any(protocol.format == "csv" for protocol in self.protocols.values())
        known += PAIR_COLUMNS if listed or (self.adapter != "lfw" and "pairs" in self.files) else ()
        unknown = sorted(set(self.columns) - set(known))
        if unknown:
            raise ValueError(f"columns: '{unknown[0]}' is not read here; known: {', '.join(known) or 'none'}")
        if self.adapter != "csv" and self.digest is not None:
            raise ValueError(f"digest: the {self.adapter} adapter reads no manifest; remove it")
        unread = [column for column in self.read_groups if self.adapter == "tree" and column not in self.tree_groups]
        if unread and "labels" not in self.files:
            raise ValueError(
                f"groups: the tree adapter reads labels off folders; not in tree_groups: {', '.join(unread)}"
            )
        return self

    @model_validator(mode="after")
    def _same_person_is_read(self) -> DatasetCard:
        name = self.same_person
        if not name:
            return self
        if self.adapter != "csv" or self.sides:
            raise ValueError("same_person: only a manifest whose rows are samples has such a column; remove it")
        if not self.identities:
            raise ValueError("same_person: without identities nobody is known to be one person; remove it")
        if name in {*COLUMNS, *self.groups, *self.relations, *self.observed} or "," in name:
            raise ValueError(f"same_person: '{name}' is named already; it has a column of its own")
        return self

    @model_validator(mode="after")
    def _lists_are_named(self) -> DatasetCard:
        values = [value for group in self.groups.values() for value in group.values]
        missing = [value for value in values if self.adapter == "lfw" and value not in self.files]
        if missing:
            raise ValueError(f"files: the lfw adapter needs a list of file names for each value: {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _labels_are_joined(self) -> DatasetCard:
        if self.adapter == "lfw" and "labels" in self.files:
            raise ValueError("files: the lfw adapter reads lists of file names, no table of labels; remove labels")
        if self.labels_by != "subject" and "labels" not in self.files:
            raise ValueError("labels_by: there is no table of labels to join; name it: files.labels")
        if self.labels_by == "subject" and "labels" in self.files and not self.identities:
            raise ValueError('labels_by: without identities labels are joined by sample: labels_by = "sample"')
        return self

    @model_validator(mode="after")
    def _names_are_patterns(self) -> DatasetCard:
        unknown = [role for role in self.roles if role not in ROLES]
        if unknown:
            raise ValueError(f"roles: expected {', '.join(ROLES)}, found '{unknown[0]}'")
        if any(not patterns for patterns in self.roles.values()):
            raise ValueError("roles: a role without a pattern of names; give one or remove it")
        if not self.subject_pattern:
            return self
        if self.adapter != "tree" or not self.identities:
            raise ValueError("subject_pattern: only the tree adapter with identities reads it; remove it")
        try:
            groups = re.compile(self.subject_pattern).groups
        except re.error as error:
            raise ValueError(f"subject_pattern: no regular expression: {error}") from None
        if groups != 1:
            raise ValueError(f"subject_pattern: expected one pair of brackets around the subject, found {groups}")
        return self

    @model_validator(mode="after")
    def _paths_have_patterns(self) -> DatasetCard:
        if self.adapter != "pattern":
            if self.patterns or self.left_out:
                raise ValueError(f"patterns: the {self.adapter} adapter reads none; remove patterns and left_out")
            return self
        if not self.patterns:
            raise ValueError('patterns: the pattern adapter needs what a path is, such as "{subject}/{*}.jpg"')
        every: set[str] = set()
        for text in self.patterns:
            try:
                names = {name for name in path_pattern(text).names if name}
            except ValueError as error:
                raise ValueError(f"patterns: '{text}': {error}") from None
            odd = sorted(
                names - {*FIELDS, *self.groups, *self.observed, *(self.ages.parts if self.ages is not None else ())}
            )
            if odd:
                raise ValueError(f"patterns: '{odd[0]}' is neither {', '.join(FIELDS)} nor a group; write {{*}} for it")
            if self.identities and "subject" not in names:
                raise ValueError(f"patterns: '{text}': no {{subject}}; add it, or identities = false")
            every |= names
        recorded = {*self.own_observed, *(self.ages.parts if self.ages is not None else ())}
        for what, names in (("groups", {*self.read_groups}), ("observed, ages", recorded)):
            bare = sorted(names - every)
            if bare and "labels" not in self.files:
                raise ValueError(
                    f"{what}: neither in patterns nor in a table of labels (files.labels): {', '.join(bare)}"
                )
        return self

    @model_validator(mode="after")
    def _tables_are_read(self) -> DatasetCard:
        read = [key for key in ("manifest", "labels") if key in self.files]
        unread = sorted(set(self.tables) - set(read))
        if unread:
            raise ValueError(f"tables: '{unread[0]}' is no table of this card; there are: {', '.join(read) or 'none'}")
        if self.keep and self.adapter != "csv":
            raise ValueError(f"keep: the {self.adapter} adapter reads no manifest; remove it")
        single = [key for key, form in self.tables.items() if form.separator == "=" and "*" not in self.files[key]]
        if single:
            raise ValueError(
                f"tables: '{single[0]}': lines key=value are one file a row; name them by a pattern with *"
            )
        flagged = [column for column, group in self.groups.items() if group.flags and not read]
        if flagged:
            raise ValueError(f"flags: '{flagged[0]}': there is no table that has them; name files.labels")
        return self

    @model_validator(mode="after")
    def _sides_are_two(self) -> DatasetCard:
        if not self.sides:
            return self
        if self.adapter != "csv":
            raise ValueError(f"sides: the {self.adapter} adapter reads no manifest; remove them")
        needed = {"path", *self.read_groups} | ({"subject_id"} if self.identities else set())
        known = {*COLUMNS, *self.read_groups}
        if len(self.sides) != 2 or any(not needed <= set(side) <= known for side in self.sides):
            raise ValueError(
                f"sides: expected two tables of our columns and the file's own, each with {', '.join(sorted(needed))}"
            )
        if "labels" in self.files or self.relations or self.extra:
            raise ValueError("sides: the comparisons' own table alone is read; remove labels, relations and ages")
        return self

    @model_validator(mode="after")
    def _pulled_files_have_names_of_their_own(self) -> DatasetCard:
        names = [file.name.casefold() for file in self.pull]
        if len(set(names)) < len(names):
            raise ValueError("pull: two files of one name; each is kept under its own while it is fetched")
        return self

    @property
    def makes_ages(self) -> bool:
        """Whether the label column "age" is made of ages, and stands in no table itself."""
        return self.ages is not None and bool(self.ages.bins)

    @property
    def gaps(self) -> tuple[float, ...]:
        """Years between two pictures from which bins begin; none where neither ages nor dates are read."""
        return self.ages.gaps if self.ages is not None else ()

    @property
    def read_groups(self) -> dict[str, GroupColumn]:
        """The label columns that are read as such."""
        return {name: group for name, group in self.groups.items() if not (name == "age" and self.makes_ages)}

    @property
    def generated_shapes(self) -> tuple[str, ...]:
        """The label columns whose values are shapes of a generator, by name."""
        return tuple(sorted(name for name, group in self.groups.items() if group.generated_shape))

    @property
    def linked(self) -> tuple[str, ...]:
        """The columns that say which subjects belong together: related people, and one person under other labels."""
        return (*self.relations, *([self.same_person] if self.same_person else ()))

    @property
    def own_observed(self) -> dict[str, ObservedColumn]:
        """The observed conditions that are no label columns too."""
        return {name: column for name, column in self.observed.items() if name not in self.groups}

    @property
    def observed_order(self) -> dict[str, tuple[str, ...]]:
        """Observed condition -> its values in the order of every table, none where they are as found."""
        labels = {name: group.values for name, group in self.groups.items()}
        return {name: labels.get(name, column.order) for name, column in self.observed.items()}

    @property
    def extra(self) -> dict[str, str]:
        """What is read besides labels, by the name of its raw value -> the table's own column."""
        found = {f"{OBSERVED}{name}": column.column or name for name, column in self.own_observed.items()}
        parts = self.ages.parts if self.ages is not None else {}
        return found | {f"{AGES}{name}": own for name, own in parts.items()}

    @property
    def needs_acknowledgement(self) -> bool:
        """Whether only a study that acknowledges the terms runs.

        So it is with data that were withdrawn or derive from such, that are given out under a signed agreement, or
        whose terms bar a use.
        """
        return self.status in ("withdrawn", "withdrawn-parent", "dua") or bool(self.bars)

    @property
    def standing(self) -> str:
        """The status, and the uses that the terms bar."""
        return f"{self.status}, and its terms bar {', '.join(self.bars)}" if self.bars else self.status


def load_dataset(name: str) -> DatasetCard:
    """The dataset card `name` (or path).

    Raises:
        CardError: there is none, or it breaks a rule.
    """
    return read_card(card_path("datasets", name), DatasetCard)
