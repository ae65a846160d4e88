"""Rates, intervals, thresholds and differentials: pure functions of counts. No images, no models, no I/O."""

from facegap.estimate.differentials import combined_differentials, differentials
from facegap.estimate.interval import estimate
from facegap.estimate.thresholds import OperatingPoint, threshold_at_fmr

__all__ = ["OperatingPoint", "combined_differentials", "differentials", "estimate", "threshold_at_fmr"]
