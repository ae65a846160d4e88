"""A finished run of the tests' tiny study, made once a session, for tests of commands that read runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny

SECRET = "00112233445566778899aabbccddeeff" * 2
"""Of every run of the tests, so that opaque ids are the same each time."""


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path) -> Path:
    """The results folder of the tiny study, two levels below its working directory."""
    pytest.importorskip("onnx", reason="the tiny net is written with the onnx package")
    place = tiny.make_place(tmp_path_factory.mktemp("finished"))
    code, _, error = tiny.facegap(place, "run", "tiny.toml", FACEGAP_CACHE=str(cache_folder), FACEGAP_SECRET=SECRET)
    assert code == 0, error
    return next((place / "results").glob("tiny-*"))
