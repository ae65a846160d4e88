"""What a vendor or a laboratory would give of the tests' tiny net: its templates and its scores, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from facegap.compare import exact_scores
from facegap.pipeline import cores, hash_files
from facegap.records import Samples, Templates
from facegap.run import measure, resolve

HEAD = 'version = "1"\ntitle = "V"\nlicence = "contract"\nsource = "vendor"\n'
TEMPLATES = f'{HEAD}kind = "templates"\ndim = 16\nsimilarity = "cosine"\nnormalised = true\n'
SCORES = f'{HEAD}kind = "scores"\ndirection = "similarity"\nrange = [-1.0, 1.0]\n'


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def write_card(place: Path, name: str, text: str) -> None:
    (place / "models" / f"{name}.toml").write_text(f'name = "{name}"\n{text}', encoding="utf-8")


def measured(study: Path, condition: str = "clean") -> tuple[Samples, Templates]:
    """The samples of a study in the working directory of its net, and the net's templates of them."""
    inputs = resolve(str(study), None, silent)
    samples = inputs.loaded.samples
    _, made, _ = measure.templates(inputs, hash_files(samples, cores()), 1, silent)
    return samples, made[inputs.nets[0].card.name, condition]


def write_templates(path: Path, samples: Samples, made: Templates, names: list[str] | None = None) -> Path:
    """In an order of its own, as nobody promises one."""
    order = np.random.default_rng(1).permutation(len(made.rows))
    ids = np.array(names if names is not None else samples.ids.tolist())
    np.savez(path, sample=ids[made.rows[order]], vector=made.vectors[order])
    return path


def score_of(made: Templates, a: int, b: int) -> float:
    """NaN where a side has no template."""
    at = {row: k for k, row in enumerate(made.rows.tolist())}
    if a not in at or b not in at:
        return float("nan")
    (found,) = exact_scores(made.vectors, made.vectors, np.array([at[a]]), np.array([at[b]]), made.similarity)
    return float(found)


def write_pairs(path: Path, pairs: Iterator[tuple[str, str, float]], digits: int = 9) -> Path:
    """One line a comparison, an empty score where it failed; nine digits tell every float32 from every other."""
    lines = [f"{a},{b},{'' if np.isnan(score) else f'{score:.{digits}g}'}" for a, b, score in pairs]
    path.write_text("\n".join(["reference,probe,score", *lines]) + "\n", encoding="utf-8")
    return path


def write_matrix(folder: Path, samples: Samples, made: Templates, rows: list[int], columns: list[int]) -> list[Path]:
    """A matrix and its two lists, in an order of its own."""
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(rows).tolist(), rng.permutation(columns).tolist()
    np.save(folder / "m.npy", np.array([[score_of(made, a, b) for b in columns] for a in rows], dtype=np.float32))
    for name, side in (("enrol", rows), ("probe", columns)):
        lines = [name, *(str(samples.ids[row]) for row in side)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / name for name in ("m.npy", "enrol.csv", "probe.csv")]
