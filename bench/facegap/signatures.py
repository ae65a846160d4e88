"""What a file is by its first bytes, whatever it is called: pictures that can be read, and pictures that cannot."""

from __future__ import annotations

import re
from pathlib import Path

HEAD = 132
"""Bytes that tell one kind from another."""

READ = ("JPEG", "PNG", "WebP", "TIFF", "BMP", "PNM", "GIF", "JPEG 2000")
"""Kinds that every installation reads."""

ADVICE = {
    "HEIC": "install facegap[heif], or save it as JPEG or PNG",
    "AVIF": "install pillow 11.3 or later, or save it as JPEG or PNG",
}
"""Kinds that some installations read, and what to do where this one does not."""

PACKED = {".bz2": "bzip2", ".gz": "gzip", ".xz": "xz"}
"""Endings of single files that are packed; pictures inside are not unpacked here."""

_UNPACK = {"bzip2": "bunzip2", "gzip": "gunzip", "xz": "unxz"}

_SAVE = "save it as JPEG or PNG"

_STARTS: tuple[tuple[str, bytes], ...] = (
    ("JPEG", rb"\xff\xd8\xff"),
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("GIF", rb"GIF8[79]a"),
    ("WebP", rb"RIFF.{4}WEBP"),
    ("raw camera", rb"II\*\0.{4}CR|FUJIFILMCCD-RAW|IIU\0|IIRO|MMOR|.{4}ftypcrx "),
    ("TIFF", rb"II\*\0|MM\0\*"),
    ("BigTIFF", rb"II\+\0|MM\0\+"),
    ("BMP", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    ("PNM", rb"P[1-6]\s"),
    ("PAM", rb"P7\n"),
    ("PFM", rb"P[fF]\s"),
    ("JPEG 2000", rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    ("AVIF", rb".{4}ftypavi[fs]|.{4}ftypmi[fa]1.{4}(?:.{4})*?avi[fs]"),
    ("HEIC", rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)"),
    ("JPEG XL", rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    ("JPEG XR", rb"II\xbc"),
    ("Photoshop", rb"8BPS"),
    ("OpenEXR", rb"v/1\x01"),
    ("QOI", rb"qoif"),
    ("Radiance", rb"#\?R(?:ADIANCE|GBE)"),
    ("DICOM", rb".{128}DICM"),
    ("video", rb".{4}ftyp|\x1a\x45\xdf\xa3|RIFF.{4}AVI "),
)
_PATTERNS = tuple((kind, re.compile(start, re.DOTALL)) for kind, start in _STARTS)


def kind_of(head: bytes) -> str:
    """The kind of picture (or video) that a file's first bytes say it is, "" for anything else."""
    return next((kind for kind, start in _PATTERNS if start.match(head)), "")


def kind_of_file(path: Path) -> str:
    """`kind_of` for a file; "" where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD))
    except OSError:
        return ""


def unread(kind: str) -> str:
    """Why a picture of this kind is not read, and what to do."""
    if kind in _UNPACK:
        ending = next(ending for ending, packing in PACKED.items() if packing == kind)
        return f"{kind}: packed; run find FOLDER -name '*{ending}' -exec {_UNPACK[kind]} -k {{}} +"
    return f"{kind}: not read here; {ADVICE.get(kind, _SAVE)}"
