"""A tiny recogniser, pictures that it tells apart, and a study of both: whole runs without a network or real faces.

The net sums blocks of pixels and takes a fixed +-1 projection of the sums. Pixels are integers and every sum stays
below 2^24, so that its float32 arithmetic is exact: outputs are equal to the last bit on every machine, in every batch.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from facegap import cli
from facegap.cards import ModelCard, load_model
from facegap.store import sha256_file

SIDE, BLOCKS, DIM = 32, 8, 16

CARD = """\
kind = "recogniser"
name = "{name}"
version = "1"
title = "a fixed projection of block sums"
licence = "CC0-1.0"
source = "made by the tests"
file = "{name}.onnx"
sha256 = "{sha256}"
dim = {dim}
similarity = "{similarity}"
{more}

[preprocess]
size = [32, 32]
colour = "RGB"
mean = [128.0, 128.0, 128.0]
std = [1.0, 1.0, 1.0]
layout = "{layout}"
template = "none"
"""

DATASET = """\
name = "patterns"
version = "1"
title = "colour patterns with noise"
licence = "CC0-1.0"
terms = "none"
status = "open"
adapter = "csv"
citation = "made by the tests"

[files]
manifest = "index.csv"

[groups.group]
values = ["amber", "blue"]
label_source = "generated"

[groups.size]
values = ["big", "small"]
label_source = "generated"
"""

STUDY = """\
# A study of the tests; the comment is kept byte for byte.
name = "tiny"
title = "patterns"
seed = 7
conditions = ["clean"]
groups = [["group"], ["group", "size"]]

[dataset]
card = "patterns"
root = "data"

[[models]]
card = "tiny"
detector = "aligned-none"

[thresholds]
fmr = [0.05, 0.01]

[identification]
ranks = [1, 2]
fpir = [0.1]

[statistics]
min_subjects = 4
suppress_below = 0

