"""The page in a real browser: from disk, without a network, as wide as a phone, a tablet and a desk, and on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import accessible
from browser import NAMES, Browser, browser, program
from facegap import report
from invented_run import HOSTILE, Plan, write_run

PLANS = {
    "made": Plan(models=("resnet", "mobile"), conditions=("clean", "phone"), extrapolated=True),
    "hostile": Plan(models=("<svg onload=alert(1)>", "=HYPERLINK(0)"), groups=HOSTILE, banners=("x" * 300,)),
}
WIDTHS = (390, 800, 1400)

pytestmark = pytest.mark.skipif(
    program() is None, reason=f"no browser: none of {', '.join(NAMES)} on PATH (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Plan's name -> its page, which lies in a folder alone, as when it is mailed."""
    pages = {}
    for name, plan in PLANS.items():
        folder = write_run(tmp_path_factory.mktemp("run") / "run", plan)
        pages[name] = tmp_path_factory.mktemp(name) / "report.html"
        pages[name].write_bytes(report.drawn(folder)["report.html"])
    return pages


@pytest.fixture(scope="module", params=[*PLANS])
def page(request: pytest.FixtureRequest, drawn: dict[str, Path]) -> Path:
    return drawn[request.param]


@pytest.fixture(scope="module")
def two_models(drawn: dict[str, Path]) -> Path:
    return drawn["made"]


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


