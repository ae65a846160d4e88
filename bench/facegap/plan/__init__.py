"""Plan: what a study would measure, take and see, before anything is computed."""

from facegap.plan.groups import PlannedGroup
from facegap.plan.plan import Plan, plan_study

__all__ = ["Plan", "PlannedGroup", "plan_study"]
