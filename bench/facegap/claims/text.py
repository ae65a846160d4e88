"""What a claim says: a small grammar, and every error rate that "99.88 % accurate" could mean.

SUBJECT RELATION NUMBER, with clauses that stand before the relation, behind the number, or in front with a comma:

- SUBJECT: a metric or its complement (TAR is 1 - FNMR), a summary over groups of one ("max/min FMR"), or accuracy.
- RELATION: "<=", "at most", "below" and such; ">=", "at least" and such; "within a ratio of", "within N per 10,000".
- NUMBER: a rate, or "1.5 times that of GROUP" (or of the others), with "of GROUP" behind the metric or every group.
- clauses: in every group | in group NAME, each [of COLUMNS]; overall; at THRESHOLD; in the open | closed gallery.

Of searches: FPIR, FNIR (the mate below the threshold, whatever its rank) and FNIR at rank NUMBER (or not among so many
first); the open gallery where none is said. FNIR at a rank alone is "at no threshold", or from its other side, in the
closed gallery where none is said, "rank-1 hit rate >= 99 %".

All of a text is read, or none of it: what no form fits is refused, with the nearest form (`claims.refusal`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from facegap.claims.clauses import (
    END,
    MIDDLE_END,
    RELATION,
    TIMES,
    WITHIN,
    Protocol,
    Reader,
    Said,
    share,
    take_clauses,
    take_compared,
    take_group,
)
from facegap.claims.numbers import NUMBER, Number
from facegap.claims.refusal import EXAMPLE, MARGIN_EXAMPLE, TIMES_EXAMPLE, UNDERSTOOD, Refused, why_not
from facegap.errors import InputError
from facegap.tables.workbench import NO_THRESHOLD
from facegap.words import did_you_mean

SEARCHED = ("FNIR", "FPIR")
METRICS = ("FNMR", "FMR", "FTA", "FTE", *SEARCHED)
COMPARED = ("ratio", "difference", "times")
"""Kinds that hold groups against each other, or against one of them."""
MARGINS = (*COMPARED, "summary")
"""Kinds that say how far groups may lie apart, which counts only if it was stated before the data were seen."""
Kind = Literal["at most", "at least", "ratio", "difference", "times", "accuracy", "summary"]

_LONGEST = 400
_EVERY = "every threshold of the run"

_NAMES: dict[str, str] = {
    "FNMR": r"FNMR|false[\s-]+non[\s-]?match\s+rate",
    "FMR": r"FMR|false[\s-]+match\s+rate",
    "FTA": r"FTA|failure[\s-]+to[\s-]+acquire",
    "FTE": r"FTE|failure[\s-]+to[\s-]+enroll?",
    "FNIR": r"FNIR|false[\s-]+negative[\s-]+identification[\s-]+rate",
    "FPIR": r"FPIR|false[\s-]+positive[\s-]+identification[\s-]+rate",
}
_COMPLEMENTS: dict[str, str] = {
    "FNMR": r"TAR|TMR|true[\s-]+(?:accept(?:ance)?|match)\s+rate",
    "FNIR": r"TPIR|true[\s-]+positive[\s-]+identification[\s-]+rate",
}
_MEASURES: dict[str, str] = {
    "max/min": r"max\s*/\s*min",
    "max/geomean": r"max\s*/\s*geo(?:metric\s+)?\s?mean",
    "max/mean": r"max\s*/\s*mean",
    "max-min": r"max\s*-\s*min",
    "gini corrected": r"corrected\s+gini(?:\s+coefficient)?|gini\s+corrected",
    "gini": r"gini(?:\s+coefficient)?",
}
"""The summaries of `estimate.measures` that claims may speak of: those that grow with what the groups differ by."""
_SHARES = ("max-min", "gini corrected", "gini")

_AFTER_NUMBER = r"or\s+(?:(?P<most>less|lower|below|fewer)|(?P<least>more|higher|above|greater)|(?P<better>better))\b"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim as understood.

    Attributes:
        metric: "" where the claim speaks of accuracy.
        number: the claimed rate, or the margin: a ratio above 1, a difference as a share, or the limit of a summary.
        scope: "every group", "overall", or the name of one group.
        columns: the grouping, None for the study's first.
        threshold: name of the operating point, None for every one of the run; `NO_THRESHOLD` for a rank alone.
        rank: the mate must be among so many first; None for the threshold alone (R = N).
        protocol: of searches, "" for other metrics.
        measure: the summary over groups ("max/min"), "" for other kinds.
        reference: the group that others are held against; "" for all other groups together.
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
    measure: str = ""
    reference: str = ""

    @property
    def measured(self) -> str:
        """The metric with its rank, or the summary of it."""
        if self.measure:
            return f"{self.measure} of {self.metric}"
        return self.metric if self.rank is None else f"{self.metric} at rank {self.rank}"

    def says(self) -> str:
        """The claim in one line, as it was understood."""
        whose = f"that of {self.reference}" if self.reference else "the other groups'"
        what = {
            "at most": f"{self.measured} <= {self.number:.6g}",
            "at least": f"{self.measured} >= {self.number:.6g}",
            "ratio": f"{self.measured} within a ratio of {self.number:g} of {whose}",
            "difference": f"{self.measured} within {self.number * 1e4:g} per 10,000 of {whose}",
            "times": f"{self.measured} at most {self.number:g} times {whose}",
            "accuracy": f"accuracy >= {1 - self.number:.6g}, so an error of at most {self.number:.6g}",
            "summary": f"{self.measured} <= {self.number:.6g}",
        }[self.kind]
        where = self.scope if self.scope in ("every group", "overall") else f"group {self.scope}"
        if self.measure:
            where = "over the groups"
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
        InputError: it is not understood; one line with what was found, what is understood, and an example.
    """
    plain = _plain(text)
    try:
        return replace(_read(plain), text=" ".join(text.split()))
    except Refused as refused:
        shown = plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."
        raise InputError(f"claim '{shown}': {refused.why}; {_advice(refused)}") from None


