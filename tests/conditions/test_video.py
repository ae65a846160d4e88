"""A selfie video through H.264: one file for all frames, and what is said where PyAV is missing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from facegap import conditions
from facegap.cards import ConditionCard
from facegap.conditions import codec, video
from facegap.conditions.stages import Photo, Unreadable
from facegap.errors import MissingError
from shots import card_of

NAME = "budget-2019-video+office+wifi"


def frames(count: int = 4, size: int = 96) -> list[np.ndarray]:
    """A soft picture that moves two pixels a frame."""
    y, x = np.mgrid[:size, :size]
    still = np.stack([127 + 100 * np.sin(x / 5 + k) * np.cos(y / 7) for k in range(3)], axis=2).astype(np.uint8)
    return [np.roll(still, 2 * number, axis=1) for number in range(count)]


def film(card: ConditionCard, upload: conditions.Upload | None = None) -> list[Photo | Unreadable]:
    takes = [
        conditions.Take(image, conditions.rng_for(1, f"a#a1f{number}", card.plain_name))
        for number, image in enumerate(frames(), start=1)
    ]
    return conditions.film(card, takes, upload)


def photos(found: list[Photo | Unreadable]) -> list[Photo]:
    assert all(isinstance(one, Photo) for one in found)
    return [one for one in found if isinstance(one, Photo)]


def nal_types(packet: bytes) -> list[int]:
    """Of the units of a packet in the byte stream format (ITU-T H.264, annex B and table 7-1)."""
    return [part[0] & 31 for part in packet.split(b"\x00\x00\x01")[1:]]


def test_without_pyav_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"^condition 'budget-2019-video.*': h264: needs PyAV, .* facegap\[video\]$"):
        conditions.require(conditions.load(NAME))
    with pytest.raises(MissingError, match=r"facegap\[video\]$"):
        conditions.grid(frames()[0], [NAME])
    conditions.require(conditions.load("budget-2019+office+wifi"))
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingError, match=r"^h264: needs PyAV"):
        video.encode(frames(), 28)


class TestCoded:
    @pytest.fixture(autouse=True)
    def _av(self) -> None:
        pytest.importorskip("av", reason="H.264 is coded with PyAV: install facegap[video]")

    def test_a_video_is_one_whole_picture_and_then_what_changed(self) -> None:
        packets = video.encode(frames(), 28)
        assert len(packets) == 4
        assert {5, 7, 8} <= set(nal_types(packets[0]))  # whole picture with its parameters
        assert all(set(nal_types(packet)) <= {1, 6} for packet in packets[1:])  # slices that refer to it
        assert max(map(len, packets[1:])) < len(packets[0]) / 2

    def test_the_profile_is_main_and_there_is_one_thread_s_result(self) -> None:
        packets = video.encode(frames(), 28)
        parameters = next(part for part in packets[0].split(b"\x00\x00\x01")[1:] if part[0] & 31 == 7)
        assert parameters[1] == 77  # profile_idc of the main profile (ITU-T H.264, A.2.2)
        assert video.encode(frames(), 28) == packets

    @pytest.mark.parametrize("size", [(9, 11), (48, 64), (95, 97)])
    def test_frames_come_back_in_order_and_size(self, size: tuple[int, int]) -> None:
        sent = [np.full((*size, 3), level, np.uint8) for level in (40, 90, 140, 200)]
        found = video.decode(video.encode(sent, 20), size)
        assert [one.shape for one in found] == [(*size, 3)] * 4
        assert [float(one.mean()) for one in found] == pytest.approx([40, 90, 140, 200], abs=3)

    def test_a_larger_rate_factor_is_a_smaller_and_worse_file(self) -> None:
        sizes, errors = [], []
        for crf in (18, 28, 38):
            packets = video.encode(frames(), crf)
            sizes.append(sum(map(len, packets)))
            errors.append(np.abs(video.decode(packets, (96, 96))[2].astype(float) - frames()[2]).mean())
        assert sizes == sorted(sizes, reverse=True) and errors == sorted(errors)

    def test_the_frames_of_an_attempt_are_one_video(self) -> None:
        """What is compared was decoded from the video: neither the camera's picture nor a video of that frame alone."""
        card = conditions.load(NAME)
        found = photos(film(card))
        assert len({one.file for one in found}) == 1
        before = card.model_copy(update={"steps": tuple(s for s in card.steps if s.step not in ("h264", "uplink"))})
        seen = photos(film(before))
        whole = video.filmed(seen, crf=28)
        for mine, one in zip(found, whole, strict=True):
            np.testing.assert_array_equal(mine.pixels, one.pixels)
        assert not np.array_equal(found[3].pixels, seen[3].pixels)
        assert not np.array_equal(found[3].pixels, video.h264(seen[3], crf=28).pixels)

    def test_without_h264_frames_go_their_way_alone(self) -> None:
        card = conditions.load("budget-2019+office+wifi")
        for number, (one, image) in enumerate(zip(photos(film(card)), frames(), strict=True), start=1):
            alone = conditions.photograph(card, image, conditions.rng_for(1, f"a#a1f{number}", card.name))
            np.testing.assert_array_equal(one.pixels, alone.pixels)
            assert (one.size, one.seconds) == (alone.size, alone.seconds)

    def test_seconds_are_those_of_the_video_s_bytes(self) -> None:
        """By hand: data of the small video by (720 / 96) ^ (2 x .87), at 5 Mbit/s, shared by its frames."""
        found = photos(film(conditions.load(NAME)))
        card = card_of(*[s.model_dump() for s in conditions.load(NAME).steps if s.step not in ("h264", "uplink")])
        small = [
            conditions.apply(card, image, conditions.rng_for(1, f"a#a1f{number}", NAME))
            for number, image in enumerate(frames(), start=1)
        ]
        data = sum(map(len, video.encode(small, 28)))
        size = 30 + (data - 30) * (720 / 96) ** 1.74
        assert sum(one.size or 0 for one in found) == pytest.approx(size, abs=4)
        assert sum(one.seconds or 0 for one in found) == pytest.approx(size * 8 / 5e6, rel=1e-3)

    @pytest.mark.parametrize("most", [2_000, 3_500])
    def test_a_cap_is_one_of_the_whole_video(self, most: int) -> None:
        steps = [{"step": "h264", "crf": 18}, {"step": "upload_cap", "max_bytes": most}]
        found = photos(film(card_of(*steps), conditions.Upload(3, 4)))
        total = sum(one.size or 0 for one in found)
        assert most / 2 < total <= most
        assert len({one.pixels.shape for one in found}) == 1

    def test_a_video_is_lost_or_broken_off_as_one(self) -> None:
        for step in ("lose", "truncate"):
            card = card_of({"step": "h264", "crf": 28}, {"step": step, "probability": 0.5})
            arrived = [[isinstance(one, Photo) for one in film(card, conditions.Upload(seed, 4))] for seed in range(12)]
            assert all(len(set(one)) == 1 for one in arrived)
            assert {one[0] for one in arrived} == {True, False}
        reasons = {str(one) for one in itertools.chain(*(film(card, conditions.Upload(s, 4)) for s in range(12)))}
        assert any("does not decode" in reason for reason in reasons)

    def test_a_picture_that_is_sent_alone_is_a_video_of_one_frame(self) -> None:
        found = conditions.photograph(conditions.load(NAME), frames()[0], conditions.rng_for(0, "a", "x"))
        assert found.file is not None and {5, 7, 8} <= set(nal_types(found.file))

    def test_fine_frames_are_coded_at_the_scale_of_the_phone(self) -> None:
        coarse, fine = Photo(frames()[0], scale=1.0), Photo(frames()[0], scale=4.0)
        errors = [np.abs(video.h264(one, crf=40).pixels.astype(float) - one.pixels).mean() for one in (coarse, fine)]
        assert errors[1] < 0.6 * errors[0]
        size = codec.size_of(b"".join(video.encode([fine.pixels], 40)), 4.0)
        assert video.h264(fine, crf=40).size == size
