"""`conditions show` and `conditions list`: what they write, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegap import conditions
from facegap.cli import sheet
from facegap.cli.listings import condition_lines
from facegap.cli.progress import progress
from facegap.errors import CardError, InputError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGAP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 256, (90, 80, 3), dtype=np.uint8)).save(folder / name)
    (folder / "c.jpg").write_bytes(b"no picture")
    return folder


def test_a_sheet_of_pictures(faces: Path, tmp_path: Path) -> None:
    """A row a face that can be read, the picture as it is first; a tile holds what the condition makes of it."""
    out = tmp_path / "sheet.png"
    lines = sheet.write_sheet(["low-res-jpeg", "old-2015+dim-tent+2g"], False, faces, out, 3, progress)
    assert "cameras meter the centre" in lines[0] and "2 faces under 3 conditions" in lines[-1]
    with Image.open(out) as file:
        drawn = np.asarray(file)
    assert drawn.shape[1] == 3 * sheet.TILE_PX and drawn.shape[0] % 2 == 0
    row = drawn[: drawn.shape[0] // 2]
    light = [row[50:150, k * 200 + 50 : k * 200 + 150].mean() for k in range(3)]
    assert light[0] == pytest.approx(light[1], rel=0.05) and light[2] < 0.7 * light[0]
    again = tmp_path / "again.png"
    sheet.write_sheet(["low-res-jpeg", "old-2015+dim-tent+2g"], False, faces, again, 3, progress)
    assert again.read_bytes() == out.read_bytes()


def test_the_ladder(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "ladder.jpg"
    sheet.write_sheet([], True, faces, out, 0, progress)
    with Image.open(out) as file:
        assert file.size[0] == (1 + len(conditions.ladder())) * sheet.TILE_PX


def test_what_is_refused(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    for names, ladder, folder, file, message in (
        ([], False, faces, out, "expected names of conditions, or --ladder"),
        (["clean"], True, faces, out, "expected names of conditions, or --ladder"),
        (["clean"], False, faces, tmp_path / "sheet.txt", r"ends in \.png or \.jpg"),
        (["clean"], False, tmp_path / "none", out, "expected a folder of pictures"),
        (["clean"], False, tmp_path, tmp_path / "x.png", "no readable picture"),
    ):
        if folder == tmp_path:
            for picture in faces.iterdir():
                picture.unlink()
        with pytest.raises(InputError, match=message):
            sheet.write_sheet(names, ladder, folder, file, 0, progress)
    with pytest.raises(CardError):
        sheet.write_sheet(["old-2015+moonlight+2g"], False, faces, out, 0, progress)
    assert not out.exists()


def test_the_list_names_every_part_and_the_ladder() -> None:
    text = "\n".join(condition_lines())
    for name in (*conditions.names(), *(name for kind in conditions.KINDS for name in conditions.parts(kind))):
        assert f"\n{name} " in text
    assert all(rung in text for rung in conditions.ladder())
