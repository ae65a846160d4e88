"""Plan: what a study would measure, take and see, before anything is computed."""

from facegap.planning.groups import PlannedGroup
from facegap.planning.plan import Plan, plan_study

__all__ = ["Plan", "PlannedGroup", "plan_study"]
