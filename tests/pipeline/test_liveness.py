"""Liveness: the crop around a face, the score, and what is refused before a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alive import make_alive
from facegap.cards import FaceCrop, load_liveness
from facegap.errors import ModelRefused
from facegap.pipeline import Liveness, UsedLiveness, is_live, open_liveness
from facegap.pipeline.liveness import cropped, window

SHIFT = FaceCrop(scale=2.7, shape="box", outside="shift")


def along(first: float, last: float, side: int, length: float) -> tuple[int, int]:
    """Pixels of a length about the middle of a face, as near to it as the picture's side allows; both ends count."""
    start = float(np.clip((first + last) / 2 - length / 2, 0, max(side - 1 - length, 0)))
    return int(start + 1e-9), int(start + length + 1e-9) + 1


@given(
    st.integers(40, 900), st.integers(40, 900), st.floats(0.6, 4.0),
    st.integers(0, 800), st.integers(0, 800), st.integers(5, 400), st.integers(5, 400),
)  # fmt: skip
def test_the_crop_is_as_near_to_the_middle_as_it_fits(
    width: int, height: int, scale: float, x: int, y: int, wide: int, high: int
) -> None:
    x, y = min(x, width - 5), min(y, height - 5)
    wide, high = min(wide, width - x), min(high, height - y)
    rule = FaceCrop(scale=scale, shape="box", outside="shift")
    left, top, right, bottom = window((x, y, x + wide, y + high), rule, width, height)
    fits = min(scale, (width - 1) / wide, (height - 1) / high)
    assert (left, right) == pytest.approx(along(x, x + wide, width, fits * wide), abs=1)
    assert (top, bottom) == pytest.approx(along(y, y + high, height, fits * high), abs=1)
    assert 0 <= left < right <= width and 0 <= top < bottom <= height


def test_crops_by_hand() -> None:
    assert window((40, 40, 60, 60), SHIFT, 200, 200) == (23, 23, 78, 78)  # 54 about 50: 23 to 77, both ends inside
    assert window((0, 0, 20, 20), SHIFT, 200, 200) == (0, 0, 55, 55)  # moved inside
    assert window((180, 90, 200, 110), SHIFT, 200, 200) == (145, 73, 200, 128)
    assert window((0, 0, 100, 100), SHIFT, 100, 100) == (0, 0, 100, 100)  # made smaller: all there is
    square = FaceCrop(scale=2.0, shape="square", outside="black")
    assert window((10, 20, 30, 60), square, 100, 100) == (-20, 0, 60, 80)


def test_outside_of_the_picture_it_is_black() -> None:
    image = np.full((10, 10, 3), 200, dtype=np.uint8)
    rule = FaceCrop(scale=2.0, shape="box", outside="black")
    found = cropped(image, (0, 0, 10, 10), rule, (20, 20))
    assert (found[5:15, 5:15] == 200).all() and not found[:5].any() and not found[:, 15:].any()


def net(folder: Path, **more: Any) -> Liveness:
    file = make_alive(folder, more.pop("threshold", 0.5), **more)
    card = load_liveness(str(file))
    return Liveness(card, folder / str(card.file))


def test_the_score_is_the_number_that_the_card_names(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    red, blue = int(image[..., 0].sum()), int(image[..., 2].sum())
    assert net(tmp_path).score(image, (0, 0, 32, 32)) == red
    assert net(tmp_path, index=1).score(image, (0, 0, 32, 32)) == blue
    small = [[1e-5, 0], [0, 0], [0, 1e-5]]
    share = np.exp(1e-5 * red) / (np.exp(1e-5 * red) + np.exp(1e-5 * blue))
    assert net(tmp_path, softmax=True, matrix=small).score(image, (0, 0, 32, 32)) == pytest.approx(share, abs=1e-5)


@pytest.mark.parametrize(("direction", "expected"), [("live-high", [0, 1, 1, 0]), ("live-low", [1, 1, 0, 0])])
def test_the_direction_says_who_is_live(tmp_path: Path, direction: str, expected: list[int]) -> None:
    card = load_liveness(str(make_alive(tmp_path, 0.5, direction=direction)))
    scores: npt.NDArray[np.float32] = np.array([0.4, 0.5, 0.6, np.nan], dtype=np.float32)
    assert is_live(scores, card).astype(int).tolist() == expected


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"matrix": [[np.nan, 0], [0, 0], [0, 1]]}, "gave some that are not finite"),
        ({"matrix": [[0, 1], [0, 0], [0, 0]]}, "number 0 is the same for all of them"),
        ({"index": 2}, "index: the card says 2, the net gives 2 numbers"),
        ({"batch": 4}, "expected an input of one picture at a time, the file takes 4"),
    ],
)
def test_a_net_that_cannot_judge_is_refused(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    card = load_liveness(str(make_alive(tmp_path, 0.5, **more)))
    with pytest.raises(ModelRefused, match=f"^alive: .*{says}"):
        open_liveness(UsedLiveness(card, tmp_path / "alive.onnx"), "cpu")
