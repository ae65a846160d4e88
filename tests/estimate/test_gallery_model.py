"""The FMR-matrix model of FPIR against R15."""

from __future__ import annotations

import pytest

from facegap.estimate.gallery_model import modelled_fpir
from made import reference


def test_gallery_model_of_r15():
    case = reference("R15_fpir_model.json")
    for row in case["homogeneous"]:
        assert modelled_fpir({"A": row["FMR"]}, {"A": row["N"]}) == pytest.approx(row["FPIR"], rel=1e-9)
    fmr = case["FMR_matrix"]
    for row in case["mixed"]:
        gallery = {"A": round(row["N"] * row["share_A"]), "B": round(row["N"] * row["share_B"])}
        a = modelled_fpir({"A": fmr["AA"], "B": fmr["AB"]}, gallery)
        b = modelled_fpir({"A": fmr["BA"], "B": fmr["BB"]}, gallery)
        assert (a, b) == pytest.approx((row["FPIR_A"], row["FPIR_B"]), rel=1e-9)
        assert b / a == pytest.approx(row["ratio_B_over_A"], rel=1e-9)
    assert modelled_fpir({"A": 1.0}, {"A": 3}) == 1.0
    assert modelled_fpir({"A": 1.0}, {"A": 0}) == 0.0
