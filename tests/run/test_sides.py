"""Which side of a comparison goes through a condition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facegap import store

CONDITION = """\
name = "coded"
title = "JPEG"
source = "made for the test"

[[steps]]
step = "jpeg"
quality = 30
"""


def mated(run: Path) -> int:
    rows = store.read_table(run / "tables" / "rates.csv")
    return max(int(row["trials"]) for row in rows if (row["metric"], row["condition"]) == ("FNMR", "coded"))


@pytest.mark.slow
def test_a_study_says_which_side_goes_through_a_condition(place: Path, run_here: Callable[..., Path]) -> None:
    folder = place / "configs" / "conditions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coded.toml").write_text(CONDITION, encoding="utf-8")
    study = (place / "tiny.toml").read_text(encoding="utf-8").replace('["clean"]', '["clean", "coded"]')
    (place / "probe.toml").write_text(study, encoding="utf-8")
    groups = study.index("groups = ")
    both = study[:groups] + 'applies_to = { coded = "both" }\n' + study[groups:]
    (place / "both.toml").write_text(both, encoding="utf-8")
    one_sided, two_sided = run_here("probe.toml", "one"), run_here("both.toml", "two")
    # (a clean, b coded) and (b clean, a coded) are two comparisons; with both coded a pair has no direction.
    assert mated(one_sided) == 2 * mated(two_sided) > 0
    manifest = store.read_json(two_sided / "manifest.json")
    assert {card["name"]: card["applies_to"] for card in manifest["conditions"]}["coded"] == "both"
