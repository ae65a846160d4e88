"""From image files to templates: load, condition, acquire, align, embed, with decoding beside inference and a cache."""

from facegap.pipeline.cached import run
from facegap.pipeline.line import OpenModel, Pipeline, UsedModel, open_model
from facegap.pipeline.liveness import Liveness, UsedLiveness, is_live, open_liveness, refused, tried
from facegap.pipeline.looks import look
from facegap.pipeline.machine import Advance, Progress, cores, rendered
from facegap.pipeline.one import received
from facegap.pipeline.scenes import Moments, Scenes, hash_files, needed, scenes

__all__ = [
    "Advance",
    "Liveness",
    "Moments",
    "OpenModel",
    "Pipeline",
    "Progress",
    "Scenes",
    "UsedLiveness",
    "UsedModel",
    "cores",
    "hash_files",
    "is_live",
    "look",
    "needed",
    "open_liveness",
    "open_model",
    "received",
    "refused",
    "rendered",
    "run",
    "scenes",
    "tried",
]
