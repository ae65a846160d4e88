"""Rates, intervals, thresholds and differentials: pure functions of counts. No images, no models, no I/O."""

from bench.estimate.differentials import combined_differentials, differentials
from bench.estimate.interval import estimate
from bench.estimate.thresholds import OperatingPoint, threshold_at_fmr

__all__ = ["OperatingPoint", "combined_differentials", "differentials", "estimate", "threshold_at_fmr"]