def _plain(text: str) -> str:
    """The text on one line, with the signs of print as those of a keyboard."""
    text = re.sub(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"10^{found[1].translate(_RAISED)}", text)
    return " ".join(text.replace("−", "-").split()).removesuffix(".")


_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")


def _advice(refused: Refused) -> str:
    """The nearest form, which is understood itself, or examples."""
    nearest = refused.nearest
    for _ in range(4):
        if not nearest:
            break
        try:
            _read(nearest)
        except Refused as again:
            nearest = again.nearest
        else:
            return f'nearest: "{nearest}"'
    return UNDERSTOOD


def _read(plain: str) -> Claim:
    """The claim in a text on one line.

    Raises:
        Refused: no form fits all of it.
    """
    if len(plain) > _LONGEST:
        raise Refused(f"not understood: longer than {_LONGEST} characters")
    plain = _clauses_last(plain)
    reader, said = Reader(plain), Said()
    reader.take(r"the\s+")
    for form in (_hit_rate, _accuracy, _rate):
        read = form(reader, said)
        if read is not None:
            return read
    raise _unknown_subject(plain)


def _clauses_last(plain: str) -> str:
    """ "In every group, FNMR <= 1 %" with the clause behind the number."""
    found = re.match(r"((?:in|for|at|across|over)\s.+?),\s+(.*)$", plain, re.IGNORECASE)
    subject = "|".join((*_NAMES.values(), *_COMPLEMENTS.values(), *_MEASURES.values(), "accuracy", "rank"))
    while found and not re.match(rf"(?:the\s+)?(?:{subject})\b", found[2], re.IGNORECASE):
        found = re.match(rf"({re.escape(found[1])},\s+.+?),\s+(.*)$", plain, re.IGNORECASE)
    return f"{found[2]} {found[1]}" if found else plain


def _hit_rate(reader: Reader, said: Said) -> Claim | None:
    """A hit rate of at least so much is an FNIR at that rank of at most the rest."""
    found = reader.take(
        r"rank[-\s]?(?P<rank>[0-9]{1,9})\s+(?:hit\s+rate|(?:identification|recognition)\s+rate|accuracy)\b"
    )
    if not found:
        return None
    said.rank = _rank(found["rank"])
    take_clauses(reader, said, MIDDLE_END)
    number = _at_least(reader, "a hit rate is claimed to be at least so much")
    take_clauses(reader, said, END)
    _finished(reader)
    if said.threshold is not None and said.threshold != NO_THRESHOLD:
        other = f"FNIR at rank {said.rank} <= ... at {said.threshold}"
        raise Refused(f'a hit rate is by rank alone; with a threshold say "{other}"', _as_fnir(said, number))
    said.metric, said.threshold, said.protocol = "FNIR", NO_THRESHOLD, said.protocol or "closed"
    return _claim("at most", said, share(1 - number.value, number))


