"""Every term of a page has an entry in its glossary."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from facegap import report
from facegap.report import glossary
from invented_run import Plan, write_run

PLANS = {
    "two models": Plan(models=("resnet", "mobile"), conditions=("clean", "phone"), extrapolated=True),
    "suppressed": Plan(suppressed=True),
}
NO_TERMS = {
    "CC0", "CSV", "JPEG", "JSON", "MTCNN", "PDF", "RFW", "SHA", "SVG", "UTC", "A4", "NOTICE", "SHA256", "DATA", "US",
    "LFW", "HTML", "CPU", "RAM", "MIT", "RGB", "ONNX",
}  # fmt: skip
"""Names of formats, nets and data sets, and words that stand in capitals."""


@pytest.fixture(scope="module", params=list(PLANS))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_run(tmp_path_factory.mktemp("run") / "run", PLANS[request.param])
    return report.drawn(folder)["report.html"].decode()


def test_every_marked_term_leads_to_its_entry(page: str) -> None:
    links = re.findall(r'<a class="term" href="#([^"]+)"><abbr title="([^"]+)">([^<]+)</abbr>', page)
    assert len(links) >= 5
    entries = dict(re.findall(r'<dt id="([^"]+)">[^<]*</dt><dd>([^<]*)</dd>', page))
    for anchor, meaning, term in links:
        assert html.unescape(entries[anchor]) == html.unescape(meaning) == glossary.meaning(term)
    assert page.count("<abbr") == len(links)


def test_every_abbreviation_is_explained(page: str) -> None:
    text = html.unescape(re.sub(r"<(script|style|svg|code|pre)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))
    known = {word for head, _ in glossary.GLOSSARY for word in re.findall(r"\w+", head)}
    used = set(re.findall(r"\b[A-Z][A-Z0-9]+\b", text))
    assert not used - known - NO_TERMS


def test_the_measures_that_readers_ask_for_are_explained() -> None:
    for term in (
        "Gini",
        "GARBE",
        "FDR",
        "Holm",
        "power",
        "FMR",
        "FNMR",
        "interval",
        "threshold",
        "not shown to differ",
    ):
        assert glossary.meaning(term) and glossary.anchor(term)
    with pytest.raises(KeyError):
        glossary.meaning("no such term")


def test_anchors_are_those_of_one_entry_each() -> None:
    anchors = [glossary.entry_anchor(head) for head, _ in glossary.GLOSSARY]
    assert len(set(anchors)) == len(anchors)
    assert list(glossary.GLOSSARY) == sorted(glossary.GLOSSARY, key=lambda entry: entry[0].lower())


def test_pages_are_the_same_each_time(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", PLANS["suppressed"])
    assert report.drawn(folder) == report.drawn(folder)
