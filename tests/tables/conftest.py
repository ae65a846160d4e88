"""Tables that several modules look at, built once."""

from __future__ import annotations

import pytest

from facegap.tables import Built, build
from made_evidence import evidence_of


@pytest.fixture(scope="session")
def made() -> Built:
    """Every table of made evidence in which red strangers score higher."""
    return build(evidence_of(shift=1.0))
