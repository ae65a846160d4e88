"""The page as a PDF: by a Chromium on PATH, and one line where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser import NAMES, program
from facegap.errors import StoreError
from facegap.report import printed

PAGE = "<!DOCTYPE html><html lang='en'><title>t</title><h1>One</h1><p>Two</p></html>"


@pytest.mark.skipif(program() is None, reason=f"no browser: none of {', '.join(NAMES)} on PATH")
def test_a_page_is_printed_as_a_tagged_pdf(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(PAGE, encoding="utf-8")
    printed.write_pdf(page, tmp_path / "report.pdf")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"/StructTreeRoot" in pdf and b"/MarkInfo" in pdf


def test_without_a_browser_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match=r"none of chromium, .* is on PATH; install Chromium, or open .*report\.html"):
        printed.write_pdf(tmp_path / "report.html", tmp_path / "report.pdf")


def test_a_browser_that_prints_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 of an earlier run")
    with pytest.raises(StoreError, match="printed nothing"):
        printed.write_pdf(tmp_path / "report.html", tmp_path / "report.pdf")
