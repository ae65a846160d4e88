"""From image files to templates: load, condition, acquire, align, embed, with decoding beside inference and a cache."""

from facegap.pipeline.cached import run
from facegap.pipeline.line import OpenModel, Pipeline, UsedModel, open_model
from facegap.pipeline.looks import look
from facegap.pipeline.machine import Advance, Progress, cores, rendered
from facegap.pipeline.one import received
from facegap.pipeline.scenes import Moments, Scenes, hash_files, needed, scenes

__all__ = [
    "Advance",
    "Moments",
    "OpenModel",
    "Pipeline",
    "Progress",
    "Scenes",
    "UsedModel",
    "cores",
    "hash_files",
    "look",
    "needed",
    "open_model",
    "received",
    "rendered",
    "run",
    "scenes",
]
