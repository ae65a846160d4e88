"""What the shell offers behind TAB: names of studies, cards and finished runs, without reading more than file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _of(kind: str) -> Callable[[str], list[str]]:
    """Names of the cards of `kind` that begin as what was typed, and TOML files; for an argument that takes either."""

    def names(incomplete: str) -> list[str]:
        from facegap.cards.toml import card_folders

        found = {path.stem for folder in card_folders(kind) for path in folder.glob("*.toml")}
        files = [path.as_posix() for path in Path().glob(f"{_plain(incomplete)}*.toml")]
        return sorted(name for name in found if name.startswith(incomplete)) + sorted(files)

    return names


def of_runs(incomplete: str) -> list[str]:
    """Finished runs: folders with a manifest, in results/ where nothing was typed, else where the path leads."""
    start = incomplete or "results/"
    found = (
        Path().glob(f"{_plain(start)}*") if not Path(start).is_absolute() else Path("/").glob(f"{_plain(start[1:])}*")
    )
    return sorted(path.as_posix() for path in found if (path / "manifest.json").is_file() or _holds_runs(path))


def _holds_runs(path: Path) -> bool:
    return path.is_dir() and any(path.glob("*/manifest.json"))


def _plain(text: str) -> str:
    """Typed text in which nothing is a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


of_studies = _of("configs")
of_models = _of("models")
of_datasets = _of("datasets")
of_conditions = _of("configs/conditions")
of_policies = _of("configs/policies")
of_populations = _of("configs/populations")