[backend]
threads = 1
batch = 8
"""


def projection(dim: int = DIM) -> np.ndarray:
    """(3 * 64, dim) of +1 and -1: the bits of a linear congruential generator."""
    state, bits = 12345, []
    for _ in range(3 * BLOCKS * BLOCKS * dim):
        state = (1103515245 * state + 12345) % 2**31
        bits.append(state >> 30)
    return np.array(bits, dtype=np.float32).reshape(-1, dim) * 2 - 1


def make_net(
    path: Path, batch: int | str = "n", layout: str = "NCHW", dim: int = DIM, outputs: int = 1, weights: Any = None
) -> Path:
    """Write the net; `weights` (192, dim) in place of the projection."""
    onnx = pytest.importorskip("onnx", reason="making test models needs onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    step = SIDE // BLOCKS
    shape = [batch, 3, SIDE, SIDE] if layout == "NCHW" else [batch, SIDE, SIDE, 3]
    matrix = projection(dim) if weights is None else np.asarray(weights, dtype=np.float32)
    nodes = [] if layout == "NCHW" else [helper.make_node("Transpose", ["x"], ["chw"], perm=[0, 3, 1, 2])]
    nodes += [
        helper.make_node("Reshape", ["x" if layout == "NCHW" else "chw", "cut"], ["blocks"]),
        helper.make_node("ReduceSum", ["blocks", "axes"], ["sums"], keepdims=0),
        helper.make_node("Flatten", ["sums"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "matrix"], ["y"]),
        *(helper.make_node("Neg", ["y"], [f"y{k}"]) for k in range(1, outputs)),
    ]
    constants = {
        "cut": np.array([-1, 3, BLOCKS, step, BLOCKS, step]),
        "axes": np.array([3, 5]),
        "matrix": matrix,
    }
    names = ["y", *(f"y{k}" for k in range(1, outputs))]
    port = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", port, shape)],
        [helper.make_tensor_value_info(name, port, [batch, dim]) for name in names],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def make_model(
    folder: Path,
    name: str = "tiny",
    layout: str = "NCHW",
    similarity: str = "cosine",
    more: str = "",
    dim: int = DIM,
    **net: Any,
) -> ModelCard:
    """The net and its card in `folder`; the card."""
    file = make_net(folder / f"{name}.onnx", layout=layout, dim=dim, **net)
    text = CARD.format(name=name, sha256=sha256_file(file), layout=layout, similarity=similarity, more=more, dim=dim)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_model(str(folder / f"{name}.toml"))


def picture(subject: int, sample: int, noise: int) -> np.ndarray:
    """(32, 32, 3) uint8: the subject's 8 x 8 coloured blocks with noise of the sample's own."""
    pattern = np.random.default_rng([subject, 1]).integers(60, 196, (BLOCKS, BLOCKS, 3))
    own = np.random.default_rng([subject, sample, 2]).integers(-noise, noise + 1, (BLOCKS, BLOCKS, 3))
    blocks = np.clip(pattern + own, 0, 255).astype(np.uint8)
    return blocks.repeat(SIDE // BLOCKS, axis=0).repeat(SIDE // BLOCKS, axis=1)


def make_data(folder: Path, subjects: int = 24, each: int = 4) -> Path:
    """Patterns of `subjects` people: the blue half with more noise; one cut file, one of another size."""
    lines = ["sample_id,subject_id,path,role,group,size"]
    (folder / "images").mkdir(parents=True)
    for subject in range(subjects):
        group = "amber" if subject % 2 else "blue"
        size = "big" if subject % 3 else "small"
        for sample in range(each):
            name = f"s{subject:02}-{sample}"
            pixels = picture(subject, sample, noise=70 if group == "amber" else 95)
            Image.fromarray(pixels).save(folder / "images" / f"{name}.png")
            role = "photo" if sample == 0 else "selfie"
            lines.append(f"{name},p{subject:02},images/{name}.png,{role},{group},{size}")
    cut = folder / "images" / "s00-1.png"
    cut.write_bytes(cut.read_bytes()[:200])
    Image.fromarray(picture(1, 0, 0)[:20]).save(folder / "images" / "s01-2.png")
    (folder / "index.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def make_place(folder: Path, study: str = STUDY) -> Path:
    """A working directory with models/, datasets/, data/ and tiny.toml."""
    make_model(folder / "models")
    (folder / "datasets").mkdir()
    (folder / "datasets" / "patterns.toml").write_text(DATASET, encoding="utf-8")
    make_data(folder / "data")
    (folder / "tiny.toml").write_text(study, encoding="utf-8")
    return folder


def start(place: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`facegap` as a user starts it in `place`, with the tests' cache unless told otherwise."""
    return subprocess.Popen(
        [sys.executable, "-m", "facegap", *words],
        cwd=place,
        env={**os.environ, **_OF_THE_TESTS, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_at_a_terminal if os.name == "posix" else None,
    )


def as_at_a_terminal() -> None:
    """Take signals again that nohup, or a shell that starts a job in the background, has its processes ignore."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def facegap(place: Path, *words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `facegap` in `place`, in a process of its own."""
    # A forked process does not say which lines it reached.
    if sys.platform != "linux" or any(name.startswith("COVERAGE_") for name in os.environ):
        with start(place, *words, **environment) as process:
            out, err = process.communicate(timeout=TIMEOUT)
        return process.returncode, out, err
    return _forked(place, words, {**os.environ, **_OF_THE_TESTS, **environment})


TIMEOUT = 120

_OF_THE_TESTS = {"PYTHONPATH": str(Path(__file__).resolve().parents[1] / "bench"), "OMP_NUM_THREADS": "1"}

_IMPORTED = [
    *(f"facegap.{room}" for room in ("cli.app", "run", "audit", "report", "claims", "planning", "tables", "backend")),
    *("tiny", "cv2", "numba", "onnxruntime", "matplotlib.figure", "matplotlib.backends.backend_svg"),
    *("scipy.stats", "sklearn.linear_model"),
]
"""What most commands import, in seconds."""


@cache
def _forks() -> Any:
    """Processes forked from one that has imported what commands import, and has done nothing else."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(_IMPORTED)
    path = os.pathsep.join((_OF_THE_TESTS["PYTHONPATH"], str(Path(__file__).parent)))
    with mock.patch.dict(os.environ, {**_OF_THE_TESTS, "PYTHONPATH": path}):
        forkserver.ensure_running()
    return found


def _forked(place: Path, words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "out"), Path(folder, "err")
        process = _forks().Process(target=_command, args=(place, words, environment, said))
        process.start()
        process.join(TIMEOUT)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(list(words), TIMEOUT)
        out, err = (path.read_text(encoding="utf-8") for path in said)
        return int(process.exitcode), out, err


def _command(place: Path, words: tuple[str, ...], environment: dict[str, str], said: tuple[Path, Path]) -> None:
    """`python -m facegap` in this process; what is printed goes to two files."""
    for number, path in enumerate(said, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(place)
    sys.argv = ["facegap", *words]
    cli.main()
