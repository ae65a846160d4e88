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
from PIL import Image, ImageCms

from facegap import colour
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
        (b"\xff\xd8\xff", "damaged image: JPEG that cannot be opened"),
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
    with pytest.raises(Unreadable, match=r"^cannot be read: ValueError$"):
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


def grey16(values: np.ndarray, kind: str, **options: object) -> bytes:
    return saved(Image.fromarray(values.astype(np.uint16)), kind, **options)


DEEP = picture()[:, :, 0].astype(np.uint16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_fewer_bits_in_sixteen_are_refused_with_the_reason(kind: str, bits: int) -> None:
    values = DEEP << (bits - 8)
    with pytest.raises(Unreadable, match=rf"^16-bit grey uses only values to {values.max()} of 65535, as fewer bits"):
        decode(grey16(values, kind))


def test_a_black_picture_of_sixteen_bits_is_black() -> None:
    assert not decode(grey16(np.zeros((4, 4)), "PNG")).any()


def test_fewer_bits_in_sixteen_are_refused_in_colour_too() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    def png16(values: np.ndarray) -> bytes:
        height, width, _ = values.shape
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
        header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
        body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + body

    np.testing.assert_array_equal(decode(png16(picture().astype(np.uint16) * 257)), picture())
    with pytest.raises(Unreadable, match=r"^16-bit colour uses only values to \d+ of 65535"):
        decode(png16(picture().astype(np.uint16) * 16))


@pytest.mark.parametrize(("highest", "factor"), [(65535, 257), (1023, 4), (4095, 16)])
def test_grey_pgm_of_more_than_eight_bits_is_scaled_by_its_highest_value(highest: int, factor: int) -> None:
    grey = picture()[:, :, 0]
    values = (grey.astype(np.uint16) * factor).astype(">u2").tobytes()
    found = decode(b"P5\n# a remark\n40 30\n%d\n" % highest + values)
    assert np.abs(found[..., 0].astype(int) - grey).max() <= 1
    np.testing.assert_array_equal(found[..., 0], found[..., 2])


def test_pgm_that_states_sixteen_bits_and_uses_twelve_is_refused() -> None:
    values = (DEEP << 4).astype(">u2").tobytes()
    with pytest.raises(Unreadable, match="uses only values to"):
        decode(b"P5 40 30 65535\n" + values)


def test_white_is_zero_in_sixteen_bits_is_not_a_negative() -> None:
    grey = picture()[:, :, 0]
    data = grey16(65535 - (DEEP << 8), "TIFF", tiffinfo={262: 0})
    assert np.abs(decode(data)[..., 0].astype(int) - grey).max() <= 1


def one_scan(image: Image.Image, **options: object) -> bytes:
    return saved(image, "JPEG", quality=90, **options)


PHOTO = Image.fromarray(np.random.default_rng(5).integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize((120, 90))


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 5}, {"subsampling": 0}], ids=str
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_jpeg_whose_lower_part_is_missing_is_damaged(options: dict[str, object], share: float) -> None:
    """Cut short and closed again: libjpeg fills what is missing with grey and says nothing."""
    whole = one_scan(PHOTO, **options)
    assert decode(whole).shape == (90, 120, 3)
    start = whole.index(b"\xff\xda")
    cut = whole[: start + int(share * (len(whole) - start))].rstrip(b"\xff") + b"\xff\xd9"
    with pytest.raises(Unreadable, match=r"^damaged image: part of the picture's data is missing$"):
        decode(cut)


def test_a_jpeg_with_data_left_over_is_damaged() -> None:
    whole = one_scan(PHOTO)
    short = one_scan(PHOTO.resize((120, 64)))
    size = short.index(b"\xff\xc0") + 5
    taller = whole[: whole.index(b"\xff\xc0") + 5] + short[size : size + 2] + whole[whole.index(b"\xff\xc0") + 7 :]
    with pytest.raises(Unreadable, match="some of it is left over"):
        decode(taller)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("side", [1, 8, 9, 16, 17, 63])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}], ids=str)
def test_a_whole_jpeg_is_never_called_damaged(mode: str, side: int, options: dict[str, object]) -> None:
    for image in (PHOTO.resize((side, side + 3)), Image.new("RGB", (side, side), (128, 128, 128))):
        assert decode(one_scan(image.convert(mode), **options)).shape[1] == side


def test_bytes_after_the_end_of_a_jpeg_do_no_harm() -> None:
    np.testing.assert_array_equal(decode(JPEG + b"\0" * 500), decode(JPEG))


DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
"""Chromaticities of SMPTE EG 432-1 with the white D65, as Display P3 has them."""

ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
"""Adobe RGB (1998) Color Image Encoding, version 2005-05."""


