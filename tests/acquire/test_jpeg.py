"""The walk through a JPEG's data: every sound layout is whole, and each kind of damage has its line."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facegap.acquire import Unreadable, decode, huffman
from facegap.acquire.jpeg import fault

rng = np.random.default_rng(3)
PHOTO = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize((121, 90))
HARSH = Image.fromarray(np.kron(rng.integers(0, 2, (40, 40, 3)) * 255, np.ones((3, 3, 1))).astype(np.uint8))
"""Black and white in every channel: the largest coefficients that there are."""


def written(image: Image.Image = PHOTO, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **({"quality": 90} | options))
    return buffer.getvalue()


LAYOUTS: list[dict[str, object]] = [
    {},
    {"optimize": True},
    {"progressive": True},
    {"restart_marker_blocks": 5},
    {"restart_marker_rows": 1, "progressive": True},
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [1, 50, 100])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_sound_pictures_are_whole(mode: str, quality: int, sampling: int, layout: dict[str, object]) -> None:
    for image in (PHOTO, HARSH, Image.new("RGB", (17, 9), "white"), Image.new("RGB", (1, 1))):
        assert fault(written(image.convert(mode), quality=quality, subsampling=sampling, **layout)) == ""


@pytest.mark.parametrize("factor", [0x411111, 0x221111, 0x121111, 0x211111, 0x111111])
@pytest.mark.parametrize("progressive", [0, 1])
def test_sound_pictures_of_opencv_are_whole(factor: int, progressive: int) -> None:
    for restart in (0, 1, 7):
        options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive]
        options += [cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
        assert fault(cv2.imencode(".jpg", np.asarray(PHOTO), options)[1].tobytes()) == ""


def test_tables_that_a_file_leaves_out_are_those_of_the_standard() -> None:
    data = written()
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    assert fault(data) == "" and decode(data).shape == (90, 121, 3)


def test_a_camera_may_leave_a_few_bytes_after_the_picture() -> None:
    assert fault(written()[:-2] + bytes(10) + b"\xff\xd9") == ""
    assert fault(written()[:-2] + bytes(30) + b"\xff\xd9").endswith("some of it is left over")


def scan_at(data: bytes) -> int:
    """Where the coded data of the first scan begins."""
    at = data.index(b"\xff\xda") + 2
    return at + int.from_bytes(data[at : at + 2], "big")


def flat(levels: list[int]) -> bytes:
    """A grey picture of a block after the other, each a change of its mean, in the standard's codes."""
    data = written(Image.new("L", (8 * len(levels), 8), 128), quality=100)
    bits = ""
    for level in levels:
        size = abs(level).bit_length()
        code = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110"]
        bits += code[size] + (f"{level if level > 0 else level + (1 << size) - 1:0{size}b}" if size else "") + "1010"
    bits += "1" * (-len(bits) % 8)
    body = bytes(int(bits[k : k + 8], 2) for k in range(0, len(bits), 8))
    return data[: scan_at(data)] + body.replace(b"\xff", b"\xff\0") + b"\xff\xd9"


def test_levels_end_where_pixels_do() -> None:
    """Of one block eight times its mean less 128 times 8: -1024 is black, 1016 white; damage adds up beyond."""
    assert fault(flat([1016, -2040, 2000])) == ""
    assert (
        fault(flat([1016, 1016]))
        == "damaged image: part of the picture's data is damaged: it holds values that no picture reaches"
    )


def put(text: str) -> Callable[[bytes], bytes]:
    """Bits in place of the first ones of a scan."""
    body = bytes(int(text[k : k + 8].ljust(8, "1"), 2) for k in range(0, len(text), 8)).replace(b"\xff", b"\xff\0")
    return lambda data: data[: scan_at(data)] + body + data[scan_at(data) + len(body) :]


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (put("1" * 16), "it holds bits that are no code"),
        (put("00" + "11111111001" * 4), "a block has more than 64 coefficients"),
        (lambda data: data.replace(b"\xff\xd1", b"\xff\xd2", 1), "part of the picture's data is missing"),
        (lambda data: data.replace(b"\xff\xd1", b"", 1), "left over|missing|damaged"),
        (lambda data: data.replace(b"\xff\xc0", b"\xff\xc9", 1), "^JPEG with arithmetic coding"),
        (lambda data: data.replace(b"\xff\xda\0\x0c\x03\x01", b"\xff\xda\0\x0c\x03\x07"), "contradict each other"),
    ],
)
def test_each_fault_has_its_line(damage: Callable[[bytes], bytes], line: str) -> None:
    assert re.search(line, fault(damage(written(restart_marker_blocks=5))))


def test_a_progressive_scan_ends_with_its_run_of_empty_blocks() -> None:
    """A run of blocks without coefficients that is longer than the picture: 2^14 and more of them."""
    data = written(Image.new("L", (64, 64), 99), progressive=True)
    assert fault(data) == ""
    wider = bytearray(data)
    at = data.index(b"\xff\xc2") + 5
    wider[at : at + 4] = (56).to_bytes(2, "big") * 2
    assert fault(bytes(wider)) != ""


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_most_runs_of_damage_are_found(layout: dict[str, object]) -> None:
    """Whatever is found is damage indeed: the sound file passes, above. benchmarks/damaged_jpeg.py has more of them."""
    draw, sound = random.Random(1), written(PHOTO.resize((300, 300)), **layout)
    start, found = sound.index(b"\xff\xda") + 14, 0
    for _ in range(60):
        bad, at = bytearray(sound), draw.randrange(start, len(sound) - 60)
        bad[at : at + 40] = draw.choice([bytes(40), draw.randbytes(40)])
        try:
            decode(bytes(bad))
        except Unreadable:
            found += 1
    assert found >= 48


@settings(max_examples=60)
@given(data=st.binary(max_size=300), layout=st.sampled_from(LAYOUTS), at=st.floats(0, 1))
def test_any_bytes_anywhere_end_in_a_line_or_none(data: bytes, layout: dict[str, object], at: float) -> None:
    sound = written(PHOTO.resize((40, 40)), **layout)
    place = 2 + int(at * (len(sound) - 2))
    assert "\n" not in fault(sound[:place] + data + sound[place + len(data) :])


def test_a_look_up_gives_each_code_its_symbol() -> None:
    table = huffman.look_up(bytes([0, 1, 2] + [0] * 13), b"\x05\x06\x07")
    assert [int(table[k << 13]) for k in range(8)] == [0x205, 0x205, 0x306, 0x307, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="no Huffman table"):
        huffman.look_up(bytes([3] + [0] * 15), b"abc")
