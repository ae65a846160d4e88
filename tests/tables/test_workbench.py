"""What the tables of one build share."""

from __future__ import annotations

import numpy as np

from facegap.tables import workbench


def test_draws_beyond_the_kept_scores_count_at_their_end() -> None:
    values = np.arange(100.0)
    assert workbench.ends_of(values, 0.95, -np.inf) == (2.0, 97.0)
    few, many = values.copy(), values.copy()
    few[:2], many[:3] = np.nan, np.nan
    assert workbench.ends_of(few, 0.95, -np.inf) == (2.0, 97.0)
    assert workbench.ends_of(many, 0.95, -np.inf) is None
