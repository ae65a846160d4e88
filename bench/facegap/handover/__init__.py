"""Handover: what of a finished run leaves the house: a bundle, exports, a citation."""

from facegap.handover.bundle import bundle
from facegap.handover.cite import citation
from facegap.handover.export import FORMS, export

__all__ = ["FORMS", "bundle", "citation", "export"]
