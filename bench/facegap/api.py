"""The Python interface: finished runs as objects, and the commands as functions. `facegap` hands these names on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facegap import audit, claims, store
from facegap.errors import InputError, MissingError
from facegap.evidence import Evidence, read_evidence
from facegap.planning import Plan, plan_study
from facegap.records import RunManifest
from facegap.run import Changes, changed_study, find_seal, resolve
from facegap.run import run_study as _run_study
from facegap.schema import CrossRow, RateRow, Row, names_of
from facegap.tables import Workbench
from facegap.tables import rates as _rates
from facegap.tables.suppress import suppressed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Grouping = str | Sequence[str]
"""Label columns of one grouping: "gender", or ("ethnicity", "gender")."""


class Run:
    """A finished run: its tables as typed rows, its evidence, its figures. Nothing of it is ever written to."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.tables = store.Tables(self.folder)

    def __repr__(self) -> str:
        return f"<run {self.manifest.run_id}>"

    @property
    def manifest(self) -> RunManifest:
        """What the run was: study, models, data set, versions, times."""
        return self.tables.manifest

    @cached_property
    def evidence(self) -> Evidence:
        """What every table is computed from: opaque samples, acquisitions, comparisons, searches.

        Raises:
            StoreError: a file is missing, damaged or contradicts the others.
        """
        return read_evidence(self.folder, self.manifest)

    def frame(self, row: type[Row]) -> Any:
        """A table as a pandas frame, blank cells as missing values: `run.frame(schema.RateRow)`.

        Raises:
            MissingError: pandas is not installed.
            StoreError: the table is damaged.
        """
        try:
            import pandas
        except ImportError:
            raise MissingError(
                "frames need pandas: pip install pandas; run.tables gives typed rows without it"
            ) from None
        return pandas.DataFrame([vars(one) for one in self.tables[row]], columns=list(names_of(row)))

    def rates(
        self,
        *,
        groups: Grouping | Sequence[Grouping] | None = None,
        fmr: float | Sequence[float] | None = None,
        level: float | None = None,
    ) -> list[RateRow]:
        """FTA, FTE, FMR and FNMR by group, from the run's tables; with other groups or target FMRs computed again.

        Args:
            groups: one grouping or several; None: the study's.
            fmr: target false match rates; None: the study's thresholds.
            level: confidence level of every interval; None: the study's.

        Raises:
            InputError: no such label, or the kept scores end above a threshold that is asked for.
        """
        if groups is None and fmr is None and level is None:
            return self.tables[RateRow]
        targets = (fmr,) if isinstance(fmr, float) else tuple(fmr) if fmr is not None else None
        changes = Changes(groups=_groupings(groups), fmr=targets, level=level)
        evidence = replace(self.evidence, study=changed_study(self.evidence, changes))
        return list(suppressed(evidence, RateRow, _rates.rows(Workbench(evidence))))

    @property
    def digest(self) -> str:
        """The number to quote this run by, which `facegap verify` prints too."""
        return store.run_digest(self.folder)

    def claim(
        self,
        text: str,
        *,
        models: Sequence[str] = (),
        conditions: Sequence[str] = ("clean",),
        stated: str | None = None,
    ) -> claims.Examined:
        """The verdict on a claim, such as "FNMR <= 0.01 in every group at vendor", by group.

        Args:
            stated: where a margin was stated before the data were seen; needed for claims with one.

        Raises:
            InputError: the claim is not understood, or the run has not what it speaks of.
            StoreError: the run changed since it was sealed.
        """
        return claims.examine_claim(self.folder, text, models, conditions, stated)

    def draw_rates(self, metric: str, model: str | None = None, ax: Axes | None = None) -> Axes:
        """FMR or FNMR of every group with its interval, at every operating point, failures counted.

        Returns:
            `ax`, or new matplotlib axes where none are given.

        Raises:
            InputError: no such model, or no such rate in this run.
        """
        from facegap.report import axes

        return axes.draw_rates(self.tables, self._model(model), metric, ax)

    def draw_det(self, model: str | None = None, ax: Axes | None = None) -> Axes:
        """DET curves by group of the first grouping, failures counted. See `draw_rates`."""
        from facegap.report import axes

        return axes.draw_det(self.tables, self._model(model), ax)

    def draw_cross_fmr(self, threshold: str, model: str | None = None, ax: Axes | None = None) -> Axes:
        """FMR of every reference group against every probe group at the named threshold. See `draw_rates`."""
        from facegap.report import axes

        known = list(dict.fromkeys(row.threshold_name for row in self.tables[CrossRow]))
        if threshold not in known:
            raise InputError(
                f"no threshold '{threshold}' in the cross-group table of this run; there: {', '.join(known)}"
            )
        return axes.draw_cross_fmr(self.tables, self._model(model), threshold, ax)

    def _model(self, name: str | None) -> str:
        known = [use["card"] for use in self.manifest.study["models"]]
        if name is not None and name not in known:
            raise InputError(f"no model '{name}' in this run; there: {', '.join(known)}")
        return name if name is not None else known[0]


