"""Forgeries of a results folder, each with its sums set right: what somebody would do who knows how a run is kept.

A forgery changes one thing; with `rebuilt` the tables and the page are made anew from what was changed, by this very
program, as an able forger would. Used by tests/audit/test_forgeries.py and benchmarks/forgeries.py.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from facegap import report, store, tables
from facegap.evidence import Evidence, follows, read_evidence, read_seal, write_evidence
from facegap.evidence.sealed import KEPT, digests_of, seal_bytes

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Forgery:
    """One forgery.

    Attributes:
        found: whether `facegap verify` finds it; else `by` says what would.
        images: found only where the data set is given.
        needs: what the run must have: "seal", "banner" or "condition".
    """

    name: str
    change: Change
    found: bool = True
    by: str = ""
    images: bool = False
    needs: str = ""


def reseal(run: Path) -> None:
    """Set the sums right."""
    (run / store.SUMS).unlink(missing_ok=True)
    store.seal(run)


def rebuild(run: Path) -> None:
    """Tables, page and sums anew, as the program itself makes them."""
    manifest = store.read_manifest(run)
    tables.write_tables(run, tables.build(read_evidence(run, manifest)), manifest.banners)
    redraw(run)


def redraw(run: Path) -> None:
    """Page, figures and sums anew."""
    (run / store.SUMS).unlink(missing_ok=True)
    shutil.rmtree(run / "figures", ignore_errors=True)
    report.write(run)
    reseal(run)


def text(name: str, old: str, new: str, count: int = 1) -> Change:
    """Replace a text in a file; `old` is a regular expression."""

    def change(run: Path) -> None:
        path = run / name
        before = path.read_bytes().decode()
        after = re.sub(old, new, before, count=count)
        assert after != before, (name, old)
        path.write_bytes(after.encode())
        reseal(run)

    return change


def cell(table: str, column: str, new: Callable[[str], str]) -> Change:
    """Change the first filled cell of a column of numbers."""

    def change(run: Path) -> None:
        path = run / "tables" / f"{table}.csv"
        rows = store.read_table(path)
        row = next(row for row in rows if row[column])
        row[column] = new(row[column])
        path.write_text(store.cells_text([list(row), *(list(one.values()) for one in rows)]), encoding="utf-8")
        reseal(run)

    return change


def lines(name: str, edit: Callable[[list[str]], list[str]]) -> Change:
    def change(run: Path) -> None:
        path = run / name
        path.write_text("".join(edit(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
        reseal(run)

    return change


def manifest(edit: Callable[[dict[str, Any]], object], rebuilt: bool = False) -> Change:
    """Edit the manifest; `rebuilt` draws the page from it too."""

    def change(run: Path) -> None:
        content = store.read_json(run / store.MANIFEST)
        before = json.dumps(content)
        edit(content)
        assert json.dumps(content) != before
        store.write_json(run / store.MANIFEST, content)
        redraw(run) if rebuilt else reseal(run)

    return change


def renamed(edit: Callable[[dict[str, Any]], object]) -> Change:
    """Edit the manifest, give the run the id that follows, and draw the page again."""

    def change(run: Path) -> None:
        content = store.read_json(run / store.MANIFEST)
        edit(content)
        store.write_json(run / store.MANIFEST, content)
        said = store.read_manifest(run)
        digest = follows.content_digest(said.study, read_evidence(run, said), said.models, said.versions["facegap"])
        content["run_id"] = follows.run_name(said.study["name"], said.started, digest)
        store.write_json(run / store.MANIFEST, content)
        redraw(run)

    return change


def arrays(name: str, edit: Callable[[dict[str, Any]], object], rebuilt: bool = False) -> Change:
    """Edit the arrays of the first file of that ending in comparisons/."""

    def change(run: Path) -> None:
        path = sorted((run / "comparisons").glob(name))[0]
        content = store.read_arrays(path)
        edit(content)
        store.write_arrays(path, content)
        rebuild(run) if rebuilt else reseal(run)

    return change


def then_rebuilt(change: Change) -> Change:
    def both(run: Path) -> None:
        change(run)
        rebuild(run)

    return both


def renamed_after(change: Change) -> Change:
    """The change, the id that follows, tables and page."""

    def both(run: Path) -> None:
        change(run)
        content = store.read_json(run / store.MANIFEST)
        said = store.read_manifest(run)
        evidence = read_evidence(run, said)
        if "images_digest" in content["dataset"]:
            content["dataset"]["images_digest"] = follows.images_digest(evidence)
        digest = follows.content_digest(said.study, evidence, said.models, said.versions["facegap"])
        content["run_id"] = follows.run_name(said.study["name"], said.started, digest)
        content["samples"] = follows.sample_counts(evidence, sum(said.refused.values()))
        store.write_json(run / store.MANIFEST, content)
        rebuild(run)

    return both


def remove(name: str) -> Change:
    def change(run: Path) -> None:
        path = sorted(run.glob(name))[0]
        path.unlink()
        reseal(run)

    return change


def add(name: str) -> Change:
    def change(run: Path) -> None:
        store.write_atomic(run / name, b"added\n")
        reseal(run)

    return change


def no_page(flag: bool, why: bool) -> Change:
    """Take the page away, and say that none was asked for, or that it could not be drawn."""

    def change(run: Path) -> None:
        shutil.rmtree(run / "figures")
        (run / store.PAGE).unlink()
        if why:
            store.write_atomic(run / store.NO_PAGE, b"RuntimeError: no such font\n")
        if flag:
            manifest(lambda m: m.update(page=False))(run)
        reseal(run)

    return change


def banners_gone(run: Path) -> None:
    manifest(lambda m: m.update(banners=[]))(run)
    (run / "tables" / tables.NOTICE).unlink()
    redraw(run)


def card_without_banner(run: Path) -> None:
    manifest(lambda m: (m["dataset"].update(banner=""), m.update(banners=[])))(run)
    (run / "tables" / tables.NOTICE).unlink()
    redraw(run)


def seal_gone(run: Path) -> None:
    (run / KEPT).unlink()
    manifest(lambda m: m.update(sealed={}), rebuilt=True)(run)


def seal_dated_back(run: Path) -> None:
    """A protocol written after the fact, with an early date, that says what was done."""
    said, old = store.read_manifest(run), read_seal(run / KEPT)
    parts: dict[str, Any] = {
        "study_text": said.config_text,
        "models": old.models,
        "conditions": old.conditions,
        "dataset": dict(old.dataset),
        "policy": None,
    }
    seal = replace(
        old, sealed="2020-01-01T00:00:00+00:00", claims=[], study=said.study, digests=digests_of(**parts), **parts
    )
    store.write_atomic(run / KEPT, seal_bytes(seal))
    manifest(lambda m: m["sealed"].update(digest=seal.digest, sealed=seal.sealed, departures=[]), rebuilt=True)(run)


def invented(run: Path) -> None:
    """Every score of the mated comparisons moved up alike, in searches too, and everything made anew."""
    for path in sorted((run / "comparisons").glob("*.npz")):
        content = store.read_arrays(path)
        for name in ("mated_score", "mate_score"):
            if name in content:
                content[name] = (content[name] + np.float32(0.001)).astype(np.float32)
        if "mate_rank" in content:
            higher = content["mate_score"] > content["top_nonmate"]
            ranked = content["mate_rank"] > 0
            for name in ("mate_rank", "mate_rank_optimistic"):
                content[name] = np.where(ranked & higher, 1, content[name])
        store.write_arrays(path, content)
    rebuild(run)


def _first(content: dict[str, Any], name: str, value: float) -> None:
    content[name] = content[name].copy()
    content[name][int(np.flatnonzero(~np.isnan(content[name]))[0])] = value


def _flip(content: dict[str, Any], name: str) -> None:
    content[name] = content[name].copy()
    content[name][0] = ~content[name][0]


def _times(m: dict[str, Any]) -> None:
    m.update(started="2026-01-01T00:00:00+00:00", finished="2026-01-01T01:00:00+00:00")


def _other_matplotlib(m: dict[str, Any]) -> None:
    m["versions"]["matplotlib"] = "3.8.4"  # Older than any that facegap runs on, so never the one that drew.


def _study(m: dict[str, Any], part: str, key: str, value: Any) -> None:
    m["study"][part][key] = value


def _cuda(run: Path) -> None:
    """Provider asked and got, as study.toml says by now."""
    said = (run / "study.toml").read_text(encoding="utf-8")

    def edit(m: dict[str, Any]) -> None:
        m.update(provider_actual="CUDAExecutionProvider", provider_asked="cuda", config_text=said)
        _study(m, "backend", "provider", "cuda")

    renamed(edit)(run)


def _one_grouping(run: Path) -> None:
    """Groups as study.toml says by now, and all that follows."""
    said = (run / "study.toml").read_text(encoding="utf-8")

    def edit(m: dict[str, Any]) -> None:
        m["config_text"] = said
        m["study"]["groups"] = [["group"]]

    renamed_after(manifest(edit))(run)


def _given(m: dict[str, Any]) -> None:
    row = {"name": "fixed", "model": "tiny", "value": 0.5, "policy": "given in the study", "note": ""}
    blank = dict.fromkeys(("target", "realised", "false_matches", "comparisons", "low", "high"))
    m["given_thresholds"].append(row | blank)


def _machine(m: dict[str, Any]) -> None:
    m.update(commit="0" * 40, dirty=False)
    m["machine"]["cores"] = "64"


def _both_providers(m: dict[str, Any]) -> None:
    m.update(provider_actual="CUDAExecutionProvider", provider_asked="cuda")
    _study(m, "backend", "provider", "cuda")


def _refused(m: dict[str, Any]) -> None:
    m["refused"]["no label"] = 7
    m["samples"]["refused"] = 7


def _derived(m: dict[str, Any]) -> None:
    m.update(derived_from={"run": "other", "sha256sums": "0" * 64, "changes": {}})


def _other_facegap(m: dict[str, Any]) -> None:
    m["versions"]["facegap"] = "0.2.1"


def _count(a: dict[str, Any]) -> None:
    a["histogram"][0, 5] += 1


def _rolled(a: dict[str, Any]) -> None:
    a["histogram"] = np.roll(a["histogram"], -20, axis=1)


def _ranked_first(a: dict[str, Any]) -> None:
    a["mate_rank"][int(np.argmax(a["mate_rank"]))] = 1


def _sums_turned(run: Path) -> None:
    sums = run / store.SUMS
    sums.write_text("".join(reversed(sums.read_text().splitlines(keepends=True))))


def both(*changes: Change) -> Change:
    def change(run: Path) -> None:
        for one in changes:
            one(run)

    return change


def _other_subject(run: Path) -> None:
    path = run / "tables" / "samples.csv"
    rows = store.read_table(path)
    rows[1]["subject"] = rows[-1]["subject"]
    path.write_text(store.cells_text([list(rows[0]), *(list(row.values()) for row in rows)]), encoding="utf-8")
    reseal(run)


NUMBER, MORE = r"(<td[^>]*>)(\d)", r"\g<1>7\g<2>"
BAR = r"(<path d=\"M )(\d)"
MAIN, CLOSED, OPEN = "*~clean.npz", "*~clean~closed.npz", "*~clean~open.npz"
ACQUIRED = "acquisitions/aligned-none~clean.csv"
AGAIN = "the study run again on the images; a second party that keeps the digest"
TRUST = "a second party that was there, or that runs the study again"
VERSIONS = "verify under the versions that the run names; the page that `facegap report` draws"

FORGERIES = (
    Forgery("a rate in rates.csv", cell("rates", "rate", lambda v: repr(float(v) / 2))),
    Forgery("the end of an interval", cell("rates", "high", lambda v: repr(float(v) * 0.9))),
    Forgery("a number of errors", cell("rates", "errors", lambda v: str(int(v) + 1))),
    Forgery("a threshold in thresholds.csv", cell("thresholds", "threshold", lambda v: repr(float(v) + 0.01))),
    Forgery("a rate across groups", cell("cross_fmr", "rate", lambda v: repr(float(v) / 2))),
    Forgery("a summary measure", cell("differentials", "value", lambda v: repr(float(v) * 0.5))),
    Forgery("a rate of searches", cell("identification", "rate", lambda v: repr(float(v) * 0.5 + 0.01))),
    Forgery(
        "a rate in rates.csv, page drawn from it", both(cell("rates", "rate", lambda v: repr(float(v) / 2)), redraw)
    ),
    Forgery("a group's name in one row", text("tables/rates.csv", "amber", "ember")),
    Forgery("a row taken out of a table", lines("tables/rates.csv", lambda t: t[:3] + t[4:])),
    Forgery("a row twice in a table", lines("tables/rates.csv", lambda t: [*t, t[-1]])),
    Forgery("two rows of a table changed over", lines("tables/rates.csv", lambda t: [t[0], t[2], t[1], *t[3:]])),
    Forgery("a column added to a table", lines("tables/rates.csv", lambda t: [f"{line[:-1]},more\n" for line in t])),
    Forgery("other line ends in a table", lines("tables/det.csv", lambda t: [f"{line[:-1]}\r\n" for line in t])),
    Forgery("a table without rows", lines("tables/versus_rest.csv", lambda t: t[:1])),
    Forgery("a table taken out", remove("tables/homogeneity.csv")),
    Forgery(
        "a table taken out, and another version claimed",
        both(remove("tables/rates.csv"), manifest(lambda m: m["versions"].update(facegap="0.1.0"))),
    ),
    Forgery("a word in the data dictionary", text("tables/README.md", "errors", "successes")),
    Forgery("the data dictionary taken out", remove("tables/README.md")),
    Forgery("a NOTICE that the run has not", add("tables/NOTICE.txt"), needs="no banner"),
    Forgery("a word in NOTICE.txt", text("tables/NOTICE.txt", "only", "not only"), needs="banner"),
    Forgery("NOTICE.txt taken out", remove("tables/NOTICE.txt"), needs="banner"),
    Forgery("banners and NOTICE taken out, page drawn again", banners_gone, needs="banner"),
    Forgery("the same, and the banner of the data set's card in the manifest", card_without_banner, needs="banner"),
    Forgery("a number on the page", text("report.html", NUMBER, MORE)),
    Forgery(
        "a number in a finding", text("report.html", r"(<ul class=\"findings\">\s*<li>[^<]*?)(\d)", r"\g<1>9\g<2>")
    ),
    Forgery("a word on the page", text("report.html", "Who is turned away", "Who is let in")),
    Forgery("the banner on the page", text("report.html", r"<p class=\"banner\".*?</p>", ""), needs="banner"),
    Forgery("the digest on the page", text("report.html", r"<code>[0-9a-f]{64}</code>", f"<code>{'0' * 64}</code>")),
    Forgery("a bar in a figure on the page", text("report.html", BAR, r"\g<1>9\g<2>")),
    Forgery("a colour in a figure on the page", text("report.html", "#0072b2", "#d55e00")),
    Forgery("a script on the page", text("report.html", "</body>", "<script>alert(1)</script></body>")),
    Forgery("something hidden on the page", text("report.html", "</style>", "#limits{display:none}</style>")),
    Forgery("a bar in a figure's file", text("figures/rates-tiny-1.svg", BAR, r"\g<1>9\g<2>")),
    Forgery("a word in a figure's file", text("figures/rates-tiny-1.svg", "<title>", "<title>No difference. ")),
    Forgery("a figure taken out", remove("figures/rates-*-1.svg")),
    Forgery("a figure added", add("figures/more.svg")),
    Forgery("the page taken out", remove("report.html")),
    Forgery("page and figures taken out", no_page(False, False)),
    Forgery("page taken out, said to have failed", no_page(False, True), False, "`facegap report` draws it"),
    Forgery("page taken out, said not to be asked for", no_page(True, False), False, "`facegap report` draws it"),
    Forgery(
        "a number on the page, other versions claimed",
        both(text("report.html", NUMBER, MORE), manifest(_other_matplotlib)),
    ),
    Forgery(
        "a word on the page, other drawing versions claimed",
        both(text("report.html", "Who is turned away", "Who is let in"), manifest(_other_matplotlib)),
    ),
    Forgery(
        "a bar on the page, other versions claimed and drawn",
        both(manifest(_other_matplotlib, rebuilt=True), text("report.html", BAR, r"\g<1>9\g<2>")),
        False,
        VERSIONS,
    ),
    Forgery(
        "a number on the page, another facegap claimed",
        both(manifest(_other_facegap, rebuilt=True), text("report.html", NUMBER, MORE)),
    ),
    Forgery(
        "a word on the page, another facegap claimed",
        both(manifest(_other_facegap, rebuilt=True), text("report.html", "Who is turned away", "Who is let in")),
        False,
        VERSIONS,
    ),
    Forgery(
        "the provider that computed",
        manifest(lambda m: m.update(provider_actual="CUDAExecutionProvider"), rebuilt=True),
    ),
    Forgery("both providers", manifest(_both_providers, rebuilt=True)),
    Forgery(
        "both providers, in study.toml too",
        both(text("study.toml", r"\[backend\]", '[backend]\nprovider = "cuda"'), _cuda),
        False,
        AGAIN,
        needs="no seal",
    ),
    Forgery("a package's version", manifest(lambda m: m["versions"].update(scipy="1.0"), rebuilt=True), False, TRUST),
    Forgery("machine and commit", manifest(_machine, rebuilt=True), False, TRUST),
    Forgery("when it was measured", manifest(_times, rebuilt=True)),
    Forgery(
        "when it was measured, and the id that follows",
        renamed(_times),
        False,
        "a second party that keeps the digest knows since when",
        needs="no seal",
    ),
    Forgery(
        "an end before the start", manifest(lambda m: m.update(finished="2020-01-01T00:00:00+00:00"), rebuilt=True)
    ),
    Forgery("stages longer than the run", manifest(lambda m: m["stages"].update(compare=1e6), rebuilt=True)),
    Forgery("seconds of a stage", manifest(lambda m: m["stages"].update(compare=0.001), rebuilt=True), False, TRUST),
    Forgery("the run's id", manifest(lambda m: m.update(run_id="tiny-20200101T000000Z-00000000"), rebuilt=True)),
    Forgery("a run's id that leads elsewhere", text("manifest.json", r'"run_id": "[^"]*"', '"run_id": "../up"')),
    Forgery("a key that no manifest has", manifest(lambda m: m.update(reviewed_by="the court"))),
    Forgery("a status", manifest(lambda m: m.update(status="certified"), rebuilt=True)),
    Forgery("a manifest in another form", lines("manifest.json", lambda t: [f" {line}" for line in t])),
    Forgery(
        "the title of a model's card", manifest(lambda m: m["models"][0].update(title="another net"), rebuilt=True)
    ),
    Forgery(
        "colour order, and the id that follows", renamed(lambda m: m["models"][0]["preprocess"].update(colour="BGR"))
    ),
    Forgery(
        "the alignment of a card, and the id",
        renamed(lambda m: m["models"][0]["preprocess"].update(mean=[0.0, 0.0, 0.0])),
    ),
    Forgery(
        "a vendor's claim added to a card",
        renamed(lambda m: m["models"][0].update(claims=[{"text": "100 %", "source": "us"}])),
    ),
    Forgery(
        "a card of another version, and the id",
        renamed(lambda m: m["models"][0].update(version="2", title="another net")),
    ),
    Forgery(
        "the digest of the weights", renamed(lambda m: m["models"][0].update(sha256="0" * 64, file_sha256="0" * 64))
    ),
    Forgery("terms of the data set", manifest(lambda m: m["dataset"].update(terms="free for all"), rebuilt=True)),
    Forgery(
        "where the labels come from",
        manifest(lambda m: m["dataset"]["groups"]["group"].update(label_source="self-report"), rebuilt=True),
    ),
    Forgery(
        "what is known of a condition",
        manifest(lambda m: m["conditions"][0].update(source="measured on 40 phones"), rebuilt=True),
    ),
    Forgery(
        "a parameter of a condition",
        manifest(lambda m: m["conditions"][1]["steps"][0].update(scale=0.9), rebuilt=True),
        needs="condition",
    ),
    Forgery("how many samples there were", manifest(lambda m: m["samples"].update(samples=960), rebuilt=True)),
    Forgery("samples refused", manifest(_refused, rebuilt=True), images=True),
    Forgery("the digest of all images", manifest(lambda m: m["dataset"].update(images_digest="0" * 64), rebuilt=True)),
    Forgery("a threshold that was given", manifest(_given)),
    Forgery(
        "the smallest group in the manifest alone",
        both(manifest(lambda m: _study(m, "statistics", "min_subjects", 2)), rebuild),
    ),
    Forgery("the seed in the manifest alone", both(manifest(lambda m: m["study"].update(seed=8)), rebuild)),
    Forgery("study.toml alone", text("study.toml", "seed = 7", "seed = 8")),
    Forgery(
        "groups chosen anew in study.toml and all that follows",
        both(text("study.toml", r"groups = .*", 'groups = [["group"]]'), _one_grouping),
        needs="no seal",
    ),
    Forgery("said to be derived from a run", manifest(_derived, rebuilt=True)),
    Forgery("a mated score", arrays(MAIN, lambda a: _first(a, "mated_score", -1.0))),
    Forgery("a mated score, tables and page made anew", arrays(MAIN, lambda a: _first(a, "mated_score", -1.0), True)),
    Forgery("a score of the tail, all made anew", arrays(MAIN, lambda a: _first(a, "tail_score", 0.99), True)),
    Forgery("the floor of the tail", arrays(MAIN, lambda a: a.update(floor=np.array(float(a["floor"]) + 0.02)), True)),
    Forgery("a count of the histogram, all made anew", arrays(MAIN, _count, True)),
    Forgery("a histogram's scores moved down, all made anew", arrays(MAIN, _rolled, True)),
    Forgery("a sample without a template, all made anew", arrays(MAIN, lambda a: _flip(a, "probe_ok"), True)),
    Forgery("an array that nothing reads", arrays(MAIN, lambda a: a.update(more=np.zeros(3)))),
    Forgery("other bytes for the same numbers", arrays(MAIN, lambda a: a.update(cells=a["cells"].astype(np.int64)))),
    Forgery(
        "trials left out, all made anew", arrays(MAIN, lambda a: a.update(trials_probe=a["trials_probe"][:-1]), True)
    ),
    Forgery("a rank in a search, all made anew", arrays(CLOSED, _ranked_first, True)),
    Forgery(
        "a mate's score in a search, all made anew", arrays(CLOSED, lambda a: _first(a, "mate_score", 0.999), True)
    ),
    Forgery(
        "a highest score of strangers, all made anew", arrays(OPEN, lambda a: _first(a, "top_nonmate", 0.999), True)
    ),
    Forgery(
        "the size of a gallery, all made anew", arrays(OPEN, lambda a: a.update(gallery=a["gallery"] + [1, 0]), True)
    ),
    Forgery("all mated scores raised alike, all made anew", invented, False, AGAIN),
    Forgery("a person's label", text("tables/samples.csv", ",blue,", ",amber,")),
    Forgery("a column in samples.csv", lines("tables/samples.csv", lambda t: [f"{line[:-1]},more\n" for line in t])),
    Forgery("another subject for a sample, all made anew", renamed_after(_other_subject)),
    Forgery("a role, all made anew", renamed_after(text("tables/samples.csv", ",selfie,", ",photo,")), images=True),
    Forgery(
        "an image's digest, and all that follows",
        renamed_after(text("tables/samples.csv", r",[0-9a-f]{64},", f",{'ab' * 32},")),
        True,
        images=True,
    ),
    Forgery(
        "an outcome of acquisition, all made anew",
        then_rebuilt(text(ACQUIRED, ",unreadable,[^,\n]*", ",ok,")),
        False,
        AGAIN,
    ),
    Forgery(
        "a reason of a failure, all made anew",
        then_rebuilt(text(ACQUIRED, "(,unreadable,)[^,\n]*", r"\g<1>nobody knows")),
        False,
        AGAIN,
    ),
    Forgery("samples in another order", lines(ACQUIRED, lambda t: [t[0], t[2], t[1], *t[3:]])),
    Forgery("acquisitions taken out", remove("acquisitions/*.csv")),
    Forgery("searches taken out, all made anew", then_rebuilt(remove("comparisons/*~open.npz"))),
    Forgery("a file added", add("expert-opinion.txt")),
    Forgery("a file added to the figures", add("figures/seal.png")),
    Forgery("sums in another order", _sums_turned),
    Forgery("the sealed protocol taken out", remove(KEPT), needs="seal"),
    Forgery("the sealed protocol edited", text(KEPT, r'"seed": 8', '"seed": 7'), needs="seal"),
    Forgery(
        "departures left out of the manifest",
        manifest(lambda m: m["sealed"].update(departures=[]), rebuilt=True),
        needs="seal",
    ),
    Forgery(
        "the sealed protocol and all word of it taken out",
        seal_gone,
        False,
        "whoever was handed the seal's digest",
        needs="seal",
    ),
    Forgery(
        "a protocol that was sealed afterwards, dated back",
        seal_dated_back,
        False,
        "whoever was handed the seal's digest",
        needs="seal",
    ),
)


def remember(patch: Callable[[tuple[Any, str], Any], None]) -> None:
    """Compute tables once for equal evidence, and draw once from equal files: the same functions, called less often.

    Args:
        patch: sets an attribute: `patch((object, name), value)`.
    """
    build, drawn = tables.build, report.drawn
    known: dict[str, Any] = {}

    def built(evidence: Evidence) -> Any:
        key = evidence_digest(evidence)
        return known[key] if key in known else known.setdefault(key, build(evidence))

    def drawn_once(folder: Path) -> Any:
        files = store.plain_files(folder).items()
        shaping = [(name, store.sha256_file(path)) for name, path in files if not store.is_drawn(name)]
        key = store.digest([pair for pair in shaping if pair[0] != store.SUMS])
        return known[key] if key in known else known.setdefault(key, drawn(folder))

    patch((tables, "build"), built)
    patch((report, "drawn"), drawn_once)


def evidence_digest(evidence: Evidence) -> str:
    """Of everything that tables are computed from."""
    with tempfile.TemporaryDirectory() as place:
        write_evidence(Path(place), evidence)
        files = {name: store.sha256_file(path) for name, path in store.plain_files(Path(place)).items()}
    rest = [evidence.study.model_dump(mode="json"), dict(evidence.vendor), repr(evidence.given), evidence.identities]
    return store.digest([files, rest, dict(evidence.applies_to)])
