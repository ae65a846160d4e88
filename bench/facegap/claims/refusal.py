"""What is not understood in a claim: why, and the nearest form that would be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

EXAMPLE = "FNMR <= 0.12 % in every group at FMR 0.001"
MARGIN_EXAMPLE = "FNMR within a ratio of 1.25 in every group at FMR 0.001"
TIMES_EXAMPLE = "FNMR of Black at most 1.5 times that of White at FMR 0.001"
UNDERSTOOD = (
    f'understood are "{EXAMPLE}", "TAR >= 99 % overall at vendor", "{MARGIN_EXAMPLE}", "FNMR within 20 per 10,000", '
    f'"{TIMES_EXAMPLE}", "max/min FMR <= 5", "99.88 % accurate", "FPIR <= 0.01 at FPIR 0.01" '
    'and "rank-1 hit rate >= 99 %"'
)


class Refused(Exception):
    """A claim is not understood.

    Attributes:
        why: what was found, and what is understood instead.
        nearest: the claim as it could be written; "" where there is none, so that examples are shown.
    """

    def __init__(self, why: str, nearest: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.nearest = nearest


class Other(NamedTuple):
    """A word for a measure that is not judged: why, and the metric that is nearest, "" where none is."""

    why: str
    metric: str


_ATTACKS = Other("attacks are not measured here; what is measured are errors between people", "")
OTHERS: Mapping[str, Other] = {
    "EER": Other("an equal error rate sets a threshold of its own, on the very data that it is measured on", "FNMR"),
    "FAR": Other("a false accept rate counts transactions, with their attempts; comparisons have an FMR", "FMR"),
    "FRR": Other("a false reject rate counts transactions, with their attempts; comparisons have an FNMR", "FNMR"),
    "GAR": Other("a genuine accept rate counts transactions; of comparisons it is TAR, 1 - FNMR", "TAR"),
    "TPR": Other("of comparisons a true positive rate is TAR, 1 - FNMR", "TAR"),
    "FPR": Other("of comparisons a false positive rate is the FMR", "FMR"),
    "FNR": Other("of comparisons a false negative rate is the FNMR", "FNMR"),
    "VR": Other("a verification rate is here TAR, 1 - FNMR", "TAR"),
    "HTER": Other("a half total error rate mixes two errors; say one of them", "FNMR"),
    "AUC": Other("an area has no threshold; say the error at one", "FNMR"),
    "APCER": _ATTACKS,
    "BPCER": _ATTACKS,
    "IAPMR": _ATTACKS,
    "FDR": Other(
        "of summaries over groups max/min, max/geomean, max/mean, max-min and Gini are judged", "max/min FNMR"
    ),
    "IR": Other("of summaries over groups max/min, max/geomean, max/mean, max-min and Gini are judged", "max/min FNMR"),
    "WERM": Other(
        "of summaries over groups max/min, max/geomean, max/mean, max-min and Gini are judged", "max/geomean FNMR"
    ),
    "GARBE": Other("of summaries over groups max/min, max/geomean, max/mean, max-min and Gini are judged", "Gini FNMR"),
}
_LONG: Mapping[str, str] = {
    r"equal\s+error\s+rate": "EER",
    r"false\s+accept(?:ance)?\s+rate": "FAR",
    r"false\s+reject(?:ion)?\s+rate": "FRR",
    r"genuine\s+accept(?:ance)?\s+rate": "GAR",
    r"true\s+positive\s+rate": "TPR",
    r"false\s+positive\s+rate": "FPR",
    r"false\s+negative\s+rate": "FNR",
    r"verification\s+rate": "VR",
    r"half\s+total\s+error\s+rate": "HTER",
}
_ALIKE = re.compile(
    r"bias|\bfair|discriminat|(?<!or )\bequal(?:ly)?\b(?!\s+error)|\bsame\b|"
    r"\b(?:no|without)\b.*\b(?:differ|disparit|gap)|differentials?\b|equitab|\balike\b|\bparity\b",
    re.IGNORECASE,
)
_LFW = re.compile(r"\blfw\b|labell?ed\s+faces", re.IGNORECASE)


def why_not(plain: str, problem: str = "") -> Refused:
    """The refusal of a claim that no form fits, by the words that stand in it.

    Args:
        problem: what is wrong with it where no known word explains it better.
    """
    other = _other(plain)
    if other:
        return other
    if _LFW.search(plain):
        return Refused(
            "a published LFW accuracy is of listed pairs, at a threshold tuned to them, and no run here repeats that; "
            "claim an error rate of this run",
            EXAMPLE,
        )
    if _ALIKE.search(plain):
        return Refused(
            "not understood: no run shows that groups do not differ at all, so say how far apart they may be, and "
            'where that was stated beforehand (--stated "tender, section 4")',
            MARGIN_EXAMPLE,
        )
    if re.search(r"\bconfiden", plain, re.IGNORECASE):
        return Refused("not understood: verdicts have the confidence of the study's statistics.level; leave it out")
    if re.search(r"[<>≤≥].*(?:[,;]|\band\b).*[<>≤≥]", plain):
        return Refused("not understood: one claim at a time", re.split(r"\s*(?:;|,|\band\b)\s*", plain)[0])
    return Refused(problem or "not understood")


def _other(plain: str) -> Refused | None:
    """The refusal of the first measure that is not judged, with the claim as it could be about the nearest ones."""
    forms = (*_LONG.items(), *((short, short) for short in OTHERS))
    places = [
        (found, short) for words, short in forms for found in re.finditer(rf"\b(?:{words})\b", plain, re.IGNORECASE)
    ]
    if not places:
        return None
    first, short = min(places, key=lambda place: place[0].start())
    if not OTHERS[short].metric:
        return Refused(f"no metric '{first[0]}': {OTHERS[short].why}")
    nearest = re.sub(r"\bat\s+(?:the\s+)?(?:EER|equal\s+error\s+rate)\b", "at FMR 0.001", plain, flags=re.IGNORECASE)
    for words, short_too in forms:
        nearest = re.sub(rf"\b(?:{words})\b", OTHERS[short_too].metric, nearest, flags=re.IGNORECASE)
    return Refused(f"no metric '{first[0]}': {OTHERS[short].why}", nearest)
