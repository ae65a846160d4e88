"""Run: wires the stages of one study in a straight line, from its TOML file to a results folder."""

from facegap.run.analyse import Changes, analyse, changed_study, parse_groups
from facegap.run.exchange import asked_of, export_protocol
from facegap.run.imported import import_quality, import_scores
from facegap.run.inputs import Inputs, resolve
from facegap.run.seal import find_seal, seal_study
from facegap.run.sensitivity import write_study
from facegap.run.study import run_study

__all__ = [
    "Changes",
    "Inputs",
    "analyse",
    "asked_of",
    "changed_study",
    "export_protocol",
    "find_seal",
    "import_quality",
    "import_scores",
    "parse_groups",
    "resolve",
    "run_study",
    "seal_study",
    "write_study",
]
