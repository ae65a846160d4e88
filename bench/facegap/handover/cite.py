"""How to cite a run: in words and as BibTeX, by its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from facegap import store
from facegap.errors import StoreError
from facegap.words import in_one_line

_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "|": r"\textbar{}",
}


def as_tex(text: str) -> str:
    """`text` as LaTeX prints it: nothing in it is a command."""
    return "".join(_TEX.get(letter, letter) for letter in in_one_line(text))


def citation(run: Path) -> Iterator[str]:
    """A sentence, and an entry for BibTeX; both with the digest that the run is quoted by.

    Raises:
        StoreError: the folder is no finished run, or changed since it was sealed.
    """
    changed = store.sums_differences(run)
    if changed:
        raise StoreError(f"{run}: changed since it was sealed, so it cannot be cited: {changed[0]}")
    manifest = store.read_manifest(run)
    digest, version = store.run_digest(run), str(manifest.versions.get("facegap", ""))
    title, year = str(manifest.study["title"]), manifest.finished[:4]
    models = ", ".join(str(use["card"]) for use in manifest.study["models"])
    data = f"{manifest.dataset.get('title', '')} ({manifest.dataset.get('version', '')})"
    yield in_one_line(
        f"{title}. Run {manifest.run_id} of facegap {version}, {manifest.finished[:10]}; models: {models}; "
        f"data: {data}. SHA-256 {digest}."
    )
    yield ""
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"facegap-{manifest.study['name']}-{digest[:8]}")
    yield f"@misc{{{key},"
    yield f"  title = {{{{{as_tex(title)}}}}},"
    yield f"  author = {{{{{as_tex('The facegap authors')} (program)}}}},"
    yield f"  year = {{{as_tex(year)}}},"
    yield f"  howpublished = {{Run {as_tex(manifest.run_id)} of facegap {as_tex(version)}}},"
    yield f"  note = {{Models: {as_tex(models)}. Data: {as_tex(data)}. SHA-256 {digest}}},"
    yield "}"
    source = str(manifest.dataset.get("citation", ""))
    if source:
        yield ""
        yield in_one_line(f"Cite the data set too: {source}")
