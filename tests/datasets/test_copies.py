"""Which samples are copies of others, and which of them is kept."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from facegap.datasets.copies import Copies, Looks, find_copies
from facegap.pipeline.looks import perceptual_hash
from facegap.records import COPY_AGAIN, COPY_OF_OTHER, NEAR_AGAIN, NEAR_OTHER
from made import make_samples

PEOPLE = ["a", "a", "b", "b", "c"]


def looks(pixels: list[str], files: list[str] | None = None, bits: list[int] | None = None) -> Looks:
    """Of five samples; hashes far from each other but for as many `bits` as given."""
    n = len(pixels)
    hashes = np.random.default_rng(1).integers(0, 2**63, (n, 4), dtype=np.uint64)
    if bits is not None:
        for row, count in enumerate(bits):
            hashes[row] = np.uint64(0xFFFF)  # 64 bits that all have
            for bit in range(count):
                hashes[row, bit % 4] |= np.uint64(1 << (16 + bit // 4))
    file = np.array(files if files is not None else [f"f{k}" for k in range(n)], dtype="U64")
    return Looks(sha256=file, pixels=np.array(pixels, dtype="U64"), hashes=hashes, reasons=np.full(n, ""))


def found(
    pixels: list[str], roles: list[str] | None = None, identities: bool = True, files: list[str] | None = None
) -> Copies:
    return find_copies(make_samples(PEOPLE, {}, roles), looks(pixels, files), identities, "photo")


def test_of_one_person_the_first_is_kept() -> None:
    assert found(["x", "x", "y", "z", "w"]).kind.tolist() == ["", COPY_AGAIN, "", "", ""]


def test_of_one_person_the_reference_is_kept() -> None:
    roles = ["selfie", "photo", "photo", "selfie", "photo"]
    assert found(["x", "x", "y", "z", "w"], roles).kind.tolist() == [COPY_AGAIN, "", "", "", ""]


def test_of_two_people_all_are_left_out() -> None:
    copies = found(["x", "x", "y", "x", "w"])
    assert copies.kind.tolist() == [COPY_OF_OTHER, COPY_OF_OTHER, "", COPY_OF_OTHER, ""]
    assert copies.left_out.tolist() == [True, True, False, True, False]


def test_where_nobody_is_known_the_first_is_kept() -> None:
    assert found(["x", "y", "x", "z", "w"], identities=False).kind.tolist() == ["", "", COPY_AGAIN, "", ""]


def test_unreadable_files_are_copies_by_their_bytes_only() -> None:
    assert found(["", "", "", "y", ""], files=["f", "", "f", "g", ""]).kind.tolist() == [
        COPY_OF_OTHER,
        "",
        COPY_OF_OTHER,
        "",
        "",
    ]


@pytest.mark.parametrize(("bits", "near"), [(18, True), (19, False)])
def test_near_pictures_are_a_warning(bits: int, near: bool) -> None:
    samples = make_samples(PEOPLE, {})
    copies = find_copies(samples, looks(["v", "w", "x", "y", "z"], bits=[0, bits, 80, 140, 190]), True)
    assert copies.kind.tolist() == (["", NEAR_AGAIN] if near else ["", ""]) + [""] * 3
    assert not copies.left_out.any()


def test_near_pictures_of_two_people() -> None:
    copies = find_copies(make_samples(PEOPLE, {}), looks(["v", "w", "x", "y", "z"], bits=[0, 80, 3, 140, 190]), True)
    assert copies.kind.tolist() == [NEAR_OTHER, "", NEAR_OTHER, "", ""]


def scene(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(128, 90, (160, 120, 3))
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 6) * 4 - 380, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", ["coded", "scaled", "darker"])
def test_a_hash_stays_where_the_picture_does(change: str) -> None:
    image = Image.fromarray(scene(1))
    if change == "coded":
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=60)
        image = Image.open(buffer)
    elif change == "scaled":
        image = image.resize((60, 80))
    else:
        image = image.point(lambda value: value * 0.8)
    distance = np.bitwise_count(perceptual_hash(scene(1)) ^ perceptual_hash(np.asarray(image))).sum()
    assert distance <= 18
    others = [np.bitwise_count(perceptual_hash(scene(1)) ^ perceptual_hash(scene(k))).sum() for k in range(2, 30)]
    assert min(others) > 60
