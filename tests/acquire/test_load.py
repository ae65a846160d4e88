"""Every kind of bad image is an outcome with one line; every kind of good one becomes upright 8-bit RGB."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facegap.acquire import MAX_PIXELS, Unreadable, decode, open_image, read_image


def picture(width: int = 40, height: int = 30) -> np.ndarray:
    """Smooth colours that a JPEG keeps well, different in every corner."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [255 * x / (width - 1), 255 * y / (height - 1), 255 * (1 - x / (width - 1))]
    return np.stack(channels, axis=2).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is that large and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


RGB = Image.fromarray(picture())
JPEG = saved(RGB, "JPEG", quality=95)
PNG = saved(RGB, "PNG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "PPM", "GIF", "JPEG2000"])
def test_formats_of_photographs_are_read(kind: str) -> None:
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    found = decode(saved(RGB, kind, **options))
    assert (found.shape, found.dtype, found.flags.c_contiguous) == ((30, 40, 3), np.uint8, True)
    difference = np.abs(found.astype(int) - picture())
    assert difference.mean() < (12 if kind == "GIF" else 4)


def test_lossless_pixels_are_exact() -> None:
    np.testing.assert_array_equal(decode(PNG), picture())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"just text, no image\n", "not an image of a known format"),
        (b"\xff\xd8\xff", "not an image of a known format"),
        (JPEG[: len(JPEG) // 2], "damaged image: .*[Tt]runcated"),
        (JPEG[:-40], "damaged image: .*truncated"),
        (PNG[: len(PNG) // 2], "damaged image: "),
        (PNG[:20], "not an image of a known format|damaged image"),
        (PNG.replace(b"IDAT", b"IDAX"), "damaged image: |not an image"),
        (png_header(50_000, 50_000), "more than 64000000 pixels"),
        (png_header(9_000, 8_000), "9000 x 8000 pixels; at most 64000000 are decoded"),
        (png_header(0, 10), "not an image of a known format|damaged image|0 x 10"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image of a known format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image of a known format"),
    ],
    ids=[
        "empty",
        "text",
        "three bytes",
        "half a JPEG",
        "JPEG without its end",
        "half a PNG",
        "PNG header",
        "no pixels",
        "bomb",
        "72 megapixels",
        "no width",
        "EPS",
        "SVG",
    ],
)
def test_bad_images_have_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^({reason})"):
        decode(data)


def test_a_picture_at_the_limit_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegap.acquire.load.MAX_PIXELS", 1200)
    assert decode(PNG).size == 3600
    monkeypatch.setattr("facegap.acquire.load.MAX_PIXELS", 1199)
    with pytest.raises(Unreadable, match="40 x 30 pixels; at most 1199"):
        decode(PNG)
    assert MAX_PIXELS == 64_000_000


def test_grey_becomes_three_equal_channels() -> None:
    grey = picture()[:, :, 0]
    np.testing.assert_array_equal(decode(saved(Image.fromarray(grey), "PNG")), np.stack([grey] * 3, axis=2))


def test_sixteen_bits_keep_their_upper_byte() -> None:
    grey = picture()[:, :, 0]
    deep = Image.fromarray(grey.astype(np.uint16) * 256 + 99)
    np.testing.assert_array_equal(decode(saved(deep, "PNG")), np.stack([grey] * 3, axis=2))


def test_thirty_two_bits_are_refused() -> None:
    deep = Image.fromarray(picture()[:, :, 0].astype(np.float32))
    with pytest.raises(Unreadable, match="pixels of 32 bits"):
        decode(saved(deep, "TIFF"))


def test_one_bit_is_black_and_white() -> None:
    found = decode(saved(Image.fromarray(picture()[:, :, 0] > 100), "PNG"))
    assert set(np.unique(found)) == {0, 255}


def test_transparent_pixels_lie_on_white() -> None:
    alpha = np.zeros((30, 40), dtype=np.uint8)
    alpha[:, 20:] = 255
    found = decode(saved(Image.fromarray(np.dstack([picture(), alpha])), "PNG"))
    assert (found[:, :20] == 255).all()
    np.testing.assert_array_equal(found[:, 20:], picture()[:, 20:])


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    flat = Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).convert("P")
    found = decode(saved(flat, "PNG", transparency=0))
    assert (found == 255).all()


def test_cmyk_is_converted() -> None:
    found = decode(saved(RGB.convert("CMYK"), "JPEG", quality=95))
    assert np.abs(found.astype(int) - picture()).mean() < 6


SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""EXIF 2.3, tag 0x0112: the side of the upright picture that the stored 0th row and 0th column are."""


@pytest.mark.parametrize("orientation", SIDES)
def test_exif_turns_the_picture_upright(orientation: int) -> None:
    upright = picture()
    stored = upright[::-1] if "bottom" in SIDES[orientation] else upright
    stored = stored[:, ::-1] if "right" in SIDES[orientation] else stored
    stored = stored.transpose(1, 0, 2) if SIDES[orientation][0] in ("left", "right") else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(decode(saved(Image.fromarray(stored.copy()), "PNG", exif=exif)), upright)


def test_a_nonsensical_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    np.testing.assert_array_equal(decode(saved(RGB, "PNG", exif=exif)), picture())


def test_files_are_read_with_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    data, image = read_image(path)
    assert data == PNG
    np.testing.assert_array_equal(image, picture())


def test_bad_files_have_a_reason(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"^no such file$"):
        read_image(tmp_path / "nothing.jpg")
    with pytest.raises(Unreadable, match=r"^not a regular file$"):
        read_image(tmp_path)
    with pytest.raises(Unreadable, match=r"^cannot be read: "):
        read_image(tmp_path / ("x" * 5000))
    with pytest.raises(Unreadable, match=r"^cannot be read: .*null"):
        read_image(tmp_path / "a\0b")
    big = tmp_path / "big.jpg"
    with big.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(Unreadable, match=r"^file of 67108865 bytes; at most 67108864 are read$"):
        read_image(big)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(Unreadable, match=r"^not a regular file$"):
        read_image(tmp_path / "pipe.jpg")


def test_open_image_gives_the_digest_or_the_problem(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"text")
    digest, problem = open_image(tmp_path / "bad.jpg")
    assert isinstance(problem, Unreadable)
    assert digest == ""
    (tmp_path / "abc.png").write_bytes(PNG)
    digest, image = open_image(tmp_path / "abc.png")
    assert isinstance(image, np.ndarray)
    assert len(digest) == 64


@settings(max_examples=150)
@given(data=st.data())
def test_any_damage_gives_pixels_or_one_line(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([JPEG, PNG])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = decode(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except Unreadable as problem:
        assert problem.reason
        assert "\n" not in problem.reason
    else:
        assert found.ndim == 3
        assert found.shape[2] == 3
