"""The page in a real browser: from disk, without a network, as wide as a phone, a tablet and a desk, and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from browser import NAMES, Browser, browser, program
from facegap import report
from invented_run import HOSTILE, Plan, write_run

EXAMPLE = Path(__file__).parents[2] / "results" / "example" / "report.html"
PLANS = {
    "made": Plan(conditions=("clean", "phone"), extrapolated=True),
    "hostile": Plan(groups=HOSTILE, identification=False, banners=("x" * 300,)),
}
WIDTHS = (390, 800, 1400)

pytestmark = pytest.mark.skipif(
    program() is None, reason=f"no browser: none of {', '.join(NAMES)} on PATH (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module", params=["example", *PLANS])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "example":
        return EXAMPLE
    folder = write_run(tmp_path_factory.mktemp("run") / "run", PLANS[request.param])
    report.write(folder)
    return folder / "report.html"


def test_the_page_opens_from_disk_alone(opened: Browser, page: Path) -> None:
    opened.open(page)
    assert opened.requests == [page.as_uri()]
    assert opened.errors == []
    assert opened.run("document.querySelectorAll('h1').length") == 1


TOO_WIDE = """[...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 1
        && !one.parentElement.closest('.scroll, .drawing, pre, svg');
}).map(one => one.tagName + '.' + one.className + ': ' + one.textContent.trim().slice(0, 40)).slice(0, 5)"""


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_screen(opened: Browser, page: Path, width: int) -> None:
    """With every part unfolded as well: what is wide scrolls in its own frame."""
    opened.open(page, width)
    for unfold in ("false", "true"):
        opened.run(f"document.querySelectorAll('details').forEach(one => one.open = one.open || {unfold})")
        seen, there = opened.run("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        assert seen in range(width - 20, width + 1)
        assert there <= seen, opened.run(TOO_WIDE)
        assert opened.run(TOO_WIDE) == []


HIDDEN = """[...document.querySelectorAll('caption:not(.unseen) span')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && (box.left < 0 || box.right > document.documentElement.clientWidth);
}).map(one => one.textContent)"""


@pytest.mark.parametrize("width", WIDTHS)
def test_captions_of_tables_are_read_without_scrolling(opened: Browser, page: Path, width: int) -> None:
    opened.open(page, width)
    opened.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert opened.run("document.querySelectorAll('caption').length") > 5
    assert opened.run(HIDDEN) == []


def test_all_links_lead_somewhere(opened: Browser, page: Path) -> None:
    opened.open(page)
    links = opened.run("[...document.querySelectorAll('a')].map(one => one.href)")
    assert len(links) > 20
    for link in links:
        parts = urlsplit(link)
        assert parts.scheme == "file", link
        assert Path(unquote(parts.path)).exists() or missing_in_a_made_run(page, link), link
        if parts.fragment:
            assert opened.run(f"document.getElementById({unquote(parts.fragment)!r}) !== null"), link


def missing_in_a_made_run(page: Path, link: str) -> bool:
    """An invented run has neither the study's file nor every table."""
    return page != EXAMPLE and re.search(r"/(study\.toml|tables/(identification|cmc)\.csv)$", link) is not None


def test_a_link_of_the_contents_leads_there(opened: Browser, page: Path) -> None:
    opened.open(page)
    opened.run("document.documentElement.style.scrollBehavior = 'auto'")
    opened.run("document.querySelector('a[href=\"#limits\"]').click()")
    assert opened.run("Math.abs(document.getElementById('limits').getBoundingClientRect().top) < innerHeight")


def test_the_page_prints(opened: Browser, page: Path) -> None:
    opened.open(page)
    pdf = opened.pdf()
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", pdf)) > 2


SORTED = """(() => {
    const table = [...document.querySelectorAll('table.sortable')].find(one => one.tBodies[0].rows.length > 2);
    const head = table.tHead.rows[0].cells[0];
    head.querySelector('button').click();
    const names = [...table.tBodies[0].rows].map(row => row.cells[0].textContent.trim());
    return [head.getAttribute('aria-sort'), names];
})()"""


def test_tables_sort_by_the_head_that_is_clicked(opened: Browser, page: Path) -> None:
    opened.open(page)
    up, names = opened.run(SORTED)
    down, turned = opened.run(SORTED)
    assert (up, down) == ("ascending", "descending")
    assert sorted(names) == sorted(turned) and opened.errors == []
    assert names == turned[::-1] or len(set(names)) < len(names)
