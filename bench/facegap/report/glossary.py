"""The page's terms in everyday words (terms of ISO/IEC 2382-37 and 19795-1)."""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "BPCER",
        "Bona fide presentation classification error rate: of the genuine people whose face was found, the share "
        "that is taken for a picture of a person in place of a living one.",
    ),
    (
        "cautions, hollow marks",
        "Numbers that rest on few people or few errors; the note beside them says why to read them so.",
    ),
    (
        "chance alone, null band",
        "What a summary of groups would show if all groups had one rate, for want of more people.",
    ),
    ("CMC", "Curve that shows how often a search puts the right person at rank 1, at rank 2 or better, and so on."),
    ("comparison", "Two face images held against each other; the result is a score."),
    ("condition", "What was done to the images before the measurement, such as a cheap phone's camera or dim light."),
    (
        "DET",
        "Detection error trade-off, a curve of the two kinds of error against each other: letting fewer impostors"
        " in turns more people away.",
    ),
    ("differential", "A difference in error rates between groups of people at one and the same threshold."),
    (
        "EDC",
        "Error versus discard characteristic: the error rate that is left when the images of the worst quality "
        "are refused.",
    ),
    (
        "FDR",
        "A discrepancy rate of de Freitas Pereira and Marcel: one minus the largest differences of FMR and FNMR "
        "between two groups, weighted; 1 where all groups are alike.",
    ),
    ("FMR", "False match rate: of all comparisons of two different people, the share that the system takes for one."),
    (
        "FNIR",
        "False negative identification rate: of the searches for people who are enrolled, the share that misses them.",
    ),
    (
        "FNMR",
        "False non-match rate: of all comparisons of a person with an image of the same person, the share that fails.",
    ),
    (
        "FPIR",
        "False positive identification rate: of the searches for people who are not enrolled, the share that "
        "names someone.",
    ),
    ("FTA", "Failure to acquire: the share of images in which no usable face was found."),
    ("FTE", "Failure to enrol: the share of people of whom no template could be made."),
    ("gallery", "The people who are enrolled, among whom a search looks."),
    (
        "GARBE",
        "Gini aggregation rate for biometric equitability: the Gini coefficients of FMR and FNMR over the groups,"
        " weighted; 0 where all groups are alike.",
    ),
    ("genuine, mated", "A comparison of two images of the same person."),
    (
        "geometric mean",
        "The middle of rates that are multiplied, not added; max/geomean holds the worst group against it.",
    ),
    ("Gini", "Gini coefficient: how unequally something lies among groups; 0 where all have the same rate."),
    (
        "group",
        "People whom the data set gives one label, such as a sex or a region; labels are taken as they are and "
        "never guessed.",
    ),
    (
        "Holm",
        "Holm's adjustment: makes tests of many groups stricter, so that one of them is not found different by "
        "chance alone.",
    ),
    ("impostor, non-mated", "A comparison of images of two different people."),
    (
        "interval",
        "The range in which the true rate lies at the stated confidence, given how many people were measured.",
    ),
    (
        "IR",
        "Inequity rate: the largest ratio of FMR between two groups times that of FNMR, each with an exponent; 1 "
        "where all groups are alike.",
    ),
    ("ISO, IEC", "The bodies whose standards name these terms and say how biometric systems are tested."),
    (
        "MAPE",
        "Mean absolute percentage error: how far the groups' FMRs lie from a target, on average, in per cent of it.",
    ),
    (
        "McNemar",
        "McNemar's test: whether people err more under one of two values, from those alone who err under one of them.",
    ),
    ("n_eff", "How many independent comparisons the data is worth; fewer than were made, since people occur in many."),
    ("NIST", "The US National Institute of Standards and Technology, whose reports use these measures."),
    (
        "not shown to differ",
        "The test did not find a difference. That is no evidence that there is none; how large one it would have "
        "found stands beside it.",
    ),
    ("operating point", "A threshold under a name: the vendor's own, or the one at which a stated FMR was reached."),
    (
        "p",
        "p-value: how often chance alone would show such a difference or a larger one between groups that are alike.",
    ),
    ("power", "How often a test would find a difference of a given size; here 80 %. Few people give little power."),
    (
        "SER",
        "Skewed error ratio: the error (FMR and FNMR, weighted) of the worst group over that of the best; 1 where"
        " all are alike.",
    ),
    (
        "smoothed",
        "A measure computed after adding half an error to each group, so that a group without errors has one.",
    ),
    ("STD", "Standard deviation: how far the groups' rates lie from their mean, in the unit of the rates."),
    ("template", "The numbers that a model makes of a face, and that it compares."),
    (
        "threshold",
        "The score from which on two images count as the same person. Raising it keeps more impostors out and "
        "turns more genuine people away.",
    ),
    ("transaction", "What a person goes through: one or several attempts, until accepted or refused."),
    (
        "WERM",
        "Worst case over the geometric mean of the groups, of FMR and of FNMR, multiplied with weights; 1 where "
        "all are alike.",
    ),
)


def anchor(term: str) -> str:
    """The id of the entry that explains `term`.

    Raises:
        KeyError: no entry does.
    """
    return _ANCHORS[term]


def meaning(term: str) -> str:
    """What `term` means.

    Raises:
        KeyError: no entry explains it.
    """
    return _MEANINGS[term]


def entry_anchor(head: str) -> str:
    """The id of the entry whose terms are `head`."""
    return "term-" + "".join(c if c.isalnum() else "-" for c in head.partition(",")[0].lower())


_ANCHORS = {term: entry_anchor(head) for head, _ in GLOSSARY for term in head.split(", ")}
_MEANINGS = {term: text for head, text in GLOSSARY for term in head.split(", ")}
