"""The page's terms in everyday words (terms of ISO/IEC 2382-37 and 19795-1)."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "BPCER",
        "Bona fide presentation classification error rate: of the genuine people whose face was found, the share that "
        "is taken for a picture of a person in place of a living one.",
    ),
    ("CMC", "Curve that shows how often a search puts the right person at rank 1, at rank 2 or better, and so on."),
    ("comparison", "Two face images held against each other; the result is a score."),
    ("condition", "What was done to the images before the measurement, such as a cheap phone's camera or dim light."),
    (
        "DET curve",
        "Curve of the two kinds of error against each other: letting fewer impostors in turns more people away.",
    ),
    ("differential", "A difference in error rates between groups of people at one and the same threshold."),
    ("FMR", "False match rate: of all comparisons of two different people, the share that the system takes for one."),
    (
        "FNMR",
        "False non-match rate: of all comparisons of a person with an image of the same person, the share that fails.",
    ),
    (
        "FNIR",
        "False negative identification rate: of the searches for people who are enrolled, the share that misses them.",
    ),
    (
        "FPIR",
        "False positive identification rate: of the searches for people who are not enrolled, the share that names "
        "someone.",
    ),
    ("FTA", "Failure to acquire: the share of images in which no usable face was found."),
    ("FTE", "Failure to enrol: the share of people of whom no template could be made."),
    ("gallery", "The people who are enrolled, among whom a search looks."),
    ("genuine, mated", "A comparison of two images of the same person."),
    ("impostor, non-mated", "A comparison of images of two different people."),
    (
        "interval",
        "The range in which the true rate lies at the stated confidence, given how many people were measured.",
    ),
    ("n_eff", "How many independent comparisons the data is worth; fewer than were made, since people occur in many."),
    ("template", "The numbers that a model makes of a face, and that it compares."),
    (
        "threshold",
        "The score from which on two images count as the same person. Raising it keeps more impostors out and turns "
        "more genuine people away.",
    ),
)