def test_a_page_that_is_mailed_alone_has_no_dead_link(opened: Browser, page: Path) -> None:
    opened.open(page)
    links = opened.run("[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    assert len(links) > 20
    for link in links:
        assert link.startswith("#"), link
        assert opened.run(f"document.getElementById({link[1:]!r}) !== null"), link


def test_a_link_of_the_contents_leads_there(opened: Browser, page: Path) -> None:
    opened.open(page)
    opened.run("document.documentElement.style.scrollBehavior = 'auto'")
    opened.run("document.querySelector('a[href=\"#limits\"]').click()")
    assert opened.run("Math.abs(document.getElementById('limits').getBoundingClientRect().top) < innerHeight")


def test_a_link_into_the_appendix_opens_it(opened: Browser, page: Path) -> None:
    opened.open(page)
    assert not opened.run("document.getElementById('glossary').open")
    opened.run("document.querySelector('nav a[href=\"#glossary\"]').click()")
    opened.run("new Promise(done => setTimeout(done, 200))")
    assert opened.run("document.getElementById('glossary').open")


BODY_WORDS = """(() => {
    const body = document.body.cloneNode(true);
    body.querySelectorAll('#appendix, script, style, nav, svg, .numbers, #dial').forEach(one => one.remove());
    return body.textContent.trim().split(/\\s+/).length;
})()"""


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_body_of_a_study_of_two_models_is_short(opened: Browser, two_models: Path) -> None:
    """Words and printed pages; with the appendix, which is asked for, there are more."""
    opened.open(two_models)
    assert opened.run(BODY_WORDS) <= 2500
    pdf = opened.pdf()
    assert pdf.startswith(b"%PDF") and b"/StructTreeRoot" in pdf
    assert 2 < pages_of(pdf) <= 8
    opened.run("document.getElementById('print-all').click()")
    assert pages_of(opened.pdf()) > pages_of(pdf) + 4


def test_titles_of_figures_are_short(opened: Browser, page: Path) -> None:
    opened.open(page)
    titles = opened.run("[...document.querySelectorAll('figcaption')].map(one => one.textContent.trim())")
    assert titles and all(len(title.split()) < 15 for title in titles), titles


SHOWN = """[document.querySelector('[data-said]').textContent,
    [...document.querySelectorAll('#dial tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))]"""


def test_the_slider_says_between_which_thresholds_it_is(opened: Browser, two_models: Path) -> None:
    """Its numbers are those of the two tabulated thresholds, never one in between."""
    opened.open(two_models)
    data = json.loads(opened.run("document.getElementById('dial-data').textContent"))[0]
    low, high = data["at"][10], data["at"][11]
    at = (2 * low + high) / 3
    opened.run(f"""(() => {{ const one = document.querySelector('#dial input[type=number]');
        one.value = {at!r}; one.dispatchEvent(new Event('input')); }})()""")
    said, rows = opened.run(SHOWN)
    assert f"between the tabulated thresholds {low:.5g} and {high:.5g}".replace("-", "\u2212") in said
    assert len(rows) == len(data["groups"])
    for row, group in zip(rows, data["groups"], strict=True):
        ends = sorted({f"{100 * group['fnmr'][k]:.1f}" for k in (10, 11)}, key=float)
        if all(100 * group["fnmr"][k] >= 1 for k in (10, 11)):
            assert row[3] == " to ".join(ends) + "\u00a0%"
    opened.run(f"""(() => {{ const one = document.querySelector('#dial input[type=number]');
        one.value = {high!r}; one.dispatchEvent(new Event('input')); }})()""")
    said, rows = opened.run(SHOWN)
    assert "is tabulated" in said and not any(" to " in cell for row in rows for cell in row[1:5])


def test_the_slider_moves_by_keyboard_and_compares_groups(opened: Browser, two_models: Path) -> None:
    opened.open(two_models)
    opened.run("document.querySelector('#dial input[type=range]').focus()")
    before = opened.run("document.querySelector('#dial input[type=number]').value")
    opened.press("ArrowRight", 3)
    assert opened.run("document.querySelector('#dial input[type=number]').value") != before
    opened.run("""(() => { const one = document.querySelector('#dial select[name=base]');
        one.value = '0'; one.dispatchEvent(new Event('change')); })()""")
    _, rows = opened.run(SHOWN)
    assert rows[0][6] == "1.00" or " to " in rows[0][6]
    opened.run("""(() => { const one = document.querySelector('#dial select[name=model]');
        one.value = '1'; one.dispatchEvent(new Event('change')); })()""")
    assert opened.run(SHOWN)[1] and opened.errors == []


def test_the_table_of_models_is_searched(opened: Browser, two_models: Path) -> None:
    opened.open(two_models)
    there = "[...document.querySelectorAll('#models-by-measures tbody tr')].filter(row => !row.hidden).length"
    assert opened.run(there) == 4
    opened.run("""(() => { const one = document.querySelector('input[type=search]');
        one.value = 'MOBILE'; one.dispatchEvent(new Event('input')); })()""")
    assert opened.run(there) == 2


REACHED = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})).length"""


def test_the_keyboard_reaches_everything(opened: Browser, two_models: Path) -> None:
    opened.open(two_models)
    wanted = opened.run(REACHED)
    opened.run(
        "window.seen = new Set(); document.addEventListener('focusin', event => window.seen.add(event.target)); 0"
    )
    opened.press("Tab", wanted + 5)
    assert opened.run("window.seen.size") >= wanted


def test_tables_and_figures_are_saved_from_the_page_alone(opened: Browser, two_models: Path) -> None:
    opened.open(two_models)
    opened.run("""(() => { window.kept = []; URL.createObjectURL = blob => { window.kept.push(blob); return '#'; };
        for (const one of [...document.querySelectorAll('button.plain')].filter(b => b.textContent.startsWith('Save')))
            one.click(); })()""")
    kinds = opened.run("window.kept.map(one => one.type)")
    assert {"text/csv", "image/svg+xml"} == set(kinds) and opened.errors == []
    first = opened.run("window.kept.find(one => one.type === 'image/svg+xml').text()")
    assert first.startswith("<svg") and 'xmlns="http://www.w3.org/2000/svg"' in first


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(opened: Browser, page: Path, width: int, scheme: str) -> None:
    """The page as it opens, and with every part unfolded."""
    source = accessible.script()
    if source is None:
        pytest.skip(f"{accessible.PACKAGE}, which carries axe, is not there: pip install 'facegap[test]'")
    try:
        opened.scheme(scheme)
        opened.open(page, width)
        assert opened.run("getComputedStyle(document.body).backgroundColor") == {
            "light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)",
        }[scheme]  # fmt: skip
        assert accessible.violations(opened, source) == []
        opened.run("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert accessible.violations(opened, source) == []
    finally:
        opened.scheme()


def test_hostile_names_stay_text(opened: Browser, drawn: dict[str, Path]) -> None:
    opened.open(drawn["hostile"])
    assert opened.run("document.querySelectorAll('script').length") == 3
    assert opened.run("[...document.querySelectorAll('th')].some(one => one.textContent.includes('<script>alert(1)'))")
    opened.run("""(() => { window.kept = []; URL.createObjectURL = blob => { window.kept.push(blob); return '#'; };
        [...document.querySelectorAll('button.plain')].find(b => b.textContent.includes('CSV')).click(); })()""")
    assert opened.errors == []


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
