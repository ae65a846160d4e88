"""Files that `facegap models pull` left in the user's cache, for tests that need real weights but no network."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import pytest

from facegap import cards, store

_USER_CACHE = store.cache_dir()  # read before any test gets its private cache


def source_file(card: str, member: str) -> Path:
    """The verified package member of that file name; skips the test where it was never pulled."""
    loaded = cards.load_detector(card) if card == "mtcnn" else cards.load_model(card)
    assert loaded.pull is not None
    (sha256,) = [digest for name, digest in loaded.pull.members.items() if name.endswith(member)]
    path = _USER_CACHE / "sources" / sha256
    if not path.is_file():
        pytest.skip(f"no weights here: facegap models pull {card}")
    return path


def detector_files() -> dict[str, Path]:
    """MTCNN's three nets; skips the test where they were never pulled."""
    digests = cards.load_detector("mtcnn").sha256s
    files = {part: _USER_CACHE / "weights" / f"{sha256}.onnx" for part, sha256 in digests.items()}
    if not all(file.is_file() for file in files.values()):
        pytest.skip("no weights here: facegap models pull mtcnn")
    return files


def into_cache(*names: str) -> None:
    """Put the weights of these cards into the test's cache; skips the test where they are nowhere on this machine.

    They are taken from $FACEGAP_TEST_WEIGHTS (a folder of <sha256>.onnx), the user's cache, or the shared folder beside
    the repository.
    """
    given = os.environ.get("FACEGAP_TEST_WEIGHTS")
    folders = [*([Path(given)] if given else []), _USER_CACHE / "weights"]
    for name in names:
        for sha256 in _digests(name):
            target = store.weights_path(sha256)
            found = [folder / f"{sha256}.onnx" for folder in folders if (folder / f"{sha256}.onnx").is_file()]
            found += [_shared()[sha256]] if sha256 in _shared() else []
            if target.is_file():
                continue
            if not found:
                pytest.skip(f"no weights of {name} here: set FACEGAP_TEST_WEIGHTS, or facegap models {_how(name)}")
            store.write_atomic(target, found[0].read_bytes())


@lru_cache(maxsize=1)
def _shared() -> dict[str, Path]:
    """Weights in the shared folder beside the repository, by digest; none where there is no such folder."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "models"
    return {store.sha256_file(path): path for path in sorted(folder.glob("*.onnx"))}


def _how(name: str) -> str:
    """Weights with a public source are pulled, others pinned by whoever has them."""
    card = cards.load_detector(name) if name == "mtcnn" else cards.load_model(name)
    return f"pull {name}" if card.pull is not None else f"pin {name} FILE"


def _digests(name: str) -> list[str]:
    if name == "mtcnn":
        return list(cards.load_detector(name).sha256s.values())
    sha256 = cards.load_model(name).sha256
    assert sha256 is not None
    return [sha256]
