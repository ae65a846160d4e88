"""The converted net against dlib itself.

`reference/dlib_resnet29_skeleton.bin` is dlib's serialised net (CC0) with every tensor's values taken out, so that the
comparison runs with random weights where the real ones were never fetched.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from facegap import acquire, backend, cards, embed
from facegap.errors import ModelRefused
from facegap.weights.dlib_onnx import convert_dlib
from pulled import source_file

pytest.importorskip("onnx", reason="converting needs onnx")

SKELETON = Path(__file__).parents[1] / "reference" / "dlib_resnet29_skeleton.bin"
FLOATS = np.float32


def random_net(seed: int) -> bytes:
    """A serialised net with random weights that keep the signal's size."""
    rng = np.random.default_rng(seed)
    skeleton, at, out = zlib.decompress(SKELETON.read_bytes()), 0, b""
    while at < len(skeleton):
        length, values = struct.unpack_from("<II", skeleton, at)
        out += skeleton[at + 8 : at + 8 + length]
        at += 8 + length
        out += _values(rng, values)
    return out


def _values(rng: np.random.Generator, count: int) -> bytes:
    if count == 0:
        return b""
    if count < 1024:  # gain and offset of an affine layer
        half = count // 2
        return np.concatenate([rng.uniform(0.7, 1.1, half), rng.normal(0, 0.1, half)]).astype("<f4").tobytes()
    return rng.normal(0, 0.04, count).astype("<f4").tobytes()


def descriptors(onnx: bytes, crops: np.ndarray, folder: Path) -> np.ndarray:
    file = folder / "net.onnx"
    file.write_bytes(onnx)
    preprocess = cards.load_model("dlib-resnet29").preprocess
    (out,) = backend.open_net(file).run({"image": embed.to_tensor(crops, preprocess)})
    return out


def by_dlib(data: bytes, crops: np.ndarray, folder: Path) -> np.ndarray:
    dlib = pytest.importorskip("dlib", reason="the comparison needs dlib-bin")
    file = folder / "net.dat"
    file.write_bytes(data)
    net = dlib.face_recognition_model_v1(str(file))
    return np.array([np.array(net.compute_face_descriptor(crop)) for crop in crops], dtype=FLOATS)


def noise(count: int) -> np.ndarray:
    """Random pictures with structure at every scale, and plain noise."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (count, 10, 10, 3)).repeat(15, axis=1).repeat(15, axis=2)
    fine = rng.integers(-60, 60, (count, 150, 150, 3))
    return np.clip(coarse + fine, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [0, 1])
def test_equals_dlib_with_random_weights(seed: int, tmp_path: Path) -> None:
    data, crops = random_net(seed), noise(4)
    expected = by_dlib(data, crops, tmp_path)
    assert np.ptp(expected, axis=0).max() > 0.01 * np.abs(expected).max(), "the pictures must give different templates"
    found = descriptors(convert_dlib(data), crops, tmp_path)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_equals_dlib_with_its_own_weights(tmp_path: Path) -> None:
    data = source_file("dlib-resnet29", "dlib_face_recognition_resnet_model_v1.dat").read_bytes()
    crops = noise(4)
    found = descriptors(convert_dlib(data), crops, tmp_path)
    np.testing.assert_allclose(found, by_dlib(data, crops, tmp_path), rtol=0, atol=1e-5)


def test_equals_dlib_on_real_faces(tmp_path: Path, shared: Path) -> None:
    data = source_file("dlib-resnet29", "dlib_face_recognition_resnet_model_v1.dat").read_bytes()
    files = sorted((shared / "data" / "lfw-subset" / "images").glob("*/*_0001.jpg"))[:20]
    crops = np.stack([acquire.decode(file.read_bytes())[:150, :150] for file in files])
    found = descriptors(convert_dlib(data), crops, tmp_path)
    np.testing.assert_allclose(found, by_dlib(data, crops, tmp_path), rtol=0, atol=1e-5)


def test_the_card_carries_the_digest_of_the_converted_net() -> None:
    data = source_file("dlib-resnet29", "dlib_face_recognition_resnet_model_v1.dat").read_bytes()
    digest = hashlib.sha256(convert_dlib(data)).hexdigest()
    assert digest == cards.load_model("dlib-resnet29").sha256
    assert digest == cards.load_model("dlib-resnet29-cosine").sha256


def test_bytes_depend_on_the_weights_alone() -> None:
    assert convert_dlib(random_net(3)) == convert_dlib(random_net(3))
    assert convert_dlib(random_net(3)) != convert_dlib(random_net(4))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a layer 'con_4' near byte 0"),
        (b"\0" * 5000, "expected a layer 'con_4' near byte 0"),
        (random_net(0)[:1000], "bytes in a tensor: expected 18944"),
        (random_net(0)[:100_000], "bytes in a tensor"),
        (
            random_net(0).replace(b"\x01\x05con_4\x01\x02", b"\x01\x05con_4\x01\x03", 1),
            "version of a tensor: expected 2",
        ),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        convert_dlib(data)