def load_run(path: str | Path) -> Run:
    """The finished run in the results folder `path`.

    Raises:
        StoreError: it is no results folder.
    """
    return Run(path)


def run_study(
    config: str | Path,
    *,
    root: str | Path | None = None,
    results: str | Path = "results",
    sealed: str | Path | None = None,
) -> Run:
    """Run a study as `facegap run` does, without progress on the terminal, and load what it wrote.

    Args:
        config: a .toml file, or the name of a study in configs/.
        root: folder of the data set, instead of the study's.
        results: where the new results folder goes.
        sealed: a protocol that was sealed before the data; None: the one beside the study, if any.

    Raises:
        FacegapError: what the stages raise, as one clear line.
    """
    from facegap import report

    store.require_writable(Path(results))
    seal = find_seal(str(config), Path(sealed) if sealed is not None else None)
    inputs = resolve(str(config), Path(root) if root is not None else None, _silent, seal)
    return Run(_run_study(inputs, Path(results), report.write, _silent))


def plan(
    config: str | Path,
    *,
    root: str | Path | None = None,
    pilot: str | Path | None = None,
    claims: Sequence[str] = (),
) -> Plan:
    """What a study would measure, take and see, before anything is computed.

    Args:
        pilot: a finished run on similar data, whose design effects are used.
        claims: such as "FNMR <= 1 % in every group": what a verdict on each takes.

    Raises:
        FacegapError: a claim, the study, its data set or the pilot is wrong.
    """
    folder, other = (Path(place) if place is not None else None for place in (root, pilot))
    return plan_study(str(config), folder, other, claims=claims)


def verify(
    path: str | Path,
    *,
    root: str | Path | None = None,
    inputs: bool = True,
    secret: str | Path | None = None,
    outside: Sequence[str | Path] = (),
) -> list[str]:
    """Hash and compute a finished run again: one line per difference and per thing that could not be checked.

    None where everything was checked and the run holds what it says; `audit.examine` tells the two apart. A folder of
    `facegap judge` is verified by the counts that lie in it.

    Args:
        root: folder of the data set, where it is not where it was on this machine.
        inputs: hash the data set's files and the weights too.
        secret: file of the secret that keys the digests of images, where this machine's own is another.
        outside: files of scores or templates that the run counted, where they do not lie where they lay.

    Raises:
        StoreError: the folder is no finished run, or the secret is not the run's.
    """
    from facegap import report
    from facegap.published import is_judged, verify_judged

    if is_judged(Path(path)):
        judged = verify_judged(Path(path))
        return [*judged.differences, *judged.unknown]
    folder, key = (Path(place) if place is not None else None for place in (root, secret))
    return audit.verify(Path(path), folder, inputs, report.drawn, key, tuple(map(Path, outside)))


def _groupings(groups: Grouping | Sequence[Grouping] | None) -> tuple[tuple[str, ...], ...] | None:
    """A text is one grouping of its columns, a tuple of names one grouping, a list several."""
    if groups is None:
        return None
    several = list(groups) if isinstance(groups, list) else [groups]
    return tuple(_columns(one) for one in several)


def _columns(one: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in one.split(",")) if isinstance(one, str) else tuple(one)


@contextmanager
def _silent(_stage: str, _total: int) -> Iterator[Any]:
    yield lambda _: None
