"""What a claim says: a short grammar, and every error rate that "99.88 % accurate" could mean.

METRIC <= NUMBER [in every group [of COLUMNS] | in group NAME [of COLUMNS] | overall] [at THRESHOLD]
METRIC within a ratio of NUMBER [in every group ...] [at THRESHOLD]
METRIC within NUMBER per 10,000 [in every group ...] [at THRESHOLD]
NUMBER % accurate [in every group ...] [at THRESHOLD]

Of searches: FPIR, FNIR (the mate below the threshold, whatever its rank) and FNIR at rank NUMBER (or not among so many
first), each [in the open gallery | in the closed gallery]; open where it is not said. FNIR at a rank alone is "at no
threshold", or from its other side, in the closed gallery where it is not said:
rank-NUMBER hit rate >= NUMBER [in every group ...] [in the open gallery]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from facegap.errors import InputError
from facegap.tables.workbench import NO_THRESHOLD

SEARCHED = ("FNIR", "FPIR")
METRICS = ("FNMR", "FMR", "FTA", "FTE", *SEARCHED)
Protocol = Literal["", "closed", "open"]
Kind = Literal["at most", "at least", "ratio", "difference", "accuracy"]

UNDERSTOOD = (
    'understood are "FNMR <= 0.0012 in every group", "FMR <= 1e-4 in group NAME at vendor", "FNMR >= 1 % overall", '
    '"FNMR within a ratio of 1.25 in every group of ethnicity, gender at FMR 0.001", '
    '"FNMR within 20 per 10,000 in every group", "99.88 % accurate", "FPIR <= 0.01 in every group at FPIR 0.01", '
    '"FNIR at rank 1 <= 0.02 in the closed gallery" and "rank-1 hit rate >= 99 %"; '
    f"metrics: {', '.join(METRICS)}; numbers: 0.0012, 1.2e-3, 0.12 %, 1 in 1,000"
)

_NUMBER = r"(?P<number>[0-9][0-9.,]*(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>%|in\s+[0-9][0-9,]*)?"
_METRIC = r"(?P<metric>\w+)(?:\s+at\s+rank\s+(?P<rank>[0-9]{1,9}))?"
_FORMS: tuple[tuple[Kind | Literal["hit rate"], str], ...] = (
    ("hit rate", rf"rank[-\s]?(?P<rank>[0-9]{{1,9}})\s+hit\s+rate\s*(?:>=|≥|of at least|at least)\s*{_NUMBER}"),
    ("accuracy", rf"{_NUMBER}\s*(?:accurate|accuracy)"),
    ("accuracy", rf"accuracy\s*(?:>=|≥|of|at least)\s*{_NUMBER}"),
    ("ratio", rf"{_METRIC}\s+within\s+a\s+ratio\s+of\s+{_NUMBER}"),
    ("difference", rf"{_METRIC}\s+within\s+{_NUMBER}\s+per\s+10,?000"),
    ("at most", rf"{_METRIC}\s*(?:<=|≤|at most)\s*{_NUMBER}"),
    ("at least", rf"{_METRIC}\s*(?:>=|≥|at least)\s*{_NUMBER}"),
)
_WHERE = (
    r"(?:\s+(?:in\s+(?P<every>every\s+group)|in\s+group\s+(?P<group>.+?)|(?P<overall>overall))"
    r"(?:\s+of\s+(?P<columns>.+?))?)?(?:\s+at\s+(?P<threshold>.+?))?\.?"
)
_EVERY = "every threshold of the run"
_GALLERY = re.compile(r"\s+in\s+the\s+(open|closed)\s+gallery\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim as understood.

    Attributes:
        metric: "" where the claim speaks of accuracy.
        number: the claimed rate, or the margin: a ratio above 1, or a difference as a share.
        scope: "every group", "overall", or the name of one group.
        columns: the grouping, None for the study's first.
        threshold: name of the operating point, None for every one of the run; `NO_THRESHOLD` for a rank alone.
        rank: the mate must be among so many first; None for the threshold alone (R = N).
        protocol: of searches, "" for other metrics.
    """

    text: str
    kind: Kind
    metric: str
    number: float
    scope: str
    columns: tuple[str, ...] | None
    threshold: str | None
    rank: int | None = None
    protocol: Protocol = ""

    @property
    def measured(self) -> str:
        """The metric with its rank."""
        return self.metric if self.rank is None else f"{self.metric} at rank {self.rank}"

    def says(self) -> str:
        """The claim in one line, as it was understood."""
        what = {
            "at most": f"{self.measured} <= {self.number:.6g}",
            "at least": f"{self.measured} >= {self.number:.6g}",
            "ratio": f"{self.measured} within a ratio of {self.number:g} of the other groups'",
            "difference": f"{self.measured} within {self.number * 1e4:g} per 10,000 of the other groups'",
            "accuracy": f"accuracy >= {1 - self.number:.6g}, so an error of at most {self.number:.6g}",
        }[self.kind]
        where = self.scope if self.scope in ("every group", "overall") else f"group {self.scope}"
        columns = f" of {', '.join(self.columns)}" if self.columns else ""
        at = "without a threshold" if self.threshold == NO_THRESHOLD else f"at {self.threshold or _EVERY}"
        return f"{what}, {where}{columns}, {self._searched()}{at}"

    def _searched(self) -> str:
        """What is taken to be said of searches."""
        if not self.protocol:
            return ""
        if self.metric == "FPIR":
            return f"in the {self.protocol} gallery (a failed search counts as an alarm), "
        hits = ""
        if self.rank is None:
            missed = "its mate is below the threshold, whatever its rank (R = N)"
        else:
            first = "first" if self.rank == 1 else f"among the first {self.rank}"
            alone = self.threshold == NO_THRESHOLD
            missed = f"its mate is not {first}{'' if alone else ' or below the threshold'}"
            hits = "; 1 less this is the hit rate" if alone else ""
        return f"in the {self.protocol} gallery (a search errs where {missed}, and where it failed{hits}), "


