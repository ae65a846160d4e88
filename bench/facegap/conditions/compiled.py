"""Loops over pixels, compiled without fast-math, so that a pixel does not depend on vector width."""

from __future__ import annotations

from facegap import compiled as code

compiled = code.compiled(error_model="numpy")
