"""Rows of the tables on what did not enter the rates: refused, unreadable and repeated pictures, and their effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from facegap.schema.column import Row, Says
from facegap.schema.common import (
    Caution,
    Condition,
    Errors,
    Group,
    Grouping,
    Metric,
    Model,
    Note,
    Rate,
    ThresholdName,
    ThresholdValue,
    Trials,
)

Loss = Annotated[
    str,
    Says(
        meaning="refused: by a rule of the data set; unreadable: counted as failures; copy: of another picture, left "
        "out; near copy: kept",
        key=True,
    ),
]


@dataclass(frozen=True, kw_only=True)
class LossRow(Row, table="losses", no_caution="what was counted, no estimate"):
    """Pictures of a group that were refused, cannot be read, or are there more than once, and what goes with them."""

    loss: Loss
    reason: Annotated[str, Says(meaning="why, without the name of a person or file", key=True)]
    grouping: Grouping
    group: Group
    samples: Annotated[int | None, Says(meaning="pictures", unit="samples")] = None
    subjects: Annotated[int | None, Says(meaning="people on them, as far as they are known", unit="people")] = None
    subjects_lost: Annotated[
        int | None, Says(meaning="of those people, the ones with no picture left that is compared", unit="people")
    ] = None
    subjects_left: Annotated[
        int | None, Says(meaning="people of the group with a picture that is compared; 0: the group is lost")
    ] = None
    mated: Annotated[int | None, Says(meaning="mated comparisons with such a picture", unit="comparisons")] = None
    nonmated: Annotated[
        int | None, Says(meaning="non-mated comparisons with such a picture, inside the group", unit="comparisons")
    ] = None
    note: Note = ""


@dataclass(frozen=True, kw_only=True)
class OtherwiseRow(Row, table="otherwise"):
    """A rate as it is stated, and as it would be with refused pictures counted as failures or copies kept."""

    model: Model
    condition: Condition
    variant: Annotated[
        str,
        Says(
            meaning="refused counted as failures (at the stated threshold); copies kept (their own threshold); near "
            "copies left out too (likewise)",
            key=True,
        ),
    ]
    metric: Metric
    threshold_name: ThresholdName
    grouping: Grouping
    group: Group
    threshold: ThresholdValue = None
    errors: Errors = None
    trials: Trials = None
    rate: Rate = None
    stated_threshold: Annotated[float | None, Says(meaning="threshold of the stated rate", unit="score", digits=4)] = (
        None
    )
    stated_errors: Annotated[int | None, Says(meaning="errors of the stated rate", unit="comparisons")] = None
    stated_trials: Annotated[int | None, Says(meaning="its denominator", unit="comparisons")] = None
    stated_rate: Annotated[float | None, Says(meaning="the rate as it is stated", unit="share", digits=2)] = None
    caution: Caution = ""
    note: Note = ""
