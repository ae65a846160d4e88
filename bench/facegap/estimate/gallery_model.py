"""False alarms of a gallery, modelled from 1:1 false match rates.

The model takes every candidate for an independent comparison (Drozdowski et al. 2021). Some 1:n algorithms are not n
1:1 comparisons (NIST), so a measured FPIR stands above a modelled one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping


def modelled_fpir(fmr_by_group: Mapping[str, float], gallery: Mapping[str, int]) -> float:
    """1 - prod_e (1 - FMR_e)^N_e for one probe group.

    Args:
        fmr_by_group: FMR of the probe's group against each reference group.
        gallery: enrolled people by group; each must have an FMR.
    """
    survival = 0.0
    for group, size in gallery.items():
        if size and fmr_by_group[group] >= 1:
            return 1.0
        survival += size * math.log1p(-fmr_by_group[group]) if size else 0.0
    return -math.expm1(survival)
