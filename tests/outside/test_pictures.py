"""Pictures that are handed over: the same pixels, and nothing that is said of them."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from facegap import acquire
from facegap.outside import plain_picture

SECRET = b"Alice Example, born 1980"
SHAPE = (40, 56, 3)
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
"""Blocks of 8, which survive JPEG nearly as they are."""


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = SECRET.decode()
    found[0x9003] = "2020:01:02 03:04:05"
    return found


def saved(form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, form, **options)
    return buffer.getvalue()


def text_chunk() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Author", SECRET.decode())
    found.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET.decode()}</x>")
    return found


def profile() -> bytes:
    """One that is not sRGB, of a screen whose name says whose it is."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = data.index(b"rXYZ")
    place = int.from_bytes(data[at + 4 : at + 8], "big")
    data[place + 8 : place + 12] = (40_000).to_bytes(4, "big")
    count = int.from_bytes(data[128:132], "big")
    end = 132 + 12 * count
    # A description more, behind a table that is one entry longer.
    text = b"desc" + struct.pack(">II", 0, len(SECRET) + 1) + SECRET + bytes(1 + 8 + 70)
    table = bytearray(data[132:end])
    for k in range(count):
        old = int.from_bytes(table[12 * k + 4 : 12 * k + 8], "big")
        table[12 * k + 4 : 12 * k + 8] = (old + 12).to_bytes(4, "big")
    made = (
        data[:128] + (count + 1).to_bytes(4, "big") + table + struct.pack(">4sII", b"dmdd", len(data) + 12, len(text))
    )
    made += data[end:] + text
    made[:4] = len(made).to_bytes(4, "big")
    return bytes(made)


def with_comment(data: bytes) -> bytes:
    """Segments of other tools: a comment, Photoshop's, XMP, a JFIF thumbnail; and bytes behind the picture."""

    def segment(marker: int, content: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content

    extra = segment(0xFE, SECRET) + segment(0xED, b"Photoshop 3.0\0" + SECRET)
    extra += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET) + segment(0xE0, b"JFXX\0" + SECRET)
    return data[:2] + extra + data[2:] + SECRET


