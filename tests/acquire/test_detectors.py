"""The detectors against OpenCV's own YuNet, against each other on real faces, and their parts by hand."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from facegap import cards
from facegap.acquire import Detector, acquire_one, open_detector, read_image
from facegap.acquire.choose import choose
from facegap.acquire.faces import overlap
from facegap.acquire.mtcnn import patches, pyramid, squared, suppress
from facegap.cards.study import Acquire
from facegap.errors import ModelRefused
from pulled import detector_files

REFERENCE = Path(__file__).parents[1] / "reference" / "mtcnn_package.json"


@pytest.fixture(scope="module")
def mtcnn() -> Detector:
    return open_detector(cards.load_detector("mtcnn"), detector_files())


@pytest.fixture
def yunet_file(shared: Path) -> Path:
    return shared / "models" / "face_detection_yunet_2026may.onnx"


@pytest.fixture
def lfw(shared: Path) -> list[Path]:
    """A seeded draw of 200 images."""
    files = sorted((shared / "data" / "lfw-subset" / "images").glob("*/*.jpg"))
    return [files[i] for i in np.random.default_rng(0).choice(len(files), 200, replace=False)]


def test_mtcnn_finds_real_faces(mtcnn: Detector, lfw: list[Path]) -> None:
    outcomes = [acquire_one(read_image(file)[1], mtcnn, Acquire()).outcome for file in lfw]
    assert outcomes.count("ok") >= 0.995 * len(lfw)


def test_yunet_equals_opencv(yunet_file: Path, lfw: list[Path]) -> None:
    ours = open_detector(cards.load_detector("yunet"), {"net": yunet_file})
    theirs = cv2.FaceDetectorYN.create(str(yunet_file), "", (1, 1), 0.6, 0.3, 5000)
    for file in lfw[:60]:
        image = read_image(file)[1]
        theirs.setInputSize((image.shape[1], image.shape[0]))
        _, expected = theirs.detect(np.ascontiguousarray(image[:, :, ::-1]))
        found = ours.detect(image)
        sizes = found.boxes[:, 2:] - found.boxes[:, :2]
        rows = np.hstack([found.boxes[:, :2], sizes, found.landmarks.reshape(-1, 10), found.scores[:, None]])
        np.testing.assert_allclose(rows, expected if expected is not None else np.zeros((0, 15)), atol=1e-3)


@pytest.mark.parametrize(
    ("sides", "outputs", "message"),
    [
        ((640, 640), 12, r"expected a YuNet file of free height and width, found \(640, 640\)"),
        (("H", "W"), 11, "not a YuNet file: no output kps_32"),
        (
            ("H", "W"),
            12,
            r"not a YuNet file: output cls_8: expected float32 \[1, 64, 1\], found float32 \[1, 3, 64, 64\]",
        ),
    ],
)
def test_other_nets_are_refused(sides: tuple[object, ...], outputs: int, message: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="making a test net needs onnx")
    names = [f"{head}_{stride}" for stride in (8, 16, 32) for head in ("cls", "obj", "bbox", "kps")][:outputs]
    port = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, *sides])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, *sides]) for name in names]
    nodes = [onnx.helper.make_node("Identity", ["image"], [name]) for name in names]
    graph = onnx.helper.make_graph(nodes, "g", [port], ends)
    file = tmp_path / "net.onnx"
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 13)])
    file.write_bytes(model.SerializeToString())
    card = cards.load_detector("yunet").model_copy(update={"sha256": None})
    with pytest.raises(ModelRefused, match=message):
        open_detector(card, {"net": file}).detect(np.zeros((64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", ["Identity", "Reshape"])
def test_nets_that_are_no_mtcnn_are_refused(kind: str, tmp_path: Path) -> None:
    """Of other shapes, or that fail on their own input."""
    onnx = pytest.importorskip("onnx", reason="making a test net needs onnx")
    port = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])
    names = ("score", "box", "landmarks")
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names]
    inputs = ["image"] if kind == "Identity" else ["image", "one"]
    nodes = [onnx.helper.make_node(kind, inputs, [name]) for name in names]
    one = [onnx.numpy_helper.from_array(np.array([1]), "one")]
    graph = onnx.helper.make_graph(nodes, "g", [port], ends, one)
    file = tmp_path / "net.onnx"
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 13)])
    file.write_bytes(model.SerializeToString())
    card = cards.load_detector("mtcnn").model_copy(update={"sha256s": {}})
    detector = open_detector(card, dict.fromkeys(("pnet", "rnet", "onet"), file))
    picture = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    with pytest.raises(ModelRefused, match=r"outputs of its nets are not those of MTCNN|fails on its own input"):
        detector.detect(picture)


def test_detectors_agree_on_real_faces(mtcnn: Detector, yunet_file: Path, lfw: list[Path]) -> None:
    """Half of the landmarks within 10 % of the distance between the eyes, nine in ten within 25 %."""
    yunet = open_detector(cards.load_detector("yunet"), {"net": yunet_file})
    away = []
    for file in lfw[:100]:
        image = read_image(file)[1]
        a, b = mtcnn.detect(image), yunet.detect(image)
        i, j = (choose(faces, Acquire(), image.shape[1], image.shape[0])[0] for faces in (a, b))
        assert i is not None
        assert j is not None
        if overlap(a.boxes[[i]], b.boxes[[j]])[0, 0] > 0.3:
            eyes = np.linalg.norm(a.landmarks[i, 1] - a.landmarks[i, 0])
            away.append(np.linalg.norm(a.landmarks[i] - b.landmarks[j], axis=1) / eyes)
    assert len(away) > 95
    assert np.median(away) < 0.10
    assert np.quantile(away, 0.9) < 0.25


def test_mtcnn_equals_the_published_package(shared: Path) -> None:
    """Boxes, landmarks and scores that the package mtcnn 1.0.0 gave on images of the LFW subset (min_face_size 20)."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    card = cards.load_detector("mtcnn").model_copy(update={"min_face": 20.0})
    detector = open_detector(card, detector_files())
    away = []
    files = sorted((shared / "data" / "lfw-subset" / "images").glob("*/*.jpg"))
    for position, rows in reference["faces"].items():
        found = detector.detect(read_image(files[int(position)])[1])
        assert len(found) == len(rows), position
        ours = np.hstack([found.boxes, found.scores[:, None], found.landmarks.reshape(-1, 10)])
        order = np.argsort(ours[:, 0])
        away.append(np.abs(ours[order] - np.array(sorted(rows)))[:, [0, 1, 2, 3, *range(5, 15)]].max())
    # Where two proposals score alike, rounding decides which of them the next net sees.
    assert np.quantile(away, 0.9) < 1e-3
    assert max(away) < 1.5