def _as_fnir(said: Said, number: Number) -> str:
    return f"FNIR at rank {said.rank} <= {float(1 - number.value):g} at {said.threshold}"


def _accuracy(reader: Reader, said: Said) -> Claim | None:
    """ "99.88 % accurate" and "accuracy >= 99.88 %"."""
    if reader.take(r"accuracy\b"):
        take_clauses(reader, said, MIDDLE_END)
        number = _at_least(reader, "an accuracy is claimed to be at least so much")
    else:
        start = reader.rest
        below = reader.take(RELATION)
        found = reader.number()
        if found is None or not reader.take(r"(?:accurate|accuracy)\b"):
            reader.rest = start
            return None
        if below and below["most"]:
            raise Refused("an accuracy is claimed to be at least so much", f"{found.typed.strip()} accurate")
        number = found
    take_clauses(reader, said, END)
    _finished(reader)
    return _claim("accuracy", said, share(1 - number.value, number))


def _at_least(reader: Reader, what: str) -> Number:
    """The number that something good reaches."""
    found = reader.take(RELATION)
    plainly = None if found else reader.take(r"(?:(?:is|are)\s+)?of\s+")
    number = reader.number()
    if number is None or (found is None and plainly is None) or (found and found["most"]):
        typed = number.typed.strip() if number else "99 %"
        subject = re.match(r"(?:the\s+)?(rank[-\s]?[0-9]+\s+[a-z]+(?:\s+rate)?|accuracy)", reader.text, re.IGNORECASE)
        raise Refused(f"not understood: {what}", f"{subject[1] if subject else 'accuracy'} >= {typed}")
    return number


def _rate(reader: Reader, said: Said) -> Claim | None:
    """A rate, a margin or a summary."""
    if not _subject(reader, said):
        return None
    if said.metric in SEARCHED and (found := reader.take(r"at\s+rank[\s-]+(?P<rank>[0-9]{1,9})\b")):
        said.rank = _rank(found["rank"])
    take_group(reader, said)
    take_clauses(reader, said, MIDDLE_END)
    take_group(reader, said)
    if reader.take(WITHIN):
        kind, number = _margin(reader, said)
    else:
        kind, number = _limit(reader, said)
    take_clauses(reader, said, END)
    _finished(reader)
    return _claim(kind, said, number)


def _subject(reader: Reader, said: Said) -> bool:
    start = reader.rest
    said.measure = _named(reader, _MEASURES) or ""
    if said.measure:
        reader.take(r"(?:ratio|difference|index)\b")
        reader.take(r"of\s+(?:the\s+)?")
    bracket = reader.take(r"\(") if said.measure else None
    said.metric = _named(reader, _NAMES) or ""
    if said.metric:
        reader.take(r"rate\b")
    if not said.metric and (complement := _named(reader, _COMPLEMENTS)):
        said.metric, said.complement = complement, True
    if bracket and not reader.take(r"\)"):
        raise why_not(reader.text)
    if said.metric and not said.measure:
        said.measure = _named(reader, _MEASURES) or ""
    if said.measure and (said.complement or said.metric not in ("FMR", "FNMR")):
        why = f"not understood: {said.measure} of which rate? Understood is that of FMR or of FNMR"
        raise Refused(why, "" if said.metric else f"{said.measure} FNMR {reader.rest}")
    if not said.metric:
        reader.rest = start
    return bool(said.metric)


def _named(reader: Reader, names: dict[str, str]) -> str | None:
    return next((name for name, form in names.items() if reader.take(rf"(?:{form})(?!\w)")), None)


def _limit(reader: Reader, said: Said) -> tuple[Kind, float]:
    """ "<= NUMBER" and its like."""
    found = reader.take(RELATION)
    equal = None if found else reader.take(r"(?:is\b|are\b|equals\b|of\b|={1,2}|:)?\s*")
    before = reader.text[: len(reader.text) - len(reader.rest)].rstrip()
    where = re.match(rf"(?P<where>.+?)\s+(?P<limit>(?:{RELATION}|=|is\b).*)$", reader.rest, re.IGNORECASE)
    number = reader.number()
    if number is None:
        refused = why_not(reader.text)
        if where and not refused.nearest and (meant := _where_meant(where["where"])):
            refused.nearest = f"{before} {where['limit']} {meant}"
        raise refused
    if reader.take(TIMES):
        return "times", _times(reader, said, number, found)
    if equal is not None:
        after = reader.take(_AFTER_NUMBER)
        if not after:
            sign = ">=" if said.complement else "<="
            subject = re.sub(r"\s*(?:\bis|\bare|\bequals|\bof|=+|:)$", "", before, flags=re.IGNORECASE)
            nearest = f"{subject} {sign} {number.typed} {reader.rest}".strip()
            raise Refused(
                "not understood: no run shows that a rate is exactly so much, only at most or at least", nearest
            )
        least = bool(after["least"]) or bool(after["better"] and said.complement)
    else:
        least = bool(found and found["least"])
    if said.measure:
        return "summary", _summary_limit(reader, said, number, least)
    value = 1 - number.value if said.complement else number.value
    return "at least" if least != said.complement else "at most", share(value, number)