KINDS: dict[str, tuple[bytes, str]] = {
    "JPEG": (saved("JPEG", quality=95, exif=exif(), comment=SECRET), "jpg"),
    "JPEG of other tools": (with_comment(saved("JPEG", quality=95)), "jpg"),
    "progressive JPEG": (with_comment(saved("JPEG", quality=90, progressive=True)), "jpg"),
    "JPEG with restarts": (with_comment(saved("JPEG", quality=90, restart_marker_blocks=2)), "jpg"),
    "JPEG with a profile": (saved("JPEG", quality=95, exif=exif(), icc_profile=profile()), "jpg"),
    **{f"JPEG turned {k}": (saved("JPEG", quality=95, exif=exif(k)), "jpg") for k in range(2, 9)},
    "PNG": (saved("PNG", exif=exif(), pnginfo=text_chunk(), dpi=(123, 123)), "png"),
    "PNG turned": (saved("PNG", exif=exif(6), pnginfo=text_chunk()), "png"),
    "PNG with a profile": (saved("PNG", icc_profile=profile(), pnginfo=text_chunk()), "png"),
    "WebP": (saved("WEBP", lossless=True, exif=exif(), xmp=SECRET), "webp"),
    "WebP, lossy": (saved("WEBP", quality=80, exif=exif(), icc_profile=profile()), "webp"),
    "WebP turned": (saved("WEBP", lossless=True, exif=exif(8)), "png"),
    "TIFF": (saved("TIFF", exif=exif(), description=SECRET.decode()), "png"),
    "BMP with bytes behind": (saved("BMP") + SECRET, "png"),
    "GIF": (saved("GIF", comment=SECRET), "png"),
    "PPM with a comment": (b"P6\n# " + SECRET + b"\n56 40\n255\n" + PIXELS.tobytes(), "png"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_stay_and_what_is_said_of_them_goes(kind: str) -> None:
    data, ending = KINDS[kind]
    pixels = acquire.decode(data)
    found, plain = plain_picture(data, pixels)
    assert found == ending
    np.testing.assert_array_equal(acquire.decode(plain), pixels)
    assert SECRET not in plain and b"2020:01:02" not in plain and b"Photoshop" not in plain
    with Image.open(io.BytesIO(plain)) as image:
        assert set(image.getexif()) <= {0x0112}
        assert not {"comment", "xmp", "photoshop", "Author"} & set(image.info)
        # Pillow makes up 72 where EXIF says nothing.
        assert image.info.get("dpi", (72, 72)) == (72, 72)
        if "profile" in kind or kind == "WebP, lossy":
            assert len(image.info["icc_profile"]) > 300 and SECRET not in image.info["icc_profile"]
            assert image.info["icc_profile"][24:36] == bytes(12) and not (pixels == PIXELS).all()


def test_the_coded_pixels_are_not_coded_again() -> None:
    """The scan of a JPEG and the data of a PNG are the bytes that they were."""
    jpeg = KINDS["JPEG of other tools"][0]
    _, plain = plain_picture(jpeg, acquire.decode(jpeg))
    scan = jpeg[jpeg.rindex(b"\xff\xda") : jpeg.rindex(b"\xff\xd9")]
    assert scan in plain and len(scan) > 200
    png = KINDS["PNG"][0]
    _, plain = plain_picture(png, acquire.decode(png))
    assert png[png.index(b"IDAT") : png.index(b"IEND")] in plain


def test_a_second_picture_and_a_thumbnail_go() -> None:
    """As phones write them: an MPO, and EXIF with a small picture."""
    buffer = io.BytesIO()
    other = Image.fromarray(255 - PIXELS)
    Image.fromarray(PIXELS).save(buffer, "MPO", save_all=True, append_images=[other], quality=95)
    data = buffer.getvalue()
    ending, plain = plain_picture(data, acquire.decode(data))
    assert ending == "jpg" and plain.count(b"\xff\xd8\xff") == 1 and b"MPF\0" not in plain
    np.testing.assert_array_equal(acquire.decode(plain), acquire.decode(data))


def test_an_animation_keeps_its_first_picture() -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(255 - PIXELS)]
    Image.fromarray(PIXELS).save(buffer, "WEBP", save_all=True, append_images=frames, lossless=True)
    data = buffer.getvalue()
    ending, plain = plain_picture(data, acquire.decode(data))
    assert ending == "png"
    np.testing.assert_array_equal(acquire.decode(plain), PIXELS)


def test_sixteen_bit_grey_and_transparency_stay_as_they_are() -> None:
    for mode, array in (
        ("I;16", PIXELS[..., 0].astype(np.uint16) * 257),
        ("RGBA", np.dstack([PIXELS, PIXELS[..., :1]])),
    ):
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, "PNG", pnginfo=text_chunk())
        data = buffer.getvalue()
        ending, plain = plain_picture(data, acquire.decode(data))
        with Image.open(io.BytesIO(plain)) as image:
            assert ending == "png" and image.mode == mode
            np.testing.assert_array_equal(np.asarray(image), array)


def test_a_file_that_is_not_taken_apart_is_saved_again() -> None:
    """A JPEG whose segment says a wrong length, which Pillow reads past, must not be handed over as it is."""
    data = saved("JPEG", quality=95)
    odd = data[:2] + b"\xff\xe5\x00\x01" + data[2:]
    try:
        pixels = acquire.decode(odd)
    except acquire.Unreadable:
        pixels = acquire.decode(data)
    ending, plain = plain_picture(odd, pixels)
    assert ending == "png"
    np.testing.assert_array_equal(acquire.decode(plain), pixels)
