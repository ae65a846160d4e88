"""What a report of performance by group is expected to say, and where this page says it.

The subjects follow ISO/IEC 19795-10 as its title and field describe them; its clauses were not at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

from facegap.report import views
from facegap.schema import CrossRow, DifferentialRow, EdcRow, QualityRow, RateRow, ThresholdRow, VersusRow
from facegap.store import Tables

PART = "in part"


@dataclass(frozen=True)
class Line:
    """A subject, whether the page has it ("yes", "in part", "no"), what it says, and the section that does."""

    subject: str
    there: str
    says: str
    anchor: str


def checklist(tables: Tables) -> list[Line]:
    """The subjects in the order in which a reader meets them."""
    measured = bool(tables[QualityRow]) or bool(tables[EdcRow])
    dataset, study = tables.manifest.dataset, tables.manifest.study
    sources = [card for card in views.section(dataset, "groups").values() if isinstance(card, dict)]
    labelled = bool(sources) and all(card.get("label_source") for card in sources)
    tested = any(row.verdict for row in tables[VersusRow])
    statistics = views.section(study, "statistics")
    return [
        Line("System under test", _if(tables.manifest.models), "models, versions, preprocessing, digests", "models"),
        Line(
            "Data and how they were collected",
            PART if dataset else "no",
            "the data set’s card; how people were recruited only as far as it says",
            "data",
        ),
        Line(
            "Demographic groups and where their labels come from",
            _if(labelled),
            "source of each label; labels are never inferred",
            "data",
        ),
        Line(
            "Size of each group",
            _if(any(row.subjects for row in tables[RateRow])),
            "people and comparisons of every rate; groups below the least size are left out of summaries",
            "rates",
        ),
        Line(
            "Test environment",
            PART if tables.manifest.conditions else "no",
            "conditions are simulated, with the source of their constants",
            "conditions" if _several(tables) else "data",
        ),
        Line(
            "Operating points", _if(tables[ThresholdRow]), "one threshold for all groups, how it was set", "thresholds"
        ),
        Line(
            "Failures to acquire and to enrol",
            _if(any(r.metric == "FTA" for r in tables[RateRow])),
            "counted as errors where a person would be turned away",
            "turned-away",
        ),
        Line(
            "Error rates by group", _if(tables[RateRow]), "FMR, FNMR; FPIR and FNIR where searches were made", "rates"
        ),
        Line("Impostors within and across groups", _if(tables[CrossRow]), "the cross-group FMR", "impostors"),
        Line(
            "Measures of differential performance",
            _if(tables[DifferentialRow]),
            "several, each with what it hides and what chance alone gives",
            "measures",
        ),
        Line("Uncertainty", _if(statistics), "intervals by people, not by comparisons", "rates"),
        Line(
            "Statistical tests and their power",
            _if(tested),
            "every group against the others, adjusted after Holm; what a null result would have seen",
            "measures",
        ),
        Line(
            "Causes of differences",
            PART if measured else "no",
            "image quality by group and error against discard: associations, not proof of a cause",
            "quality" if tables[QualityRow] else "limits",
        ),
        Line("Limits", "yes", "what this page cannot tell", "limits"),
        Line("Repeatability", "yes", "study, seed, versions, digests, tables", "repeat"),
    ]


def _if(there: object) -> str:
    return "yes" if there else "no"


def _several(tables: Tables) -> bool:
    return len(views.conditions(tables)) > 1