def _times(reader: Reader, said: Said, number: Number, found: re.Match[str] | None) -> float:
    """ "At most NUMBER times that of GROUP"."""
    if said.complement or said.measure:
        raise Refused("a ratio is that of an error rate of two groups", TIMES_EXAMPLE)
    if not found or found["least"]:
        raise Refused("a ratio of two groups is claimed to be at most so much", TIMES_EXAMPLE)
    if number.unit or number.value <= 0:
        raise Refused(f"expected a ratio such as 1.5 times, found '{number.typed} times'", TIMES_EXAMPLE)
    if not take_compared(reader, said):
        raise Refused("not understood: times the rate of which group?", TIMES_EXAMPLE)
    return float(number.value)


def _summary_limit(reader: Reader, said: Said, number: Number, least: bool) -> float:
    subject = f"{said.measure} {said.metric}"
    if least:
        raise Refused(
            "a summary is claimed to be at most so much", f"{subject} <= {number.typed} {reader.rest}".strip()
        )
    if said.measure in _SHARES:
        return share(number.value, number)
    if number.unit or number.value <= 1:
        raise Refused(f"{said.measure} is 1 where all groups are alike, so a limit is above 1", f"{subject} <= 5")
    return float(number.value)


def _margin(reader: Reader, said: Said) -> tuple[Kind, float]:
    """ "within a ratio of NUMBER" and "within NUMBER per 10,000"."""
    if said.complement or said.measure:
        typed = f"FNMR within {reader.rest}"
        raise Refused("a margin is that of an error rate", typed if said.metric == "FNMR" else MARGIN_EXAMPLE)
    ratio = reader.take(r"(?:an?\s+)?(?:ratio|factor)\s+(?:of\s+)?")
    number = reader.number()
    if number is None:
        raise why_not(reader.text, "not understood: within what?")
    points = (
        reader.take(r"-?\s*(?:percentage\s+points?|points?|pp)\b") if not ratio and number.unit != "share" else None
    )
    if points and number.unit == "":
        number = replace(number, value=number.value / 100, unit="%") if _percentage(points) else number
        points = points if number.unit else None
    if reader.take(r"of\s+") and not take_compared(reader, said):
        raise why_not(reader.text, "not understood: of which group?")
    if ratio:
        if number.value <= 1:
            raise Refused(f"a ratio's margin is above 1, such as 1.25, found {float(number.value):g}", MARGIN_EXAMPLE)
        return "ratio", float(number.value)
    if number.unit != "share" and not points:
        per, ratio_too = float(number.value * 10_000), float(1 + number.value)
        raise Refused(
            f"'within {number.typed}' could be a part of the others' rate, \"within a ratio of {ratio_too:g}\", or of "
            f'the comparisons, "within {per:g} per 10,000"; say which',
            f"{said.metric} within a ratio of {ratio_too:g} {reader.rest}".strip(),
        )
    return "difference", share(number.value, number)


def _percentage(points: re.Match[str]) -> bool:
    return bool(re.search(r"percentage|pp", points[0], re.IGNORECASE))


def _finished(reader: Reader) -> None:
    if not reader.rest:
        return
    refused = why_not(reader.text, f"not understood: '{reader.rest}' behind the rest")
    before = reader.text[: len(reader.text) - len(reader.rest)].rstrip(" ,")
    if re.match(r"under\b|with\b|on\b", reader.rest, re.IGNORECASE) and not refused.nearest:
        raise Refused(f"{refused.why}; a condition is chosen with --condition", before)
    if not refused.nearest:
        where = _where_meant(reader.rest)
        refused.nearest = f"{before} {where}" if where else ""
    raise refused