def test_detection_is_the_same_in_threads(mtcnn: Detector, lfw: list[Path]) -> None:
    images = [read_image(file)[1] for file in lfw[:24]]
    alone = [mtcnn.detect(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(mtcnn.detect, images), strict=True):
            np.testing.assert_array_equal(one.boxes, other.boxes)
            np.testing.assert_array_equal(one.landmarks, other.landmarks)


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (40, 40), (300, 7), (64, 64)])
@pytest.mark.parametrize("kind", ["mtcnn", "yunet"])
def test_small_and_odd_pictures_have_no_face(kind: str, shape: tuple[int, int], request: pytest.FixtureRequest) -> None:
    if kind == "mtcnn":
        detector = request.getfixturevalue("mtcnn")
    else:
        detector = open_detector(cards.load_detector("yunet"), {"net": request.getfixturevalue("yunet_file")})
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for image in (np.zeros((*shape, 3), dtype=np.uint8), noise):
        found = detector.detect(image)
        assert (found.boxes.shape, found.landmarks.shape, found.scores.shape) == ((0, 4), (0, 5, 2), (0,))


def test_a_large_texture_ends_soon(mtcnn: Detector) -> None:
    """Bounded work: the time is not asserted, but without the bound this would take all memory."""
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    assert len(mtcnn.detect(noise)) < 5


def test_aligned_crops_are_one_face() -> None:
    detector = open_detector(cards.load_detector("aligned-none"), {})
    found = acquire_one(np.full((112, 100, 3), 90, dtype=np.uint8), detector, Acquire(face="only", min_inter_eye=50))
    assert found.outcome == "ok"
    np.testing.assert_array_equal(found.box, [0, 0, 100, 112])
    assert np.isnan(found.landmarks).all()


def test_the_pyramid_ends_at_the_window() -> None:
    """From faces of 40 pixels to ones as large as the picture: 0.3, then 0.709 times less each."""
    scales = list(pyramid(150, 250, 40))
    np.testing.assert_allclose(scales[:3], [0.3, 0.2127, 0.1508043])
    assert 150 * scales[-1] >= 12 > 150 * scales[-1] * 0.709
    assert list(pyramid(39, 500, 40)) == []


def test_overlap_of_boxes() -> None:
    a = np.array([[0, 0, 4, 4]], dtype=np.float32)
    b = np.array([[0, 0, 4, 4], [2, 2, 6, 6], [4, 0, 8, 4], [1, 1, 2, 2]], dtype=np.float32)
    np.testing.assert_allclose(overlap(a, b), [[1, 4 / 28, 0, 1 / 16]])
    np.testing.assert_allclose(overlap(a, b, of_smaller=True), [[1, 4 / 16, 0, 1]])


def test_a_suppressed_box_still_suppresses() -> None:
    boxes = np.array([[20, 0, 30, 10], [0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], dtype=np.float32)
    scores = np.array([0.6, 0.9, 0.8, 0.7], dtype=np.float32)
    assert suppress(boxes, scores, 0.4).tolist() == [1, 0]
    assert suppress(boxes[:0], scores[:0], 0.4).tolist() == []


def test_squares_keep_their_centres() -> None:
    found = squared(np.array([[0, 0, 10, 4], [5, 5, 7, 11]], dtype=np.float32))
    np.testing.assert_allclose(found, [[0, -3, 10, 7], [3, 5, 9, 11]])


def test_patches_are_bilinear_and_grey_outside() -> None:
    """A ramp keeps its slope; positions run from the box's one edge to its other, scaled by (n - 1) / n."""
    ramp = np.repeat(np.arange(101, dtype=np.uint8)[None, :, None], 101, axis=0).repeat(3, axis=2)
    crop = patches(ramp, np.array([[10.1, 20.2, 60.6, 80.8]], dtype=np.float32), 24)[0] * 128 + 127.5
    expected = np.linspace(10.1, 60.6, 24) * 100 / 101
    np.testing.assert_allclose(crop, np.broadcast_to(expected, (3, 24, 24)), atol=1e-3)
    outside = patches(ramp, np.array([[-50.5, 0, 50.5, 101]], dtype=np.float32), 24)[0]
    assert (outside[:, :, :12] == 0).all()
    assert (outside[:, :, 13:] != 0).all()
