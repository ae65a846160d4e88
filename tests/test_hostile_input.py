"""The fuzzer of benchmarks/hostile_input.py finds no traceback, hang or silent change; all of its classes when slow."""

from __future__ import annotations

import importlib.util
import random
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "hostile_input.py"


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    if not hasattr(signal, "SIGALRM"):
        pytest.skip("no alarm on this system")
    spec = importlib.util.spec_from_file_location("hostile_input", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hostile_input"] = module
    spec.loader.exec_module(module)
    return module


def bad(tally: object) -> tuple[int, int, int]:
    return tuple(getattr(tally, name) for name in ("tracebacks", "hangs", "silent"))


def test_tables_as_spreadsheets_save_and_change_them(fuzzer: ModuleType, tmp_path: Path) -> None:
    for tally in (fuzzer.spreadsheets(tmp_path), fuzzer.changed_ids(tmp_path)):
        assert tally.tried >= 30
        assert bad(tally) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_class(fuzzer: ModuleType) -> None:
    tried = {"pictures": 0, "tables": 0, "cards": 0}
    for make in (fuzzer.pictures, fuzzer.tables):
        for name, tally in make(random.Random(2)):
            tried[name.partition(":")[0]] += tally.tried
            assert bad(tally) == (0, 0, 0), (name, tally.examples)
    assert tried["pictures"] >= 350
    assert tried["tables"] + tried["cards"] >= 1200
