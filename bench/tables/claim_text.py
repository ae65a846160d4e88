"""What a claim says: a short grammar, and every error rate that "99.88 % accurate" could mean.

METRIC <= NUMBER [in every group [of COLUMNS] | in group NAME [of COLUMNS] | overall] [at THRESHOLD]
METRIC within a ratio of NUMBER [in every group ...] [at THRESHOLD]
METRIC within NUMBER per 10,000 [in every group ...] [at THRESHOLD]
NUMBER % accurate [in every group ...] [at THRESHOLD]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bench.errors import InputError

METRICS = ("FNMR", "FMR", "FTA", "FTE")
Kind = Literal["at most", "at least", "ratio", "difference", "accuracy"]

UNDERSTOOD = (
    'understood are "FNMR <= 0.0012 in every group", "FMR <= 1e-4 in group NAME at vendor", "FNMR >= 1 % overall", '
    '"FNMR within a ratio of 1.25 in every group of ethnicity, gender at FMR 0.001", '
    '"FNMR within 20 per 10,000 in every group" and "99.88 % accurate"; '
    f"metrics: {', '.join(METRICS)}; numbers: 0.0012, 1.2e-3, 0.12 %, 1 in 1,000"
)

_NUMBER = r"(?P<number>[0-9][0-9.,]*(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>%|in\s+[0-9][0-9,]*)?"
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("accuracy", rf"{_NUMBER}\s*(?:accurate|accuracy)"),
    ("accuracy", rf"accuracy\s*(?:>=|≥|of|at least)\s*{_NUMBER}"),
    ("ratio", rf"(?P<metric>\w+)\s+within\s+a\s+ratio\s+of\s+{_NUMBER}"),
    ("difference", rf"(?P<metric>\w+)\s+within\s+{_NUMBER}\s+per\s+10,?000"),
    ("at most", rf"(?P<metric>\w+)\s*(?:<=|≤|at most)\s*{_NUMBER}"),
    ("at least", rf"(?P<metric>\w+)\s*(?:>=|≥|at least)\s*{_NUMBER}"),
)
_WHERE = (
    r"(?:\s+(?:in\s+(?P<every>every\s+group)|in\s+group\s+(?P<group>.+?)|(?P<overall>overall))"
    r"(?:\s+of\s+(?P<columns>.+?))?)?(?:\s+at\s+(?P<threshold>.+?))?\.?"
)


@dataclass(frozen=True)
class Claim:
    """A claim as understood.

    Attributes:
        metric: "" where the claim speaks of accuracy.
        number: the claimed rate, or the margin: a ratio above 1, or a difference as a share.
        scope: "every group", "overall", or the name of one group.
        columns: the grouping, None for the study's first.
        threshold: name of the operating point, None for every one of the run.
    """

    text: str
    kind: Kind
    metric: str
    number: float
    scope: str
    columns: tuple[str, ...] | None
    threshold: str | None

    def says(self) -> str:
        """The claim in one line, as it was understood."""
        what = {
            "at most": f"{self.metric} <= {self.number:.6g}",
            "at least": f"{self.metric} >= {self.number:.6g}",
            "ratio": f"{self.metric} within a ratio of {self.number:g} of the other groups'",
            "difference": f"{self.metric} within {self.number * 1e4:g} per 10,000 of the other groups'",
            "accuracy": f"accuracy >= {1 - self.number:.6g}, so an error of at most {self.number:.6g}",
        }[self.kind]
        where = self.scope if self.scope in ("every group", "overall") else f"group {self.scope}"
        columns = f" of {', '.join(self.columns)}" if self.columns else ""
        return f"{what}, {where}{columns}, at {self.threshold or 'every threshold of the run'}"


def parse(text: str) -> Claim:
    """The claim in `text`.

    Raises:
        InputError: it is not understood, with what is.
    """
    plain = " ".join(text.replace("−", "-").split())
    for kind, form in _FORMS:
        found = re.fullmatch(form + _WHERE, plain, re.IGNORECASE)
        if found:
            return _claim(text, kind, found)
    raise InputError(f"claim '{text}': not understood; {UNDERSTOOD}")


def _claim(text: str, kind: Kind, found: re.Match[str]) -> Claim:
    parts = found.groupdict()
    metric = (parts.get("metric") or "").upper()
    if kind != "accuracy" and metric not in METRICS:
        raise InputError(f"claim '{text}': no metric '{parts['metric']}'; {UNDERSTOOD}")
    number = _checked(text, kind, _number(text, parts["number"], parts["unit"]))
    scope = "overall" if parts["overall"] else parts["group"] or "every group"
    if kind in ("ratio", "difference") and scope == "overall":
        raise InputError(f"claim '{text}': a margin compares groups, so it cannot be overall")
    columns = tuple(column.strip() for column in parts["columns"].split(",")) if parts["columns"] else None
    return Claim(text, kind, metric, number, scope, columns, parts["threshold"])


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
