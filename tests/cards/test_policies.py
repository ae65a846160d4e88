"""Policies: the templates are read, levels and operating points are those that the file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegap.cards import card_names, load_policy
from facegap.errors import CardError

HEAD = 'kind = "policy"\nname = "p"\ntitle = "P"\n[[requirements]]\nname = "r"\nthreshold = 0.1\n'


def test_every_template_is_a_policy_of_its_own_name() -> None:
    names = card_names("configs/policies")
    assert {"court", "ees-like", "fido-sized", "rivr-like"} <= set(names)
    for name in names:
        assert load_policy(name)[0].name == name


@pytest.mark.parametrize("name", ["ees-like", "fido-sized", "rivr-like"])
def test_numbers_after_a_text_say_that_it_is_to_be_checked(name: str) -> None:
    checked = [one for one in load_policy(name)[0].requirements if "this file's own: the same" not in one.source]
    assert checked and all(one.check.startswith("check the text") for one in checked)


def test_levels_and_operating_point(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'{HEAD}goal = 0.01\nmetric = "FNMR"\nat = "FMR 1e-4"\n', encoding="utf-8")
    (one,) = load_policy(str(path))[0].requirements
    assert one.limits == {"threshold": 0.1, "goal": 0.01}
    assert (one.at, one.rate, one.summary, one.conditions) == ("FMR 0.0001", "FNMR", "", ("clean",))


def test_a_policy_that_is_not_there() -> None:
    with pytest.raises(CardError, match=r"no card named .cuort. in configs/policies/.*court"):
        load_policy("cuort")