def _where_meant(words: str) -> str:
    """The scope that "for women", "across all groups" or "for every ethnicity" may have meant, "" where none."""
    found = re.match(
        r"(?:in|for|across|over)\s+(?:the\s+)?(?P<all>(?:every|each|all)\b\s*)?(?P<who>.+)", words, re.IGNORECASE
    )
    if not found:
        return ""
    if re.search(r"\b(?:combined|together|pooled)\b", words, re.IGNORECASE):
        return "overall"
    who = re.sub(r"\s*\bgroups?\b\s*", "", found["who"])
    if not found["all"]:
        return f"in group {who}"
    return f"in every group of {who}" if who else "in every group"


def _unknown_subject(plain: str) -> Refused:
    refused = why_not(plain)
    if refused.why != "not understood":
        return refused
    behind = re.match(rf"(?:(?:{RELATION}))?{NUMBER.pattern}\s+(?P<metric>[A-Z]+)(?P<more>.*)$", plain, re.IGNORECASE)
    if behind and behind["metric"].upper() in (*METRICS, "TAR"):
        number = plain[: behind.start("metric")].strip()
        return Refused("not understood: the metric stands first", f"{behind['metric']} {number}{behind['more']}")
    extremes = re.match(r"max\w*\s+(?:of\s+)?(?P<metric>FN?MR)\b.*\bmin", plain, re.IGNORECASE)
    if extremes:
        return Refused("not understood", f"max/min {extremes['metric']} <= 5")
    found = re.match(
        rf"(?:the\s+)?(?P<metric>[A-Za-z]{{2,}})\s*(?={RELATION}|{WITHIN}|=|@|(?:at|in|for)\b)", plain, re.IGNORECASE
    )
    if not found:
        return refused
    meant = did_you_mean(found["metric"].upper(), (*METRICS, "TAR"))
    nearest = re.search(r"'(\w+)'", meant)
    return Refused(
        f"no metric '{found['metric']}'{meant}",
        plain.replace(found["metric"], nearest[1], 1) if nearest else EXAMPLE,
    )


def _claim(kind: Kind, said: Said, number: float) -> Claim:
    """The claim, if its parts may stand together."""
    _check_search(said)
    scope = said.scope or "every group"
    if said.in_any and kind == "at least":
        raise Refused(
            '"in any group" can mean in one of them or in all; say which', f"{said.metric} >= {number:g} in every group"
        )
    if kind in MARGINS and scope == "overall":
        raise Refused("a margin compares groups, so it cannot be overall", MARGIN_EXAMPLE)
    if said.reference and said.reference.lower() == scope.lower():
        raise Refused(f"'{scope}' is compared with itself", TIMES_EXAMPLE)
    if kind == "summary" and scope != "every group":
        raise Refused("a summary is over all groups, so it cannot be in one", f"{said.measure} {said.metric} <= 5")
    if said.metric in ("FTA", "FTE") and said.threshold is not None:
        raise Refused(f"{said.metric} has no threshold; leave it out", f"{said.metric} <= 1 % in every group")
    return Claim(
        text="",
        kind=kind,
        metric=said.metric,
        number=number,
        scope=scope,
        columns=said.columns,
        threshold=said.threshold,
        rank=said.rank,
        protocol=said.protocol or "open" if said.metric in SEARCHED else "",
        measure=said.measure,
        reference=said.reference,
    )


def _rank(digits: str) -> int:
    if int(digits) == 0:
        raise Refused(f"ranks begin at 1, found {digits}", "FNIR at rank 1 <= 0.02 at FPIR 0.01")
    return int(digits)


def _check_search(said: Said) -> None:
    """That ranks, galleries and "at no threshold" are said only of what has them."""
    wrong = ""
    if said.protocol and said.metric not in SEARCHED:
        wrong = "a gallery is searched, so its error rates are FNIR and FPIR"
    elif said.metric == "FPIR" and said.protocol == "closed":
        wrong = "in a closed gallery everybody is enrolled, so there is no FPIR"
    elif said.rank is not None and said.metric != "FNIR":
        wrong = "a rank is that of the mate in a search, so it is said of FNIR"
    elif said.threshold == NO_THRESHOLD and said.rank is None:
        wrong = "without a threshold there is only a rank"
    if wrong:
        alone = said.threshold == NO_THRESHOLD
        nearest = "FNIR at rank 1 <= 0.02 at no threshold" if alone else "FNIR at rank 1 <= 0.02 at FPIR 0.01"
        raise Refused(wrong, nearest)
