"""What a vendor or a laboratory would give of the tests' tiny net: its templates and its scores, as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from facegap import store, trials
from facegap.cards import Study
from facegap.compare import exact_scores
from facegap.pipeline import cores, hash_files
from facegap.records import Samples, Templates
from facegap.run import measure, resolve
from facegap.schema import ROWS

DOCS = Path(__file__).resolve().parents[1] / "docs" / "outside-evidence.md"
VENDOR = """\
import numpy as np
from pathlib import Path
from facegap import acquire
from facegap.cards import load_model
from facegap.compare import exact_scores
from facegap.embed import Recogniser

NET = Recogniser(load_model("models/tiny.toml"), Path("models/tiny.onnx"))

def template(path):
    pixels = acquire.read_image(path)[1]
    if pixels.shape != (32, 32, 3):
        return None
    return NET.embed(pixels[None])[0]

def score(a, b):
    one = np.array([0])
    return float(exact_scores(a[None], b[None], one, one, "cosine")[0])
"""

HEAD = 'version = "1"\ntitle = "V"\nlicence = "contract"\nsource = "vendor"\n'
TEMPLATES = f'{HEAD}kind = "templates"\ndim = 16\nsimilarity = "cosine"\nnormalised = true\n'
SCORES = f'{HEAD}kind = "scores"\ndirection = "similarity"\nrange = [-1.0, 1.0]\n'


def script() -> str:
    """The one that the documentation gives vendors."""
    (found,) = re.findall(r"```python\n(import csv.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


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


OF_A_NET = ("acquisition", "quality", "edc", "quality_split")
"""Tables of what a detector saw."""


def cells(folder: Path, name: str, metrics: tuple[str, ...] = ("FTA",)) -> list[dict[str, str]]:
    """A table without the name of the model and what only a net has."""
    rows = store.read_table(folder / "tables" / f"{name}.csv")
    seen = [row for row in rows if row.get("metric") not in metrics and row.get("loss") != "unreadable"]
    return [{key: value for key, value in row.items() if key != "model"} for row in seen]


def assert_same_tables(
    given_run: Path, direct: Path, but: tuple[str, ...] = (), metrics: tuple[str, ...] = ("FTA",)
) -> None:
    for name in ROWS:
        if name in OF_A_NET:
            assert cells(given_run, name) == [], name
        elif name not in but:
            assert cells(given_run, name) == cells(direct, name, metrics), name


def write_candidates(path: Path, samples: Samples, made: Templates, study: Study, protocol: str, length: int) -> Path:
    """The candidate lists of one protocol of a study, each cut after so many; its failed references stand alone."""
    assert study.identification is not None and protocol in ("closed", "open")
    plan = trials.identification(samples, study.trials, protocol, study.identification.enrolled, study.seed)  # type: ignore[arg-type]
    names, there = samples.ids, np.isin(plan.gallery, made.rows)
    lines = ["search,rank,gallery,score", *(f",,{names[row]}," for row in plan.gallery[~there].tolist())]
    for row in plan.probe.tolist():
        scores = [(score_of(made, g, row), g) for g in plan.gallery[there].tolist()]
        best = sorted((one for one in scores if one[0] == one[0]), reverse=True)[:length]
        lines += [f"{names[row]},{k},{names[g]},{x:.9g}" for k, (x, g) in enumerate(best, 1)] or [f"{names[row]},,,"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
