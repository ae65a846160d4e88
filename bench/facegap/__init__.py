"""facegap: measures how face comparison treats different people.

Stages joined by files: images -> conditions -> acquire -> embed -> compare -> count -> estimate -> report.

    run = facegap.load_run("results/example")   # tables, evidence, figures of a finished run
    run.rates(groups="sex", fmr=0.01)           # the same scores, other groups and thresholds
    run.claim("FNMR <= 0.05 in every group")    # refuted, supported or undecided
    facegap.run_study("my-study.toml")          # what `facegap run` does
    facegap.plan("my-study.toml")               # what it would measure, take and see
    facegap.verify("results/example")           # one line per difference

Rows of tables are the classes of `facegap.schema`; errors are those of `facegap.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facegap.version import __version__

if TYPE_CHECKING:
    from facegap.api import Run, load_run, plan, run_study, verify

__all__ = ["Run", "__version__", "load_run", "plan", "run_study", "verify"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: `import facegap` itself loads nothing."""
    if name in __all__:
        from facegap import api

        return getattr(api, name)
    raise AttributeError(f"module 'facegap' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
