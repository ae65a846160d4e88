"""What several test folders share: a private cache, and the folder beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from called import command  # noqa: F401
from facegap import store
from finished import SECRET, finished  # noqa: F401

# Compiled loops stay in the user's cache from one test session to the next.
os.environ.setdefault("NUMBA_CACHE_DIR", str(store.cache_dir() / "compiled"))

# How long an example takes says how busy the machine is, nothing of the code.
settings.register_profile("facegap", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("facegap")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of the whole test session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _private_cache(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own cache, and opaque ids are the same in every run."""
    monkeypatch.setenv("FACEGAP_CACHE", str(cache_folder))
    monkeypatch.setenv("FACEGAP_SECRET", SECRET)


@pytest.fixture
def shared() -> Path:
    """The folder with real faces and models beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real faces here: {SHARED.name}/ is not beside the checkout")
    return SHARED