def parse(text: str) -> Claim:
    """The claim in `text`.

    Raises:
        InputError: it is not understood, with what is.
    """
    plain = " ".join(text.replace("−", "-").split())
    gallery = _GALLERY.search(plain)
    if gallery:
        plain = plain[: gallery.start()] + plain[gallery.end() :]
    for kind, form in _FORMS:
        found = re.fullmatch(form + _WHERE, plain, re.IGNORECASE)
        if found:
            protocol: Protocol = "" if gallery is None else "closed" if gallery[1].lower() == "closed" else "open"
            if kind == "hit rate":
                return _hit_rate(text, found, protocol)
            return _claim(text, kind, found, protocol)
    raise InputError(f"claim '{text}': not understood; {UNDERSTOOD}")


def _claim(text: str, kind: Kind, found: re.Match[str], protocol: Protocol) -> Claim:
    parts = found.groupdict()
    metric = (parts.get("metric") or "").upper()
    if kind != "accuracy" and metric not in METRICS:
        raise InputError(f"claim '{text}': no metric '{parts['metric']}'; {UNDERSTOOD}")
    number = _checked(text, kind, _number(text, parts["number"], parts["unit"]))
    scope, columns = _where(parts)
    if kind in ("ratio", "difference") and scope == "overall":
        raise InputError(f"claim '{text}': a margin compares groups, so it cannot be overall")
    rank, threshold = _rank(text, parts.get("rank")), parts["threshold"]
    if threshold is not None and threshold.lower() == "no threshold":
        threshold = NO_THRESHOLD
    _check_search(text, metric, rank, protocol, threshold)
    if metric in SEARCHED:
        protocol = protocol or "open"
    return Claim(
        text=text,
        kind=kind,
        metric=metric,
        number=number,
        scope=scope,
        columns=columns,
        threshold=threshold,
        rank=rank,
        protocol=protocol,
    )


def _hit_rate(text: str, found: re.Match[str], protocol: Protocol) -> Claim:
    """A hit rate of at least so much is an FNIR at that rank of at most the rest."""
    parts = found.groupdict()
    if parts["threshold"]:
        other = f"FNIR at rank {parts['rank']} <= ... at {parts['threshold']}"
        raise InputError(f"claim '{text}': a hit rate is by rank alone; with a threshold say \"{other}\"")
    number = _checked(text, "accuracy", _number(text, parts["number"], parts["unit"]))
    rank = _rank(text, parts["rank"])
    scope, columns = _where(parts)
    return Claim(
        text=text,
        kind="at most",
        metric="FNIR",
        number=number,
        scope=scope,
        columns=columns,
        threshold=NO_THRESHOLD,
        rank=rank,
        protocol=protocol or "closed",
    )


def _where(parts: Mapping[str, str | None]) -> tuple[str, tuple[str, ...] | None]:
    """Scope and columns."""
    scope = "overall" if parts["overall"] else parts["group"] or "every group"
    columns = parts["columns"]
    return scope, tuple(column.strip() for column in columns.split(",")) if columns else None


def _rank(text: str, digits: str | None) -> int | None:
    if digits is not None and int(digits) == 0:
        raise InputError(f"claim '{text}': ranks begin at 1, found {digits}")
    return None if digits is None else int(digits)


def _check_search(text: str, metric: str, rank: int | None, protocol: Protocol, threshold: str | None) -> None:
    """That ranks, galleries and "at no threshold" are said only of what has them."""
    wrong = ""
    if protocol and metric not in SEARCHED:
        wrong = "a gallery is searched, so its error rates are FNIR and FPIR"
    elif metric == "FPIR" and protocol == "closed":
        wrong = "in a closed gallery everybody is enrolled, so there is no FPIR"
    elif rank is not None and metric != "FNIR":
        wrong = "a rank is that of the mate in a search, so it is said of FNIR"
    elif threshold == NO_THRESHOLD and rank is None:
        wrong = 'without a threshold there is only a rank: "FNIR at rank 1 <= 0.02 at no threshold"'
    elif threshold is not None and re.match(r"rank\b", threshold, re.IGNORECASE):
        wrong = 'a rank stands behind the metric: "FNIR at rank 1 <= 0.02 at FPIR 0.01"'
    if wrong:
        raise InputError(f"claim '{text}': {wrong}")


def _number(text: str, digits: str, unit: str | None) -> float:
    try:
        value = float(digits.replace(",", ""))
        if unit == "%":
            return value / 100
        return value / float(re.sub(r"[^0-9]", "", unit)) if unit else value
    except (ValueError, ZeroDivisionError):
        raise InputError(f"claim '{text}': '{digits} {unit or ''}' is no number; {UNDERSTOOD}") from None


def _checked(text: str, kind: Kind, number: float) -> float:
    if kind == "ratio":
        if number <= 1:
            raise InputError(f"claim '{text}': a ratio's margin is above 1, such as 1.25, found {number:g}")
        return number
    share = round(1 - number, 12) if kind == "accuracy" else number / 1e4 if kind == "difference" else number
    if not 0 < share < 1:
        raise InputError(f"claim '{text}': expected a rate above 0 and below 1, found {share:g}")
    return share
