"""The page as a tagged PDF, printed by a Chromium that is on this machine: no browser comes with this program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from facegap.errors import StoreError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names under which Chromium lies on PATH."""

PATIENCE_S = 180.0

_WORDS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    # Whatever asks for a host gets none.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)


def program() -> str | None:
    """Chromium on PATH; None where there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def write_pdf(page: Path, pdf: Path) -> None:
    """Print the page, without its appendix, to a tagged PDF.

    Raises:
        StoreError: there is no Chromium on PATH, or it printed nothing.
    """
    chromium = program()
    if chromium is None:
        raise StoreError(
            f"{pdf}: not written: none of {', '.join(PROGRAMS)} is on PATH; install Chromium, or open {page} in a "
            "browser and print it there"
        )
    with tempfile.TemporaryDirectory() as profile:
        # A sandbox cannot be made by root.
        more = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        words = [chromium, *_WORDS, *more, f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}"]
        _run([*words, page.resolve().as_uri()], pdf)


def _run(words: list[str], pdf: Path) -> None:
    pdf.unlink(missing_ok=True)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(words, timeout=PATIENCE_S, check=False, **quiet)  # type: ignore[call-overload]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"{pdf}: not written: {words[0]}: {type(error).__name__}") from None
    if not pdf.is_file() or not pdf.read_bytes().startswith(b"%PDF"):
        raise StoreError(f"{pdf}: not written: {words[0]} printed nothing; open the page in a browser and print it")
