"""Synthetic heads: labelled people rendered from CC0 shapes, for relative and causal tests.

`Spec` says what to render; `ensure(spec, cache_folder, workers, progress)` renders what is missing and gives the folder
with its manifest. The pictures show relative effects only and say nothing about a real deployment.
"""

from facegap.synth.designs import CAUSAL_TONES, Spec, shots
from facegap.synth.generate import ensure, render_population
from facegap.synth.linear import linear_files, read_linear

__all__ = ["CAUSAL_TONES", "Spec", "ensure", "linear_files", "read_linear", "render_population", "shots"]