def rgb_profile(primaries: tuple[tuple[float, float], ...], gamma: float) -> bytes:
    """A matrix profile (ICC.1) of those primaries under D65, adapted to D50 with Bradford's matrix."""

    def xyz(x: float, y: float) -> np.ndarray:
        return np.array([x / y, 1, (1 - x - y) / y])

    white = xyz(0.3127, 0.3290)
    columns = np.stack([xyz(*one) for one in primaries], axis=1)
    matrix = columns * np.linalg.solve(columns, white)
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    to_d50 = np.linalg.inv(cone) @ np.diag(cone @ [0.9642, 1, 0.8249] / (cone @ white)) @ cone

    def fixed(values: np.ndarray) -> bytes:
        return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)

    tags = {name: b"XYZ \0\0\0\0" + fixed(column) for name, column in zip("rgb", (to_d50 @ matrix).T, strict=True)}
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    parts = {b"wtpt": b"XYZ \0\0\0\0" + fixed(np.array([0.9642, 1, 0.8249]))}
    parts |= {f"{name}XYZ".encode(): body for name, body in tags.items()}
    parts |= {f"{name}TRC".encode(): curve for name in "rgb"}
    table, body, at = struct.pack(">I", len(parts)), b"", 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        table += name + struct.pack(">II", at + len(body), len(part))
        body += part
    head = struct.pack(">I4sI4s4s4s", 0, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + fixed(np.array([0.9642, 1, 0.8249]))
    whole = head.ljust(128, b"\0") + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


def in_space(primaries: tuple[tuple[float, float], ...], gamma: float, srgb: tuple[int, int, int]) -> list[float]:
    """The 8-bit values of an sRGB colour in another space, from the chromaticities alone."""

    def matrix(of: tuple[tuple[float, float], ...]) -> np.ndarray:
        columns = np.stack([np.array([x / y, 1, (1 - x - y) / y]) for x, y in of], axis=1)
        white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
        return columns * np.linalg.solve(columns, white)

    linear = colour.decode(np.array(srgb) / 255)
    other = np.linalg.solve(matrix(primaries), matrix(((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))) @ linear)
    return [float(value) for value in 255 * np.clip(other, 0, 1) ** (1 / gamma)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("primaries", [DISPLAY_P3, ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
def test_colour_profiles_are_brought_to_srgb(kind: str, primaries: tuple[tuple[float, float], ...]) -> None:
    skin = (198, 134, 103)
    stored = np.rint(in_space(primaries, 2.2, skin)).astype(np.uint8)
    assert np.abs(stored - np.array(skin)).max() > 5
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    flat = Image.fromarray(np.tile(stored, (16, 16, 1)))
    found = decode(saved(flat, kind, icc_profile=rgb_profile(primaries, 2.2), **options))
    assert np.abs(found.astype(int) - np.array(skin)).max() <= 3


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(decode(saved(RGB, "PNG", icc_profile=profile)), picture())


def test_a_profile_of_colours_in_a_grey_picture_keeps_it_grey() -> None:
    grey = RGB.convert("L")
    found = decode(saved(grey, "PNG", icc_profile=rgb_profile(DISPLAY_P3, 2.2)))
    assert np.ptp(found, axis=2).max() <= 1


@pytest.mark.parametrize("profile", [b"no profile at all", rgb_profile(DISPLAY_P3, 2.2)[:200], b"\0" * 300])
def test_a_damaged_profile_is_a_reason(profile: bytes) -> None:
    with pytest.raises(Unreadable, match="colour profile"):
        decode(saved(RGB, "PNG", icc_profile=profile))


def test_the_mark_of_adobe_rgb_without_a_profile_counts() -> None:
    skin = (198, 134, 103)
    stored = np.rint(in_space(ADOBE_RGB, 563 / 256, skin)).astype(np.uint8)

    def directory(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack("<HHHI", 1, tag, kind, count) + value + bytes(4)

    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8)
    exif += directory(0x8769, 4, 1, struct.pack("<I", 26)) + directory(0xA005, 4, 1, struct.pack("<I", 44))
    exif += directory(1, 2, 4, b"R03\0")
    data = saved(Image.fromarray(np.tile(stored, (16, 16, 1))), "PNG", exif=exif)
    assert np.abs(decode(data).astype(int) - np.array(skin)).max() <= 2


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\xff\x0a" + bytes(40), r"^JPEG XL: not read here; save it as JPEG or PNG$"),
        (b"8BPS\0\1" + bytes(40), r"^Photoshop: not read here"),
        (b"\0\0\0\x18ftypisom" + bytes(40), r"^video: not read here"),
        (b"II\x2b\0" + bytes(40), r"^BigTIFF: not read here|damaged"),
    ],
)
def test_pictures_of_other_formats_are_named(head: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        decode(head)


def test_heic_is_read_or_named_with_what_to_install() -> None:
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60)
    with pytest.raises(Unreadable, match=r"^HEIC: not read here; install facegap\[heif\]|^damaged image"):
        decode(head)


@pytest.mark.skipif("AVIF" not in Image.SAVE, reason="this Pillow has no AVIF")
def test_avif_is_read() -> None:
    found = decode(saved(RGB, "AVIF", quality=95))
    assert np.abs(found.astype(int) - picture()).mean() < 6
