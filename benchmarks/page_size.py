"""How long a page is: words, printed pages, height on three screens, bytes, as a real browser shows it.

    python benchmarks/page_size.py NAME=PAGE.html ...

Prints one row a page, as a Markdown table. Words: of the whole page, and of what is neither folded nor drawn (body).
Pages: as it prints on A4 by default. Heights in CSS pixels on screens 390, 800 and 1400 wide, as the page opens.
Needs Chromium on PATH.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from browser import Browser, browser

WIDTHS = (390, 800, 1400)
WORDS = """(leave => {
    const body = document.body.cloneNode(true);
    body.querySelectorAll(leave).forEach(one => one.remove());
    return body.textContent.trim().split(/\\s+/).length;
})"""
DRAWN = "script, style, svg"
FOLDED = f"{DRAWN}, nav, details, #appendix, #dial"


def measured(opened: Browser, page: Path) -> list[str]:
    """The cells of a page's row, after its name."""
    opened.open(page)
    words = [opened.run(f"{WORDS}({leave!r})") for leave in (DRAWN, FOLDED)]
    pages = len(re.findall(rb"/Type\s*/Page\b", opened.pdf()))
    heights = []
    for width in WIDTHS:
        opened.resize(width)
        heights.append(opened.run("document.documentElement.scrollHeight"))
    return [f"{value:,}" for value in (*words, pages, *heights, page.stat().st_size)]


def main(arguments: list[str]) -> None:
    print("| page | words | of the body | printed pages | px at 390 | at 800 | at 1400 | bytes |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as opened:
        for argument in arguments:
            name, _, path = argument.partition("=")
            print(f"| {name} | {' | '.join(measured(opened, Path(path).resolve()))} |")


if __name__ == "__main__":
    main(sys.argv[1:])
