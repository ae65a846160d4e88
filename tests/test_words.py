"""The words that messages share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.words import EXAMPLES, did_you_mean, plural, some


@pytest.mark.parametrize(("count", "words"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs")])
def test_one_is_singular(count: int, words: str) -> None:
    assert plural(count, "pair") == words


@pytest.mark.parametrize(
    ("examples", "words"),
    [([], ""), (["a"], "a"), (["a", "b", "c"], "a; b; c"), (["a", "b", "c", "d", "e"], "a; b; c; and 2 more")],
)
def test_a_few_examples_stand_for_all(examples: list[str], words: str) -> None:
    assert some(examples) == words


@given(st.integers(EXAMPLES + 1, 50))
def test_what_is_not_shown_is_counted(count: int) -> None:
    assert some([str(k) for k in range(count)]).endswith(f"; and {count - EXAMPLES} more")


@pytest.mark.parametrize(
    ("name", "names", "words"),
    [
        ("gendr", ["age", "gender"], ", did you mean 'gender'?"),
        ("gendr", (name for name in ("age", "gender")), ", did you mean 'gender'?"),
        ("gendr", ["age"], ""),
        ("gendr", [], ""),
    ],
)
def test_the_nearest_name_is_offered_where_one_is_near(name: str, names: list[str], words: str) -> None:
    assert did_you_mean(name, names) == words
