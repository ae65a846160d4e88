"""MTCNN's converted nets against the layers written out in numpy, in the package's own order of axes (NHWC)."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from facegap import backend, cards
from facegap.errors import ModelRefused
from facegap.weights.joblib_arrays import read_arrays
from facegap.weights.mtcnn_onnx import _SHAPES, convert_mtcnn
from pulled import source_file

pytest.importorskip("onnx", reason="converting needs onnx")
pytest.importorskip("lz4", reason="converting needs lz4")

PARTS = {"pnet": (2, 31, 26, 3), "rnet": (3, 24, 24, 3), "onet": (2, 48, 48, 3)}


def conv(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows, weights) + bias


def prelu(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, slope * x)


def pool(x: np.ndarray, side: int, same: bool) -> np.ndarray:
    """Maximum over side x side windows at stride 2; "same" pads what the last window lacks, more behind than before."""
    if same:
        lack = [max((-(-extent // 2) - 1) * 2 + side - extent, 0) for extent in x.shape[1:3]]
        pads = [(0, 0), *((n // 2, n - n // 2) for n in lack), (0, 0)]
        x = np.pad(x, pads, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))
    return windows[:, ::2, ::2].max(axis=(4, 5))


def softmax_face(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True))[..., 1:]


def pnet(x: np.ndarray, w: list[np.ndarray]) -> dict[str, np.ndarray]:
    x = pool(prelu(conv(x, w[0], w[1]), w[2]), 2, True)
    x = prelu(conv(x, w[3], w[4]), w[5])
    x = prelu(conv(x, w[6], w[7]), w[8])
    score, box = softmax_face(conv(x, w[11], w[12])), conv(x, w[9], w[10])
    return {"score": score.transpose(0, 3, 1, 2), "box": box.transpose(0, 3, 1, 2)}


def rnet(x: np.ndarray, w: list[np.ndarray]) -> dict[str, np.ndarray]:
    x = pool(prelu(conv(x, w[0], w[1]), w[2]), 3, True)
    x = pool(prelu(conv(x, w[3], w[4]), w[5]), 3, False)
    x = prelu(conv(x, w[6], w[7]), w[8])
    x = prelu(x.transpose(0, 2, 1, 3).reshape(len(x), -1) @ w[9] + w[10], w[11])
    return {"score": softmax_face(x @ w[14] + w[15]), "box": x @ w[12] + w[13]}


def onet(x: np.ndarray, w: list[np.ndarray]) -> dict[str, np.ndarray]:
    x = pool(prelu(conv(x, w[0], w[1]), w[2]), 3, True)
    x = pool(prelu(conv(x, w[3], w[4]), w[5]), 3, False)
    x = pool(prelu(conv(x, w[6], w[7]), w[8]), 2, True)
    x = prelu(conv(x, w[9], w[10]), w[11])
    x = prelu(x.transpose(0, 2, 1, 3).reshape(len(x), -1) @ w[12] + w[13], w[14])
    return {"score": softmax_face(x @ w[19] + w[20]), "box": x @ w[15] + w[16], "landmarks": x @ w[17] + w[18]}


BY_HAND = {"pnet": pnet, "rnet": rnet, "onet": onet}


def dumped(arrays: object) -> bytes:
    """A joblib file as the package has them."""
    joblib = pytest.importorskip("joblib", reason="writing a weight file needs joblib")
    buffer = io.BytesIO()
    joblib.dump(arrays, buffer, compress=("lz4", 3))
    return buffer.getvalue()


def random_weights(part: str, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32) for shape in _SHAPES[part]]


def check(part: str, data: bytes, weights: list[np.ndarray], folder: Path) -> None:
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, PARTS[part]).astype(np.float32)
    (folder / f"{part}.onnx").write_bytes(convert_mtcnn(part, data))
    net = backend.open_net(folder / f"{part}.onnx")
    expected = BY_HAND[part](x.astype(np.float64), [w.astype(np.float64) for w in weights])
    found = net.run({"image": np.ascontiguousarray(x.transpose(0, 3, 1, 2))}, list(expected))
    for values, (name, reference) in zip(found, expected.items(), strict=True):
        assert values.shape == reference.shape, name
        np.testing.assert_allclose(values, reference, rtol=0, atol=2e-6 * max(1, np.abs(reference).max()), err_msg=name)


@pytest.mark.parametrize("part", PARTS)
def test_equals_the_layers_written_out_with_random_weights(part: str, tmp_path: Path) -> None:
    weights = random_weights(part, 3)
    check(part, dumped(weights), weights, tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_equals_the_layers_written_out_with_the_package_weights(part: str, tmp_path: Path) -> None:
    data = source_file("mtcnn", f"{part}.lz4").read_bytes()
    check(part, data, read_arrays(data), tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_the_card_carries_the_digest_of_the_converted_net(part: str) -> None:
    data = source_file("mtcnn", f"{part}.lz4").read_bytes()
    assert hashlib.sha256(convert_mtcnn(part, data)).hexdigest() == cards.load_detector("mtcnn").sha256s[part]


def test_reads_what_joblib_writes() -> None:
    arrays = random_weights("rnet", 1)
    for found, expected in zip(read_arrays(dumped(arrays)), arrays, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_arrays_of_another_net_are_refused() -> None:
    with pytest.raises(ModelRefused, match="not the weights of MTCNN's pnet: expected arrays"):
        convert_mtcnn("pnet", dumped(random_weights("rnet", 1)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([Path("x")], r"float arrays only, found pathlib"),
        ([np.zeros(3, dtype=np.int64)], "float32 arrays in C order only, found int64"),
        ([np.asfortranarray(np.ones((2, 3), dtype=np.float32))], "float32 arrays in C order only"),
        ({"a": 1}, "expected a list of arrays"),
    ],
)
def test_other_content_is_refused(content: object, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        read_arrays(dumped(content))


WRAPPER = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (b"\x80\x02cos\nsystem\nU\x01x\x85R.", "float arrays only, found os.system"),
        (b"\x80\x02]" + WRAPPER + b"a.", "expected a list of arrays"),
        (b"\x80\x02]" + WRAPPER + b"}ba.", "not a joblib file of arrays: KeyError"),
        (b"\x80\x02]cnumpy\nndarray\nK\x01\x85Ra.", "not a joblib file of arrays: TypeError"),
        (b"\x80\x02]K\x01a.", "expected a list of arrays"),
    ],
)
def test_a_pickle_that_was_made_for_it_is_refused(pickled: bytes, message: str) -> None:
    frame = pytest.importorskip("lz4.frame", reason="weight files are packed with lz4")
    with pytest.raises(ModelRefused, match=message):
        read_arrays(frame.compress(pickled))


def test_a_file_that_ends_within_an_array_is_refused() -> None:
    frame = pytest.importorskip("lz4.frame", reason="weight files are packed with lz4")
    whole = frame.decompress(dumped([np.ones(100, np.float32)]))
    with pytest.raises(ModelRefused, match="not a joblib file of arrays"):
        read_arrays(frame.compress(whole[:-40]))


@pytest.mark.parametrize("data", [b"", b"plain text", b"\x04\x22\x4d\x18" + b"\0" * 40])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ModelRefused, match="not a joblib file of arrays"):
        read_arrays(data)
