"""Loops over pixels, compiled: no GIL, cached on disk, no fast-math (so a pixel does not depend on vector width)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """The function, compiled by numba on its first call."""
    return cast(Function, numba.njit(nogil=True, cache=True, error_model="numpy")(function))
