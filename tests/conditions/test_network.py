"""Files and the way to the server: quantisation tables, subsampling, caps, broken and lost uploads."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegap.conditions import codec, frame, network
from facegap.conditions.stages import Photo, Unreadable

# ITU-T T.81 (JPEG), tables K.1 and K.2.
LUMINANCE_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
CHROMINANCE_TABLE = np.full((8, 8), 99)
CHROMINANCE_TABLE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def photo(height: int = 120, width: int = 160, seed: int = 0) -> Photo:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return Photo(np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8))


def segments(file: bytes) -> dict[int, list[bytes]]:
    """Marker -> payloads of a JPEG's header."""
    found: dict[int, list[bytes]] = {}
    place = 2
    while file[place + 1] != 0xDA:
        length = int.from_bytes(file[place + 2 : place + 4], "big")
        found.setdefault(file[place + 1], []).append(file[place + 4 : place + 2 + length])
        place += 2 + length
    return found


def tables(file: bytes) -> dict[int, np.ndarray]:
    """Quantisation tables of a JPEG, in reading order of the 8 x 8 frequencies."""
    zigzag = sorted(((y, x) for y in range(8) for x in range(8)), key=lambda p: (sum(p), p[0] if sum(p) % 2 else p[1]))
    found = {}
    for payload in segments(file)[0xDB]:
        for start in range(0, len(payload), 65):
            table = np.zeros((8, 8), int)
            for value, place in zip(payload[start + 1 : start + 65], zigzag, strict=True):
                table[place] = value
            found[payload[start] & 15] = table
    return found


@pytest.mark.parametrize("quality", [10, 20, 50, 75, 80, 95])
def test_the_file_has_the_quantisation_tables_of_its_quality(quality):
    file = codec.jpeg(photo(), quality=quality).file
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality  # the Independent JPEG Group's rule
    found = tables(file)
    for number, base in ((0, LUMINANCE_TABLE), (1, CHROMINANCE_TABLE)):
        assert np.array_equal(found[number], np.clip((base * scale + 50) // 100, 1, 255))


@pytest.mark.parametrize(("name", "factors"), [("4:4:4", 0x11), ("4:2:2", 0x21), ("4:2:0", 0x22)])
def test_the_file_has_the_chroma_subsampling_that_was_asked_for(name, factors):
    header = segments(codec.jpeg(photo(), quality=80, subsampling=name).file)[0xC0][0]
    assert header[7] == factors and header[10] == 0x11 and header[13] == 0x11


def test_a_decoded_photo_is_what_its_file_says():
    for out in (codec.jpeg(photo(), quality=30), codec.webp(photo(), quality=30)):
        assert np.array_equal(out.pixels, codec.decode(out.file))
    assert codec.webp(photo(), quality=30).file[8:12] == b"WEBP"


def test_less_quality_is_fewer_bytes_and_more_error():
    source = photo()
    for step in (codec.jpeg, codec.webp):
        outs = [step(source, quality=q) for q in (10, 50, 90)]
        sizes = [len(out.file) for out in outs]
        errors = [float(np.abs(out.pixels.astype(int) - source.pixels).mean()) for out in outs]
        assert sizes == sorted(sizes) and errors == sorted(errors, reverse=True)


def test_red_stays_red():
    red = Photo(np.broadcast_to(np.array([200, 30, 30], np.uint8), (32, 32, 3)).copy())
    for out in (codec.jpeg(red, quality=90), codec.webp(red, quality=90)):
        assert out.pixels[16, 16].astype(int) == pytest.approx([200, 30, 30], abs=6)


def test_resize_and_crop_give_the_stated_size():
    assert frame.resize(photo(120, 160), short_px=60).pixels.shape == (60, 80, 3)
    assert frame.crop(photo(120, 160), share=0.5).pixels.shape == (60, 80, 3)
    assert np.array_equal(frame.crop(photo(120, 160), share=0.5).pixels, photo(120, 160).pixels[30:90, 40:120])


def test_resizing_keeps_the_mean():
    out = frame.resize(photo(120, 160), short_px=30).pixels
    assert out.mean() == pytest.approx(photo(120, 160).pixels.mean(), abs=0.5)


def test_a_file_that_fits_goes_as_it_is():
    sent = codec.jpeg(photo(), quality=80)
    assert network.upload_cap(sent, max_bytes=len(sent.file)) is sent


def test_a_file_that_does_not_fit_is_the_best_quality_that_does():
    sent = codec.jpeg(photo(), quality=95)
    cap = len(sent.file) // 2
    out = network.upload_cap(sent, max_bytes=cap)
    assert len(out.file) <= cap and out.pixels.shape == sent.pixels.shape
    sizes = [len(codec.encode_jpeg(sent.pixels, quality)) for quality in range(10, 96)]
    assert len(out.file) == max(size for size in sizes if size <= cap)


def test_what_no_quality_makes_fit_becomes_smaller():
    sent = codec.jpeg(photo(480, 640), quality=95)
    out = network.upload_cap(sent, max_bytes=3000)
    assert len(out.file) <= 3000
    assert out.pixels.shape[0] < 480
    assert out.pixels.shape[1] / out.pixels.shape[0] == pytest.approx(640 / 480, rel=0.02)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["jpeg", "webp"]))
def test_a_truncated_upload_is_always_unreadable(seed, kind):
    sent = codec.jpeg(photo(), quality=80) if kind == "jpeg" else codec.webp(photo(), quality=80)
    with pytest.raises(Unreadable) as failure:
        network.truncate(sent, np.random.default_rng(seed), probability=1.0)
    assert re.search(r"is cut short|of [0-7] bytes does not decode", failure.value.reason)


def test_a_photo_without_a_file_can_break_off_too():
    with pytest.raises(Unreadable):
        network.truncate(photo(), np.random.default_rng(0), probability=1.0)


@pytest.mark.parametrize("step", [network.truncate, network.lose])
@pytest.mark.parametrize("probability", [0.0, 0.2, 1.0])
def test_failures_come_as_often_as_stated(step, probability):
    sent = codec.jpeg(photo(), quality=80)
    failed = 0
    for seed in range(1000):
        try:
            assert step(sent, np.random.default_rng(seed), probability=probability) is sent
        except Unreadable:
            failed += 1
    assert failed == pytest.approx(1000 * probability, abs=4 * (1000 * 0.2 * 0.8) ** 0.5 if 0 < probability < 1 else 0)


def test_the_uplink_takes_bytes_by_rate_and_changes_no_pixel():
    photo = codec.jpeg(Photo(np.full((64, 64, 3), 90, np.uint8)), quality=80)
    sent = network.uplink(photo, kbit_per_s=40.0)
    assert sent.seconds == pytest.approx(len(photo.file) * 8 / 40_000)
    assert sent.pixels is photo.pixels and sent.file is photo.file
