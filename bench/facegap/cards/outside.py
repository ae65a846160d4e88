"""Cards of models that facegap does not run: a vendor gives scores, or a laboratory gives templates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from facegap.cards.model import Claim, DetectorCard, ModelCard, Name, card_kind, load_detector, load_model, of_kind
from facegap.cards.study import DETECTOR, ModelUse
from facegap.cards.toml import Card, card_path, read_card
from facegap.errors import CardError

Word = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


COLUMNS = ("pair", "reference", "probe", "score", "reason", "search", "rank", "gallery")
"""Columns of tables of scores, by our names."""


class _OutsideCard(Card):
    name: Name
    version: str
    title: str
    licence: str
    source: str
    trained_on: str = "not stated"
    notes: str = ""
    claims: tuple[Claim, ...] = ()
    vendor_threshold: float | None = None
    vendor_threshold_source: str = ""
    vendor_fmr: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="the FMR that the vendor states for its threshold"
    )


class ScoresCard(_OutsideCard):
    """A model of which only scores arrive.

    `direction`: whether more alike is higher (similarity) or lower (distance; the score is its negative). `range`: the
    least and the largest number that the vendor's measure can be, where it says so. `failures`: what stands in place of
    a score where a comparison failed, besides nothing. `vendor_threshold` is in the vendor's own measure.
    """

    kind: Literal["scores"]
    direction: Literal["similarity", "distance"]
    range: tuple[float, float] | None = None
    failures: tuple[Word, ...] = ()
    columns: dict[str, Word] = Field(
        default_factory=dict, description="our names of a table's columns -> its own, where they differ"
    )

    @model_validator(mode="after")
    def _columns_are_several(self) -> ScoresCard:
        strange = sorted(set(self.columns) - set(COLUMNS))
        if strange:
            raise ValueError(f"columns: '{strange[0]}' is none of ours: {', '.join(COLUMNS)}")
        own = [name.casefold() for name in self.columns.values()]
        twice = next((name for name in own if own.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"columns: '{twice}' is two of ours; name another")
        return self

    @model_validator(mode="after")
    def _threshold_in_range(self) -> ScoresCard:
        if self.range is None:
            return self
        low, high = self.range
        if low >= high:
            raise ValueError(f"range: the least comes before the largest, found [{low}, {high}]")
        if self.vendor_threshold is not None and not low <= self.vendor_threshold <= high:
            raise ValueError(f"vendor_threshold: {self.vendor_threshold} is outside the range [{low}, {high}]")
        return self

    @property
    def score_threshold(self) -> float | None:
        """The vendor's threshold as a score (higher = more alike)."""
        if self.vendor_threshold is None:
            return None
        return -self.vendor_threshold if self.direction == "distance" else self.vendor_threshold


class TemplatesCard(_OutsideCard):
    """A model of which only templates arrive: vectors of `dim` numbers, of length 1 where it says `normalised`."""

    kind: Literal["templates"]
    dim: Annotated[int, Field(ge=2, le=65536)]
    similarity: Literal["cosine", "negative-l2"]
    normalised: bool

    @model_validator(mode="after")
    def _threshold_fits_the_measure(self) -> TemplatesCard:
        threshold = self.vendor_threshold
        if threshold is not None and self.similarity == "cosine" and not -1 <= threshold <= 1:
            raise ValueError(f"vendor_threshold: a cosine similarity lies between -1 and 1, found {threshold}")
        if threshold is not None and self.similarity == "negative-l2" and threshold <= 0:
            raise ValueError(f"vendor_threshold: an L2 distance is above 0, found {threshold}")
        return self

    @property
    def score_threshold(self) -> float | None:
        """The vendor's threshold as a score (higher = more alike)."""
        if self.vendor_threshold is None:
            return None
        return -self.vendor_threshold if self.similarity == "negative-l2" else self.vendor_threshold


OutsideCard = ScoresCard | TemplatesCard

OUTSIDE: dict[str, type[ScoresCard] | type[TemplatesCard]] = {"scores": ScoresCard, "templates": TemplatesCard}
"""Kind of card -> its rules; what arrives of such a model stands in a study under the same word."""


def load_scores_card(name: str) -> ScoresCard:
    """The card `name` (or path) of a model of which scores arrive.

    Raises:
        CardError: there is none, it breaks a rule, or it is of another kind.
    """
    return read_card(of_kind(name, "scores"), ScoresCard)


def load_templates_card(name: str) -> TemplatesCard:
    """The card `name` (or path) of a model of which templates arrive.

    Raises:
        CardError: there is none, it breaks a rule, or it is of another kind.
    """
    return read_card(of_kind(name, "templates"), TemplatesCard)


def load_used(use: ModelUse) -> tuple[ModelCard | OutsideCard, DetectorCard | None]:
    """The cards of a study's model: a recogniser and its detector, or the card of a model that others ran.

    Raises:
        CardError: there is none, it breaks a rule, or the study gives something else than such a card asks for.
    """
    kind = card_kind(card_path("models", use.card))
    given = "templates" if use.templates else "scores" if use.scores else ""
    if kind in OUTSIDE and given != kind:
        example = 'templates = "vectors.npz"' if kind == "templates" else 'scores = ["scores.csv"]'
        found = f", found {given}" if given else "" if use.detector is None else ", found a detector"
        raise CardError(
            f"model '{use.card}': facegap does not run it: a card of kind '{kind}' needs its {kind} in the study, as "
            f"{example}{found}"
        )
    if given and kind not in OUTSIDE:
        raise CardError(
            f"model '{use.card}': {given}: its card is of kind '{kind}', which runs here; remove the key, or give a "
            f"card of kind '{given}'"
        )
    if given:
        return read_card(of_kind(use.card, given), OUTSIDE[given]), None
    return load_model(use.card), load_detector(use.detector or DETECTOR)
