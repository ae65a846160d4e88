"""Columns that several tables share, each declared once: an alias is a column's type and what it says."""

from __future__ import annotations

from typing import Annotated

from facegap.schema.column import Says

Model = Annotated[str, Says(meaning="recogniser, by the name of its card", key=True)]
Detector = Annotated[str, Says(meaning="detector, by the name of its card", key=True)]
Condition = Annotated[str, Says(meaning="capture condition that the pictures went through", key=True)]
Metric = Annotated[str, Says(meaning="rate: FTA, FTE, FMR (within the group), FNMR, FNIR or FPIR", key=True)]
Failures = Annotated[
    str,
    Says(
        meaning="failed comparisons: counted in the denominators, and as errors of a positive system, or excluded",
        key=True,
    ),
]
Protocol = Annotated[str, Says(meaning="closed: everyone who searches is enrolled; open: some are strangers", key=True)]
Grouping = Annotated[
    str, Says(meaning='label columns of the groups, such as "ethnicity, gender"; blank: everyone', key=True)
]
Group = Annotated[str, Says(meaning="group, its labels in the order of the grouping", key=True, group=True)]
Quality = Annotated[str, Says(meaning="quality value, by its name in ISO/IEC 29794-5", key=True)]
Measure = Annotated[str, Says(meaning="summary measure", key=True)]
PolicyName = Annotated[str, Says(meaning="who sets the threshold, and how", key=True)]
ThresholdName = Annotated[
    str, Says(meaning='operating point, such as "FMR 0.001"; none where no threshold is involved', key=True)
]
ThresholdValue = Annotated[
    float | None,
    Says(meaning="a match is score >= threshold; higher scores are more alike", unit="score", digits=4, key=True),
]
Target = Annotated[
    float | None, Says(meaning="target FMR (or FPIR) that the threshold was set for", unit="share", key=True)
]
GallerySize = Annotated[
    int | None, Says(meaning="people enrolled in the gallery, failed ones included", unit="people", key=True)
]

Errors = Annotated[
    int | None, Says(meaning="errors, failed comparisons included as `failures` says", unit="comparisons")
]
Trials = Annotated[int | None, Says(meaning="denominator of the rate", unit="comparisons")]
Completed = Annotated[int | None, Says(meaning="comparisons (samples, searches) that have a score", unit="comparisons")]
Failed = Annotated[int | None, Says(meaning="comparisons (samples, searches) that have none", unit="comparisons")]
Subjects = Annotated[int | None, Says(meaning="people behind the comparisons", unit="people")]
EffectiveSize = Annotated[
    float | None,
    Says(meaning="independent comparisons that would be worth as much as these", unit="comparisons", digits=3),
]
Rate = Annotated[
    float | None,
    Says(meaning="errors / trials: by comparisons; blank with its reason in note", unit="share", digits=2),
]
Low = Annotated[float | None, Says(meaning="lower end of the interval", unit="as its value", digits=2)]
High = Annotated[float | None, Says(meaning="upper end of the interval", unit="as its value", digits=2)]
NullLow = Annotated[
    float | None, Says(meaning="lower end of what equal groups of these sizes would show by chance", digits=2)
]
NullHigh = Annotated[
    float | None, Says(meaning="upper end of what equal groups of these sizes would show by chance", digits=2)
]
Level = Annotated[float | None, Says(meaning="confidence level of the interval", unit="share")]
Method = Annotated[str, Says(meaning="how the interval was made")]
Value = Annotated[float | None, Says(meaning="value of the measure; blank with its reason in note", digits=3)]
Groups = Annotated[int | None, Says(meaning="groups that enter", unit="groups")]
LeftOut = Annotated[str, Says(meaning="groups that do not enter, each with its reason")]
P = Annotated[float | None, Says(meaning="p-value of this test alone", unit="probability", digits=2)]
PHolm = Annotated[
    float | None, Says(meaning="p-value adjusted by Holm over the groups tested together", unit="probability", digits=2)
]
Verdict = Annotated[str, Says(meaning="what the test says at the study's level")]
Sentence = Annotated[str, Says(meaning="what the test says, in words")]
Visible = Annotated[
    float | None, Says(meaning="smallest difference that the test sees with 80 % power", unit="share", digits=2)
]
Note = Annotated[str, Says(meaning="reason of a blank, or what must be known beside the numbers")]

ByPeople = Annotated[
    float | None,
    Says(
        meaning="the rate with every person counted once, or every pair of people: the mean of their own rates",
        unit="share",
        digits=2,
    ),
]
ByPeopleLow = Annotated[float | None, Says(meaning="lower end of the interval of `by_people`", unit="share", digits=2)]
ByPeopleHigh = Annotated[float | None, Says(meaning="upper end of the interval of `by_people`", unit="share", digits=2)]
ByPeopleSize = Annotated[
    float | None,
    Says(meaning="independent comparisons that `by_people` is worth", unit="comparisons", digits=3),
]
LargestShare = Annotated[
    float | None,
    Says(meaning="of the comparisons, those that the person with most of them takes part in", unit="share", digits=2),
]
MeasureByPeople = Annotated[
    float | None, Says(meaning="value of the measure over the rates by people; blank where it is undefined", digits=3)
]
MeasureByPeopleLow = Annotated[float | None, Says(meaning="lower end of the interval of `by_people`", digits=3)]
MeasureByPeopleHigh = Annotated[float | None, Says(meaning="upper end of the interval of `by_people`", digits=3)]
Caution = Annotated[
    str,
    Says(
        meaning="why to read the numbers with care: few people, uneven participation, few errors, errors that few "
        "people make, weightings that differ; of several groups each caution with the groups that it is of"
    ),
]
