"""docs/conditions.md names every step with its parameters and ranges, every profile, and shows a card that is valid."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, get_args, get_origin

from facegap import conditions
from facegap.cards import ConditionCard
from facegap.conditions.parameters import signature

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "conditions.md").read_text(encoding="utf-8")


def shown(kind: object) -> str:
    if get_origin(kind) is Literal:
        return " \\| ".join(f'"{word}"' for word in get_args(kind))
    return str(get_args(kind)[1])


def test_the_table_of_steps_is_that_of_the_signatures():
    rows = {
        line.split("`")[1]: line for line in TEXT.partition("<!-- steps -->")[2].splitlines() if line.startswith("| `")
    }
    assert set(rows) == set(conditions.STEPS)
    for name, function in conditions.STEPS.items():
        found = signature(function)
        assert f"| {found.takes.__name__} → {found.gives.__name__}{', random' if found.random else ''} |" in rows[name]
        for parameter, kind in found.types.items():
            default = f' = "{found.defaults[parameter]}"' if parameter in found.defaults else ""
            assert f"`{parameter}`{default} ({shown(kind)})" in rows[name], (name, parameter)


def test_every_profile_is_named():
    for kind in conditions.KINDS:
        assert all(f"`{name}`" in TEXT for name in conditions.parts(kind))


def test_the_example_is_a_valid_card():
    block = TEXT.partition("```toml\n")[2].partition("```")[0]
    content = tomllib.loads(block)
    card = ConditionCard.model_validate({**content, "steps": tuple(content["steps"])})
    conditions.validate(card)
    assert "condition 'our-kiosk': step 2 (jpeg): qualty" in TEXT.replace("\n", " ")
