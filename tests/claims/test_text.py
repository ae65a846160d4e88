"""The grammar of claims: what is understood, as what, and one clear line for the rest."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegap.claims.text import Claim, parse
from facegap.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "metric", "number", "scope", "columns", "threshold"),
    [
        ("FNMR <= 0.0012 in every group", "at most", "FNMR", 0.0012, "every group", None, None),
        ("fmr ≤ 1e-4 in group Black, female at vendor", "at most", "FMR", 1e-4, "Black, female", None, "vendor"),
        ("FNMR<=0.12% overall at FMR 0.001", "at most", "FNMR", 0.0012, "overall", None, "FMR 0.001"),
        (
            "FMR at most 1 in 10,000 in every group of ethnicity, gender at vendor",
            "at most",
            "FMR",
            1e-4,
            "every group",
            ("ethnicity", "gender"),
            "vendor",
        ),
        ("FTA >= 1 % overall", "at least", "FTA", 0.01, "overall", None, None),
        ("FNMR within a ratio of 1.25 in every group", "ratio", "FNMR", 1.25, "every group", None, None),
        ("FNMR within 20 per 10,000", "difference", "FNMR", 0.002, "every group", None, None),
        ("99.88 % accurate", "accuracy", "", 0.0012, "every group", None, None),
        ("accuracy >= 0.9988 overall", "accuracy", "", 0.0012, "overall", None, None),
        ("99.88% accuracy in every group.", "accuracy", "", 0.0012, "every group", None, None),
    ],
)
def test_what_is_understood(text, kind, metric, number, scope, columns, threshold) -> None:
    found = parse(text)
    about: Any = pytest.approx(number)
    assert found == Claim(
        text=text,
        kind=kind,
        metric=metric,
        number=about,
        scope=scope,
        columns=columns,
        threshold=threshold,
    )
    assert "\n" not in found.says()


@pytest.mark.parametrize(
    ("text", "kind", "metric", "number", "scope", "threshold", "rank", "protocol"),
    [
        ("FNIR <= 0.02 in every group at FPIR 0.01", "at most", "FNIR", 0.02, "every group", "FPIR 0.01", None, "open"),
        ("fpir ≤ 1 in 100 overall", "at most", "FPIR", 0.01, "overall", None, None, "open"),
        ("FNIR at rank 5 >= 1 % in group red", "at least", "FNIR", 0.01, "red", None, 5, "open"),
        (
            "FNIR <= 2 % in group red in the closed gallery at vendor",
            "at most",
            "FNIR",
            0.02,
            "red",
            "vendor",
            None,
            "closed",
        ),
        ("FNIR in the closed gallery <= 2 % overall", "at most", "FNIR", 0.02, "overall", None, None, "closed"),
        ("FNIR at rank 1 <= 2 % at no threshold", "at most", "FNIR", 0.02, "every group", "none", 1, "open"),
        ("FNIR at rank 1 within a ratio of 1.5 at vendor", "ratio", "FNIR", 1.5, "every group", "vendor", 1, "open"),
        (
            "FPIR within 20 per 10,000 in the open gallery",
            "difference",
            "FPIR",
            0.002,
            "every group",
            None,
            None,
            "open",
        ),
        ("rank-1 hit rate >= 99 %", "at most", "FNIR", 0.01, "every group", "none", 1, "closed"),
        (
            "Rank 10 hit rate of at least 0.9 overall in the open gallery",
            "at most",
            "FNIR",
            0.1,
            "overall",
            "none",
            10,
            "open",
        ),
    ],
)
def test_what_is_understood_of_searches(text, kind, metric, number, scope, threshold, rank, protocol) -> None:
    found = parse(text)
    about: Any = pytest.approx(number)
    assert found == Claim(
        text=text,
        kind=kind,
        metric=metric,
        number=about,
        scope=scope,
        columns=None,
        threshold=threshold,
        rank=rank,
        protocol=protocol,
    )
    assert f"in the {protocol} gallery" in found.says() and "\n" not in found.says()
    assert ("whatever its rank (R = N)" in found.says()) == (metric == "FNIR" and rank is None)
    assert ("without a threshold" in found.says()) == (threshold == "none")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is fair", "not understood"),
        ("EER <= 0.01 in every group", "no metric 'EER'"),
        ("FNMR <= 1.5 overall", "above 0 and below 1, found 1.5"),
        ("FNMR <= 0 overall", "above 0 and below 1, found 0"),
        ("FNMR <= 1 in 0 overall", "is no number"),
        ("FNMR <= 1.2.3 overall", "is no number"),
        ("FNMR within a ratio of 0.8", "above 1"),
        ("FNMR within a ratio of 1.25 overall", "compares groups"),
        ("100 % accurate", "found 0"),
        ("", "not understood"),
        ("FNMR <= 0.1 in the closed gallery", "a gallery is searched"),
        ("99 % accurate in the open gallery", "a gallery is searched"),
        ("FPIR <= 0.1 in the closed gallery", "there is no FPIR"),
        ("FPIR at rank 1 <= 0.1", "it is said of FNIR"),
        ("FNIR at rank 0 <= 0.1", "ranks begin at 1"),
        ("FNIR <= 0.1 at no threshold", "without a threshold there is only a rank"),
        ("FNIR <= 0.1 at rank 1", "a rank stands behind the metric"),
        ("rank-1 hit rate >= 99 % at vendor", "FNIR at rank 1 <= ... at vendor"),
        ("rank-1 hit rate >= 100 %", "found 0"),
        ("FNIR <= 0.1 in the open gallery in the closed gallery", "not understood"),
    ],
)
def test_what_is_not_is_one_line_that_says_what_would_be(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as found:
        parse(text)
    assert "\n" not in str(found.value)


@given(st.text(max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    with contextlib.suppress(InputError):
        parse(text)


@given(st.floats(1e-9, 0.999), st.sampled_from(["every group", "group amber", "overall"]))
def test_every_share_reads_back(share: float, scope: str) -> None:
    where = scope if scope == "overall" else f"in {scope}"
    assert parse(f"FNMR <= {share!r} {where} at vendor").number == pytest.approx(share)
