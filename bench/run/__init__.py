"""Run: wires the stages of one study in a straight line, from its TOML file to a results folder."""

from bench.run.inputs import Inputs, resolve
from bench.run.study import run_study

__all__ = ["Inputs", "resolve", "run_study"]
