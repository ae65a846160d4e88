"""The page and its figures, drawn from invented runs that hold what is awkward."""

import csv
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from facegap import report, store
from facegap.errors import StoreError
from facegap.report import gallery_model
from facegap.schema import GalleryRow
from invented_run import HOSTILE, REMARK, Plan, wilson, write_run

PLANS = {
    "one model": Plan(),
    "two models, two conditions": Plan(
        models=("resnet", "mobile"), conditions=("clean", "phone"), identification=False
    ),
    "hostile names": Plan(groups=HOSTILE, identification=False, banners=("<img src=x onerror=alert(1)>",)),
    "no errors": Plan(zero_errors=True, identification=False),
    "no mated data, no searches": Plan(mated=False, identification=False),
    "older run": Plan(further=False, conditions=("clean", "phone")),
    "suppressed": Plan(suppressed=True),
    "one group": Plan(groups=("everybody, here",), identification=False),
    "extrapolated": Plan(extrapolated=True, identification=False),
}
NEVER = ("fair", "fairness", "unbiased", "unfair")
VOID = {"meta", "link", "br", "img", "input", "hr"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Plan's name -> its folder with the page."""
    folders = {}
    for name, plan in PLANS.items():
        folder = write_run(tmp_path_factory.mktemp("run") / "run", plan)
        report.write(folder)
        folders[name] = folder
    return folders


class Page(HTMLParser):
    """Elements with their attributes, the open elements checked for balance, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def html_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def text_of(folder: Path) -> str:
    return " ".join(re.sub(r"[ \n]+", " ", "".join(Page(html_of(folder)).text)).split(" "))


@pytest.fixture(params=list(PLANS))
def folder(request: pytest.FixtureRequest, drawn: dict[str, Path]) -> Path:
    return drawn[request.param]


def test_page_is_whole_small_and_loads_nothing(folder: Path) -> None:
    html = html_of(folder)
    page = Page(html)
    assert len(html.encode()) < 2_000_000
    assert "default-src 'none'" in html
    for tag in ("img", "iframe", "object", "embed", "link", "base", "form", "image", "use"):
        for attributes in page.named(tag):
            target = attributes.get("xlink:href") or attributes.get("href") or "-"
            assert tag == "use" and target.startswith("#"), (tag, attributes)
    assert not re.search(r"@import|url\((?!#)|src\s*=\s*[\"']?http", re.sub(r"<td[^>]*>.*?</td>", "", html))


def test_links_lead_to_files_and_sections(folder: Path) -> None:
    page = Page(html_of(folder))
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert len([a for _, a in page.elements if "id" in a]) == len(ids)
    for attributes in page.named("a"):
        target = attributes["href"] or ""
        if target.startswith("#"):
            assert target[1:] in ids
        elif not target.startswith("tables/") or (folder / target).exists():
            assert (folder / target).is_file() or target == "study.toml"
        else:
            assert target in ("tables/identification.csv", "tables/cmc.csv")


def test_page_is_accessible(folder: Path) -> None:
    html = html_of(folder)
    page = Page(html)
    assert page.named("html")[0]["lang"]
    for svg in page.named("svg"):
        assert svg["role"] == "img" and svg["aria-label"]
    for head in page.named("th"):
        assert head["scope"] in ("col", "row")
    assert len(page.named("table")) == len(page.named("caption"))
    assert len(page.named("main")) == len(page.named("h1")) == 1
    assert len(page.named("figure")) == len(page.named("figcaption"))
    assert "prefers-reduced-motion" in html and "@media print" in html


def test_words_that_no_page_may_use(folder: Path) -> None:
    words = set(re.findall(r"[a-z]+", " ".join(Page(html_of(folder)).text).lower()))
    assert not words & set(NEVER)


def test_nothing_private_is_on_the_page(folder: Path) -> None:
    html = html_of(folder)
    assert "secret" not in html and "/home" not in html
    assert REMARK.kept()["message"] in html and not any(
        part in html for name in REMARK.examples for part in name.split()
    )


def test_figures_are_valid_xml_without_active_content(folder: Path) -> None:
    files = sorted((folder / "figures").glob("*.svg"))
    assert files
    for file in files:
        root = ElementTree.parse(file).getroot()
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "image", "foreignObject", "a", "metadata"}, file
        assert root.get("role") == "img"


def test_hostile_names_stay_text(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["hostile names"])
    page = Page(html)
    assert [one.get("type") for one in page.named("script")] == ["application/json", "application/json", None]
    assert not page.named("img") and not page.named("b") and not page.named("i")
    text = "".join(page.text)
    for name in HOSTILE[:2]:
        assert name in text
    assert "\u202e" not in html and "-</svg>\ufffdevil" in text


def test_only_the_script_of_the_page_may_run(drawn: dict[str, Path]) -> None:
    import base64
    import hashlib

    html = html_of(drawn["one model"])
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_page_says_the_numbers_of_the_table(drawn: dict[str, Path]) -> None:
    folder = drawn["two models, two conditions"]
    text = " ".join("".join(Page(html_of(folder)).text).split())
    shown = 0
    for row in rows_of(folder, "rates"):
        at_main = row["threshold_name"] == "FMR 0.0001" and row["condition"] == "clean"
        if row["metric"] == "FNMR" and row["failures"] == "counted" and at_main:
            low, high = (1000 * bound for bound in wilson(int(row["errors"]), int(row["trials"])))
            said = f"{1000 * float(row['rate']):.0f} ({low:.0f}–{high:.0f})"
            assert said in text, row
            shown += 1
    assert shown == 2 * 7


def test_zero_errors_are_said_with_their_bound(drawn: dict[str, Path]) -> None:
    text = "".join(Page(html_of(drawn["no errors"])).text)
    high = 100 * wilson(0, 600)[1]
    assert f"0 of 600: up to {high:.2f}\u00a0%" in text
    assert "0 seen (up to 6)" in text


def test_absent_mated_data_is_said(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["no mated data, no searches"])
    assert "How many genuine people are turned away (FNMR) is not estimated: no comparisons." in html
    assert 'id="search"' not in html


def test_intervals_are_no_test_on_any_page(folder: Path) -> None:
    assert "overlap" not in html_of(folder).lower()
    for figure in (folder / "figures").iterdir():
        assert "overlap" not in figure.read_text(encoding="utf-8").lower(), figure


def test_pages_without_errors_name_no_highest_group(drawn: dict[str, Path]) -> None:
    page = Page(html_of(drawn["no errors"]))
    text = "".join(page.text)
    assert "not shown to differ" in text and "largest upper bound" in text
    assert not re.search(r"most often|highest for|highest within", text)
    labels = [str(attributes.get("aria-label")) for attributes in page.named("svg")]
    assert labels and not any("most often" in label for label in labels)


def test_null_results_say_what_their_test_would_have_seen(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    assert "not shown to differ; this test would have seen a ratio of 2.7 or more" in text
    assert "2.5 times their rate (1.40–4.5; p\u00a0=\u00a00.004 after Holm’s adjustment)" in text
    assert "this test would have seen" not in text_of(drawn["older run"])


def test_searches_say_what_their_test_would_have_seen(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    start = "By region, gender, searched in a gallery of 200 people, at FPIR 0.01"
    found = re.search(
        r"clean: (\w+, \w+) is flagged as someone else (?:most often, and (is not shown to differ) from the others: "
        r"this test would have seen a ratio of 2.7|more often than the others, 2.5)",
        text[text.index(start) :],
    )
    assert found is not None
    wanted = {"metric": "FPIR", "threshold_name": "FPIR 0.01", "group": found[1]}
    (test,) = [row for row in rows_of(drawn["one model"], "versus_rest") if wanted.items() <= row.items()]
    assert (test["verdict"] == "differs") == (found[2] is None)
    older = text_of(drawn["older run"])
    assert "is flagged as someone else most often; not tested against the others: the run holds no such test." in older


def test_tests_of_searches_are_listed_at_their_own_thresholds(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["one model"])
    table = html[html.index("Tests and their power") :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table[: table.index("</table>")])
    metrics = {(metric, at) for metric, at in itertools.pairwise(cells) if metric in ("FMR", "FNMR", "FNIR", "FPIR")}
    assert {at.split()[0] for metric, at in metrics if metric in ("FNIR", "FPIR")} == {"FPIR"}
    assert {at.split()[0] for metric, at in metrics if metric in ("FMR", "FNMR")} == {"FMR"}


def test_the_gallery_is_read_where_the_model_is_not_zero(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", Plan())
    rows = store.read_rows(folder, GalleryRow)
    stricter = [replace(row, threshold_name="FPIR 0.01", threshold=0.9) for row in rows]
    for more, said in (
        ([replace(row, fpir_model=0.0) for row in stricter], "at FMR 0.0001"),
        (stricter, "at FPIR 0.01"),
    ):
        store.write_rows(folder, GalleryRow, [*rows, *more])
        picture = gallery_model.false_alarms(store.read_tables(folder), "resnet")
        assert picture is not None and said in picture.caption


FURTHER_SECTIONS = ("policies", "quality", "retries")


def test_two_models_are_compared_and_one_is_not(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["two models, two conditions"])
    assert "resnet less mobile" in text
    assert "\u2212400 (\u2212600 to \u2212200)" in text
    assert "mobile less resnet" not in text
    assert "Models on the same people" not in text_of(drawn["one model"])


def test_further_tables_have_their_sections(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["two models, two conditions"])
    for section in FURTHER_SECTIONS:
        assert f'id="{section}">' in html
    names = {path.name for path in (drawn["two models, two conditions"] / "figures").iterdir()}
    for model in ("resnet", "mobile"):
        wanted = {
            f"policies-{model}-1.svg",
            f"paired-{model}-2.svg",
            f"gallery-{model}.svg",
            f"retries-{model}-phone.svg",
        }
        assert wanted <= names
    text = text_of(drawn["two models, two conditions"])
    assert "0.62 (0.6 to 0.64)" in text and "same group / anyone" in text and "2 to 5.5" in text
    assert (
        "phone turns East, male away more than the others: +10.0 points (+6.0 to +14.0), +8.0 (+2.0 to +14.0)" in text
    )
    assert "the model expects 900 false alarms in 1,000 searches; with 200 it says 3.0\u00a0%" in text
    assert "after 3 attempts 167 (111–243) of 1,000" in text
    assert "to refuse the worst 20\u00a0% by LaplacianSharpness refuses 30.0\u00a0% of West, female" in text


def test_what_was_extrapolated_is_said_to_be_no_measurement(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["extrapolated"])
    assert "An extrapolation, not a measurement." in text
    assert "0.71 (0.68 to 0.79)" in text and "1e-07" in text and "3e-06" in text
    for name in ("one model", "older run"):
        html = html_of(drawn[name])
        assert 'id="extrapolated"' not in html and "extrapolated.csv" not in html


def test_summaries_at_a_target_and_one_test_over_all_groups_are_shown(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    assert "1.9 or more" in text and "MAPE" in text and "22 to 140" in text
    assert "Is there any difference at all" in text and "0.0031" in text and "0.002" in text
    assert "homogeneity.csv" not in html_of(drawn["older run"])


def test_a_named_reference_relatives_margin_and_time_are_shown(drawn: dict[str, Path]) -> None:
    text = " ".join(" ".join(Page((drawn["one model"] / "report.html").read_text(encoding="utf-8")).text).split())
    assert "2.5 times its rate (1.40–4.5;" in text
    assert "not shown to differ; this test would have seen a ratio of 2.3 or more" in text
    assert "relation “twin of”: relatives match 2,000 times (800–5,000) as often as strangers" in text
    assert "64 of 320 comparisons against 8 of 80,000 comparisons of strangers match" in text
    assert re.search(r"±\s1\.2\s%", text)
    assert "72.3 (60.1 to 87)" in text
    older = (drawn["older run"] / "report.html").read_text(encoding="utf-8")
    for heading in ("reference group that the study names", "Relatives and look-alikes", "accepted in an hour"):
        assert heading in text and heading not in older


def test_an_older_run_has_none_of_them(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["older run"])
    assert 'id="policies"' not in html and 'id="retries"' not in html
    assert "at_target_fmr.csv" not in html and "marginals.csv" not in html
    assert 'id="checklist"' in html and 'id="conditions"' in html


def test_people_under_each_policy_are_those_of_the_table(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    rows = [row for row in rows_of(drawn["one model"], "policies") if row["target"] == "0.0001"]
    assert rows
    for row in rows:
        low, value, high = (1e4 * float(row[name]) for name in ("fnmr_low", "fnmr", "fnmr_high"))
        assert f"{value:,.0f} ({low:,.0f}–{high:,.0f})" in text, row


def test_suppressed_groups_are_said_and_not_counted(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["suppressed"])
    assert "Groups of fewer than 10 people are suppressed" in text
    assert "suppressed: fewer than 10 people" in text


def test_checklist_claims_no_conformity(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    assert "aligned with the subjects of ISO/IEC 19795-10" in text and "clauses were not checked" in text
    assert "certified" not in text


def test_groups_of_the_same_heads_are_not_compared_across(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", Plan())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["study"]["dataset"]["synthetic"] = {"design": "causal"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    report.write(folder)
    text = text_of(folder)
    assert "A pair across groups may show one head twice" in text
    assert "Across groups, at" not in text and "Searched in a gallery" not in text and "Over all impostors" not in text


def test_summary_measures_and_what_chance_gives_stand_in_tables_alone(drawn: dict[str, Path]) -> None:
    text = text_of(drawn["one model"])
    findings = text[text.index("Skip to the findings") : text.index("Numbers in brackets are")]
    assert "by chance" not in findings and "highest to lowest" not in findings
    assert "By chance alone" in text and "1 to 1.9" in text


def test_two_conditions_are_contrasted_in_the_same_group(drawn: dict[str, Path]) -> None:
    said = re.findall(r'<p class="how">(.*?)</p>', html_of(drawn["two models, two conditions"]), re.DOTALL)
    mine = [title for title in said if ": turned away most often" in title]
    assert len(mine) == 2 * len(("vendor", "FMR 0.0001"))
    for title in mine:
        assert "under phone" in title and "; the same group under clean: " in title and "least often" not in title


def test_small_groups_are_flagged_and_never_named_highest(drawn: dict[str, Path]) -> None:
    html = html_of(drawn["one model"])
    assert "fewer than 10 people: left out of the summaries" in html
    titles = re.findall(r"<h3>(.*?)</h3>", html, re.DOTALL)
    assert titles and not any("West, male" in title for title in titles)


def test_same_tables_give_the_same_bytes_elsewhere(drawn: dict[str, Path], tmp_path: Path) -> None:
    run = drawn["hostile names"]
    before = sorted((path, path.read_bytes()) for path in run.rglob("*") if path.is_file())
    page = report.render(run, tmp_path / "out")
    assert page == tmp_path / "out" / "report.html"
    for path in [run / "report.html", *(run / "figures").iterdir()]:
        assert (tmp_path / "out" / path.relative_to(run)).read_bytes() == path.read_bytes()
    assert (tmp_path / "out" / "tables" / "rates.csv").read_bytes() == (run / "tables" / "rates.csv").read_bytes()
    assert before == sorted((path, path.read_bytes()) for path in run.rglob("*") if path.is_file())


def test_a_finished_run_is_not_drawn_into(drawn: dict[str, Path]) -> None:
    run = drawn["one model"]
    with pytest.raises(StoreError, match="never written to"):
        report.render(run, run / "again")


def test_large_pages_link_their_figures(
    drawn: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegap.report.page.INLINE_BYTES", 30_000)
    html = report.render(drawn["one model"], tmp_path / "small").read_text(encoding="utf-8")
    assert "Left out to keep this page small" in html
    assert 0 < html.count("<svg") < 6 < html.count('class="shown"')
