"""Weights on this machine: fetched from a pinned package and converted, found by digest, or pinned by the user."""

from facegap.weights.begin import begin_card
from facegap.weights.files import find_detector, find_model, pin, pull_detector, pull_model
from facegap.weights.onnx_file import check_onnx

__all__ = ["begin_card", "check_onnx", "find_detector", "find_model", "pin", "pull_detector", "pull_model"]
