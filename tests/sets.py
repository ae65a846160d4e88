"""Published data sets as their makers lay them out: one small tree each, sound, and every trap that it is known for.

A tree is sound by itself. Each trap is a change of it and the lines that `datasets check` then says; all traps of a set
can be set at once. Pictures are of the tiny recogniser's kind, so that a whole run can be made of every tree.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from PIL import Image

import tiny

Pictures = dict[str, tuple[int, int]]
"""Path -> who is on it, and which picture of that person it is."""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """What goes wrong in one place.

    `pictures`, `texts`: further files. `lines`: text put at the end of a file. `swaps`: file -> (old, new) text in it.
    `without`: files taken away. `says`: how lines of the check begin. `refused`: reason -> samples.
    """

    says: tuple[str, ...]
    pictures: Pictures = field(default_factory=dict)
    texts: Mapping[str, str | bytes] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    swaps: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Set:
    """A set: `people` and `mated` pairs of the sound tree; `list` names the official protocol that a run takes.

    `says`: how the lines begin that the check has for the sound tree. `roles`: whether a run compares photo and selfie.
    """

    card: str
    pictures: Pictures
    texts: Mapping[str, str | bytes] = field(default_factory=dict)
    groups: str
    people: int
    mated: int
    nonmated: int
    list: str = ""
    roles: bool = False
    says: tuple[str, ...] = ()
    traps: Mapping[str, Trap]

    @property
    def refused(self) -> Counter[str]:
        """What is refused where all traps are set."""
        return sum((Counter(trap.refused) for trap in self.traps.values()), Counter())

    def write(self, root: Path, *traps: str) -> Path:
        """The tree with these traps."""
        texts: dict[str, str | bytes] = dict(self.texts)
        pictures = dict(self.pictures)
        for trap in (self.traps[name] for name in traps):
            pictures.update(trap.pictures)
            texts.update(trap.texts)
            for name, (old, new) in trap.swaps.items():
                before = _text(texts[name])
                assert before.count(old) == 1, (name, old)
                texts[name] = before.replace(old, new)
            for name, more in trap.lines.items():
                texts[name] = _text(texts[name]) + more
            for name in trap.without:
                pictures.pop(name, None)
                texts.pop(name, None)
        for name, (person, sample) in pictures.items():
            _write(root / name, _picture(name, person, sample))
        for name, text in texts.items():
            _write(root / name, text.encode() if isinstance(text, str) else text)
        return root


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _picture(name: str, person: int, sample: int) -> bytes:
    data = io.BytesIO()
    kind = "PPM" if name.lower().endswith(".ppm") else "PNG"
    Image.fromarray(tiny.picture(person, sample, noise=60)).save(data, format=kind)
    return data.getvalue()


def _lines(rows: Iterable[str], end: str = "\n") -> str:
    return "".join(f"{row}{end}" for row in rows)


NO_PATTERN = "its path matches no pattern of the card"
RACES = ("African", "Asian", "Caucasian", "Indian")
TWELVE = (
    *("m.023915", "m.0z08d8y", "m.0bk56n", "m.04f4wpb", "m.0gc2xf9", "m.08dyjb"),
    *("m.05y2fd", "m.0gbz836", "m.01pw5d", "m.0cm83zb", "m.02qmpkk", "m.05xpnv"),
)
"""People whom RFW has under two races."""


def _ring(people: Sequence[str], mated: str, other: str) -> list[str]:
    """One mated pair a person, and one non-mated with the next."""
    lines = [mated.format(person) for person in people]
    return lines + [other.format(a, b) for a, b in zip(people, [*people[1:], people[0]], strict=True)]


def _rfw() -> Set:
    names = {race: [f"m.0{r}{k}" for k in range(5)] for r, race in enumerate(RACES)}
    pictures = {
        f"test/data/{race}/{name}/{name}_000{s}.jpg": (10 * r + k, s)
        for r, race in enumerate(RACES)
        for k, name in enumerate(names[race])
        for s in (1, 2)
    }
    texts = {
        f"test/txts/{race}/{race}_pairs.txt": _lines(_ring(people, "{0}\t1\t2", "{0}\t1\t{1}\t2"))
        for race, people in names.items()
    }
    texts |= {
        f"test/txts/{race}/{race}_lmk.txt": _lines(
            f"/{race}/{name}/{name}_000{s}.jpg\t0\t98.5\t140.1\t167\t139.9\t133\t180\t105\t221\t162\t222"
            for name in people
            for s in (1, 2)
        )
        for race, people in names.items()
    }
    texts["erratum1/Caucasian_lmk.txt"] = texts["test/txts/Caucasian/Caucasian_lmk.txt"]
    train = {"train/data/Caucasian/m.09x/m.09x_0001.jpg": (90, 1), "train/data/Asian/m.09y_0001.jpg": (91, 1)}
    both = "race: the subject has two labels"
    doubled = {
        f"test/data/{race}/{name}/{name}_000{s}.jpg": (50 + k, s)
        for k, name in enumerate(TWELVE)
        for s, race in ((1, RACES[k % 4]), (2, RACES[(k + 1) % 4]))
    }
    return Set(
        card="rfw",
        pictures={**pictures, **train},
        texts=texts,
        groups='[["race"]]',
        people=20,
        mated=20,
        nonmated=20,
        list="all",
        says=(
            "warning: *_pairs.txt: all 20 non-mated pairs join people of one group by race: the list says "
            "nothing of false "
            "matches across groups",
            "info: test/data: 2 images below the root not named: train/data/Asian/m.09y_0001.jpg; train/data/Caucasian",
        ),
        traps={
            "twelve people under two races": Trap(
                pictures=doubled,
                lines={"test/txts/African/African_pairs.txt": _lines(f"{name}\t1\tm.000\t1" for name in TWELVE)},
                refused={both: 24},
                says=(
                    f"error: test/data: 24 samples refused: {both}: 'm.01pw5d' is African (test/data/African/m.01pw5d/"
                    "m.01pw5d_0001.jpg) and Asian (test/data/Asian/m.01pw5d/m.01pw5d_0002.jpg); ",
                    "error: African_pairs.txt: 12 pairs refused: a sample that is not in use (unknown, refused or not "
                    "drawn): line 11; line 12; ",
                ),
            ),
            "a picture that is not there": Trap(
                lines={"test/txts/Asian/Asian_pairs.txt": "m.010\t1\t7\n"},
                says=(
                    "error: Asian_pairs.txt: 1 pair refused: a sample that is not in use (unknown, refused or "
                    "not drawn):",
                    "warning: Asian_pairs.txt: 11 pairs are not 10 folds of equal size: no fold accuracy is computed",
                ),
            ),
            "a race that is none": Trap(
                pictures={"test/data/Martian/m.08/m.08_0001.jpg": (70, 1)},
                refused={"race: expected African, Asian, Caucasian, Indian": 1},
                says=(
                    "error: test/data: 1 sample refused: race: expected African, Asian, Caucasian, Indian: 'Martian' "
                    "(test/data/Martian/m.08/m.08_0001.jpg); correct it, or map it in the card",
                ),
            ),
            "flat as in the training part": Trap(
                pictures={"test/data/Asian/m.07_0001.jpg": (71, 1)},
                refused={"not at race/subject/image": 1},
                says=("error: test/data: 1 sample refused: not at race/subject/image: test/data/Asian/m.07_0001.jpg",),
            ),
            "litter of another system": Trap(
                texts={"test/data/Asian/m.010/._m.010_0001.jpg": b"\0\5\x16\7"},
                says=(
                    "info: test/data: 6 files below the root that are no picture: erratum1/Caucasian_lmk.txt; "
                    "test/data/Asian/m.010/._m",
                ),
            ),
        },
    )


BFW = ("asian_females", "asian_males", "black_females", "black_males", "indian_females", "indian_males",
       "white_females", "white_males")  # fmt: skip


def _bfw() -> Set:
    people = {folder: [f"n00{f}00{k}" for k in range(2)] for f, folder in enumerate(BFW)}
    files = {
        f"{folder}/{name}/000{s}_01.jpg": (10 * f + k, s)
        for f, folder in enumerate(BFW)
        for k, name in enumerate(people[folder])
        for s in (1, 2)
    }
    header = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2"
    rest = "0,0,x,x,0.5,0.5,0.5,AF,AF,F,F,A,A"
    rows = [f"1,{f}/{n}/0001_01.jpg,{f}/{n}/0002_01.jpg,1,{rest}" for f, names in people.items() for n in names]
    rows += [
        f"{1 + k % 5},{a}/{people[a][0]}/0001_01.jpg,{b}/{people[b][1]}/0002_01.jpg,0,{rest}"
        for k, (a, b) in enumerate(pairwise(BFW))
    ]
    table = "bfw-v0.1.5-datatable.csv"
    return Set(
        card="bfw",
        pictures=files,
        texts={table: _lines([header, *rows])},
        groups='[["ethnicity", "gender"], ["gender"]]',
        people=16,
        mated=16,
        nonmated=7,
        list="datatable",
        traps={
            "a folder that is no subgroup": Trap(
                pictures={"white/n009/0001_01.jpg": (90, 1)},
                refused={"folder is not ethnicity_gender": 1},
                says=("error: bfw: 1 sample refused: folder is not ethnicity_gender: white/n009/0001_01.jpg",),
            ),
            "a subgroup that is none": Trap(
                pictures={"latin_males/n008/0001_01.jpg": (91, 1)},
                refused={"ethnicity: expected Asian, Black, Indian, White": 1},
                says=(
                    "error: bfw: 1 sample refused: ethnicity: expected Asian, Black, Indian, White: 'latin', did "
                    "you mean 'asian'?",
                ),
            ),
            "a person in two subgroups": Trap(
                pictures={"white_males/n007/0001_01.jpg": (92, 1), "white_females/n007/0002_01.jpg": (92, 2)},
                refused={"gender: the subject has two labels": 2},
                says=("error: bfw: 2 samples refused: gender: the subject has two labels: 'n007' is female (",),
            ),
            "pairs that contradict": Trap(
                lines={
                    table: f"1,asian_females/n000000/0001_01.jpg,white_males/n007001/0001_01.jpg,1,{rest}\n"
                    f"1,asian_females/n000000/0001_01.jpg,white_males/n007001/0009_01.jpg,0,{rest}\n"
                },
                says=(
                    "error: bfw-v0.1.5-datatable.csv: 1 pair refused: called mated, but the subjects are not the same: "
                    "line 25",
                    "error: bfw-v0.1.5-datatable.csv: 1 pair refused: a sample that is not in use (unknown, refused or "
                    "not drawn): line 26",
                ),
            ),
        },
    )


def _bfw_scores() -> Set:
    """BFW's table of comparisons, whose rows say who its samples are; pictures lie beside it, and may be missing."""
    people = {folder: [f"n00{f}00{k}" for k in range(2)] for f, folder in enumerate(BFW)}
    header = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2"

    def row(a: str, b: str, k: int) -> str:
        sides, mated = (a.split("/"), b.split("/")), a.split("/")[1] == b.split("/")[1]
        att = [side[0] for side in sides]
        e, g = ([one[0].upper() for one in att], [one.split("_")[1][0].upper() for one in att])
        short = [f"{x}{y}" for x, y in zip(e, g, strict=True)]
        scores = [f"{0.5 * mated + 0.4 * (k * n % 11) / 11:.6f}" for n in (3, 5, 7)]
        return ",".join(
            [str(1 + k % 5), a, b, str(int(mated)), *(side[1][3:] for side in sides), *att, *scores, *short, *g, *e]
        )

    pairs = [(f"{f}/{n}/0001_01.jpg", f"{f}/{n}/0002_01.jpg") for f, names in people.items() for n in names]
    everybody = [f"{f}/{n}/0001_01.jpg" for f, names in people.items() for n in names]
    pairs += [(a, everybody[(k + step) % 16]) for k, a in enumerate(everybody) for step in (1, 3, 6)]
    table = "bfw-v0.1.5-datatable.csv"
    return Set(
        card="bfw-scores",
        pictures={
            f"{folder}/{name}/000{s}_01.jpg": (10 * f + k, s)
            for f, (folder, names) in enumerate(people.items())
            for k, name in enumerate(names)
            for s in (1, 2)
        },
        texts={table: _lines([header, *(row(a, b, k) for k, (a, b) in enumerate(pairs))])},
        groups='[["ethnicity", "gender"], ["gender"]]',
        people=16,
        mated=16,
        nonmated=48,
        list="datatable",
        traps={
            "a sample of which it says two things": Trap(
                lines={
                    table: row("asian_females/n000000/0001_01.jpg", "white_males/n007000/0001_01.jpg", 1).rsplit(
                        ",", 2
                    )[0]
                    + ",B,W\n"
                },
                refused={"path given twice": 2} | {"ethnicity: the subject has two labels": 1},
                says=("error: ",),
            ),
            "a label that is none": Trap(
                lines={
                    table: row("asian_females/n000099/0001_01.jpg", "white_males/n007000/0001_01.jpg", 1).rsplit(
                        ",", 2
                    )[0]
                    + ",L,W\n"
                },
                refused={"ethnicity: expected Asian, Black, Indian, White": 1},
                says=(f"error: {table}: 1 sample refused: ethnicity: expected Asian, Black, Indian, White: 'L'",),
            ),
        },
    )


def _meds() -> Set:
    people = [f"S{k:03}" for k in range(1, 9)]
    pictures = {f"data/{p}/{p}-0{s}-t10_01.jpg": (k, s) for k, p in enumerate(people) for s in (1, 2)}
    pictures = {"data/S009/S009-01-t10_01.jpg": (20, 1), **pictures}
    rows = [f"{p},{'MF'[k % 2]},{'BWAIU'[k % 5]}" for k, p in enumerate([*people, "S009"])]
    table = "subjects.csv"
    return Set(
        card="meds-2",
        pictures=pictures,
        texts={table: _lines(["subject_id,sex,race", *rows], "\r"), "data/S001/S001-01-t10_01.eft": b"\0\1"},
        groups='[["sex"], ["race"]]',
        people=9,
        mated=8,
        nonmated=17 * 16 // 2 - 8,
        says=(
            "info: 1 subject with one sample only: in non-mated comparisons, never in mated ones",
            "info: data: 1 file below the root that is no picture: data/S001/S001-01-t10_01.eft",
        ),
        traps={
            "a name that contradicts its folder": Trap(
                pictures={"data/S010/S011-01-t10_01.jpg": (30, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: data: 1 sample refused: {NO_PATTERN}: data/S010/S011-01-t10_01.jpg",),
            ),
            "records that contradict": Trap(
                pictures={"data/S012/S012-01-t10_01.jpg": (31, 1)},
                lines={table: "S012,M,W\rS012,M,B\r"},
                refused={"the table of labels has two rows for it that differ": 1},
                says=("error: data: 1 sample refused: the table of labels has two rows for it that differ: ",),
            ),
            "a race that is none": Trap(
                pictures={"data/S013/S013-01-t10_01.jpg": (32, 1)},
                lines={table: "S013,F,X\r"},
                refused={"race: expected Asian, Black, Native American, White": 1},
                says=("error: data: 1 sample refused: race: expected Asian, Black, Native American, White: 'X' (",),
            ),
            "nobody's record": Trap(
                pictures={"data/S014/S014-01-t10_01.jpg": (33, 1)},
                says=("warning: subjects.csv: 1 subject without a row of labels: 'S014'; counted as 'unknown'",),
            ),
        },
    )


def _morph() -> Set:
    header = "id_num,picture_num,dob,doa,race,gender,facial_hair,age,age_diff,glasses,photo"
    names = {(k, s): f"Album2/{k:06}_{s}{'MF'[k % 2]}{20 + 3 * k}.JPG" for k in range(1, 9) for s in (0, 1)}
    rows = [
        f"{k:06},{s},01/01/1960,02/02/2004,{'WBAHO'[k % 5]},{'MF'[k % 2]},,{20 + 3 * k},,,{name}"
        for (k, s), name in names.items()
    ]
    table = "morph_2008_nonCommercial.csv"
    return Set(
        card="morph-2",
        pictures={name: key for key, name in names.items()},
        texts={table: _lines([header, *rows], "\r\n")},
        groups='[["race"], ["gender"]]',
        people=8,
        mated=8,
        nonmated=16 * 15 // 2 - 8,
        traps={
            "a person of two races": Trap(
                pictures={"Album2/009057_0M44.JPG": (30, 0), "Album2/009057_1M45.JPG": (30, 1)},
                lines={
                    table: "009057,0,,,H,M,,44,,,Album2/009057_0M44.JPG\r\n"
                    "009057,1,,,W,M,,45,,,Album2/009057_1M45.JPG\r\n"
                },
                refused={"race: the subject has two labels": 2},
                says=(
                    f"error: {table}: 2 samples refused: race: the subject has two labels: '009057' is Hispanic "
                    "(line 18) "
                    "and White (line 19); correct the labels; all samples of the subject are left out",
                ),
            ),
            "an ending in small letters": Trap(
                pictures={"Album2/009058_0M30.jpg": (31, 0)},
                lines={table: "009058,0,,,W,M,,30,,,Album2/009058_0M30.JPG\r\n"},
                refused={"no such file": 1},
                says=(
                    f"error: {table}: 1 sample refused: no such file: line 18 'Album2/009058_0M30.JPG', there is "
                    "'Album2/009058_0M30.jpg'; restore the file or delete the row",
                    f"info: {table}: 1 image below the root not named: Album2/009058_0M30.jpg; not used",
                ),
            ),
            "an age that cannot be": Trap(
                pictures={"Album2/009059_0F99.JPG": (32, 0)},
                lines={table: "009059,0,,,B,F,,-5,,,Album2/009059_0F99.JPG\r\n"},
                says=(
                    f"warning: {table}: 1 sample with an age that is no number of years from 0 to 120: '-5' (line 18); "
                    "age counted as unknown",
                ),
            ),
            "a race that is none": Trap(
                pictures={"Album2/009060_0F40.JPG": (33, 0)},
                lines={table: "009060,0,,,Q,F,,40,,,Album2/009060_0F40.JPG\r\n"},
                refused={"race: expected Asian, Black, Hispanic, Other, White": 1},
                says=(f"error: {table}: 1 sample refused: race: expected Asian, Black, Hispanic, Other, White: 'Q' (",),
            ),
        },
    )


def _ccv2() -> Set:
    def video(subject: str, gender: str, age: str, scale: str, sure: str = "high") -> dict[str, object]:
        tone = {"scale": scale, "confidence": sure}
        return {"subject_id": subject, "video_name": "v1", "age": age, "gender": gender, "country": "India",
                "monk_skin_tone": tone, "fitzpatrick_skin_tone": {"type": "type iv", "confidence": "low"}}  # fmt: skip

    people = [f"000{k}" for k in range(1, 9)]
    words = ("cis woman", "Cis Man", "transgender woman", "non-binary", "prefer not to say")
    videos = [video(p, words[k % 5], str(20 + 6 * k), f"scale {1 + k % 10}") for k, p in enumerate(people)]
    videos.append(videos[0])
    table = "annotations/CasualConversationsV2.json"

    def with_videos(*more: dict[str, object]) -> dict[str, tuple[str, str]]:
        return {table: ("\n]", "".join(f",\n{json.dumps(one)}" for one in more) + "\n]")}

    return Set(
        card="casual-conversations-2",
        pictures={
            f"ccv2-frames-part-{1 + k % 5}/{p}/frame{s}.jpg": (k, s) for k, p in enumerate(people) for s in (1, 2)
        },
        texts={table: "[\n" + ",\n".join(map(json.dumps, videos)) + "\n]"},
        groups='[["gender"], ["skin"]]',
        people=8,
        mated=8,
        nonmated=112,
        traps={
            "videos of a person that disagree": Trap(
                pictures={"ccv2-frames-part-1/0010/f.jpg": (20, 1)},
                swaps=with_videos(video("0010", "cis man", "30", "scale 3"), video("0010", "cis man", "31", "scale 3")),
                refused={"the table of labels has two rows for it that differ": 1},
                says=("error: casual-conversations-2: 1 sample refused: the table of labels has two rows for it that",),
            ),
            "an id that a spreadsheet changed": Trap(
                pictures={"ccv2-frames-part-2/0011/f.jpg": (21, 1)},
                swaps=with_videos(video("11", "cis man", "30", "scale 3")),
                refused={"the table of labels has its id written as another number only": 1},
                says=(
                    f"error: {table}: 1 subject with its id as another number only: '0011', there is '11': did a "
                    "spread",
                ),
            ),
            "a child": Trap(
                pictures={"ccv2-frames-part-3/0012/f.jpg": (22, 1)},
                swaps=with_videos(video("0012", "cis woman", "17", "scale 3")),
                refused={"age: expected a number from 18 to below 120": 1},
                says=(
                    "error: casual-conversations-2: 1 sample refused: age: expected a number from 18 to below "
                    "120: '17' (",
                ),
            ),
            "a tone that is none": Trap(
                pictures={"ccv2-frames-part-4/0013/f.jpg": (23, 1)},
                swaps=with_videos(video("0013", "cis woman", "27", "scale 11")),
                refused={"skin: expected 1, 2, 3, 4, 5, 6, 7, 8, 9, 10": 1},
                says=(
                    "error: casual-conversations-2: 1 sample refused: skin: expected 1, 2, 3, 4, 5, 6, 7, 8, 9, "
                    "10: 'scal",
                ),
            ),
        },
    )


def _demogpairs() -> Set:
    folders = [f"{e}_{g}" for e in ("Asian", "Black", "White") for g in ("Females", "Males")]
    people = {folder: [f"{folder[:7].lower()}{folder[-5:].lower()}{k}" for k in range(2)] for folder in folders}
    pictures = {
        f"images/{name}/00{s}.{'JPG' if s == 2 else 'jpg'}": (10 * f + k, s)
        for f, folder in enumerate(folders)
        for k, name in enumerate(people[folder])
        for s in (1, 2)
    }
    codes = ("CWF", "VGGFace", "VGGFace2")
    texts = {
        f"metadata/{folder}.txt": _lines(
            ["db_code  image_path"]
            + [f"{codes[f % 3]}   {n}/001.jpg" for n in people[folder]]
            + [f"{codes[(f + 1) % 3]} {n}/002.JPG" for n in people[folder]],
            "\r\n" if f % 2 else "\n",
        )
        for f, folder in enumerate(folders)
    }
    return Set(
        card="demogpairs",
        pictures=pictures,
        texts=texts,
        groups='[["ethnicity", "gender"], ["gender"]]',
        people=12,
        mated=12,
        nonmated=24 * 23 // 2 - 12,
        traps={
            "a picture in two lists": Trap(
                pictures={"images/bob/001.jpg": (80, 1)},
                lines={
                    "metadata/Black_Males.txt": "VGGFace2 bob/001.jpg\n",
                    "metadata/White_Females.txt": "VGGFace2 bob/001.jpg\n",
                },
                refused={"the table of labels has two rows for it that differ": 1},
                says=("error: images: 1 sample refused: the table of labels has two rows for it that differ: ",),
            ),
            "a picture in no list, and one that is not there": Trap(
                pictures={"images/eve/001.jpg": (81, 1)},
                lines={"metadata/White_Males.txt": "CWF gone/001.jpg\n"},
                says=(
                    "warning: metadata/*.txt: 1 sample without a row of labels: 'eve/001.jpg'; counted as 'unknown'",
                    "info: metadata/*.txt: 1 row of labels for ids without a sample: gone/001.jpg; not used",
                ),
            ),
            "another origin": Trap(
                pictures={"images/kim/001.jpg": (82, 1)},
                lines={"metadata/Asian_Males.txt": "MSCeleb kim/001.jpg\n"},
                refused={"source: expected CWF, VGGFace, VGGFace2": 1},
                says=("error: images: 1 sample refused: source: expected CWF, VGGFace, VGGFace2: 'MSCeleb' (",),
            ),
            "a list of no group": Trap(
                pictures={"images/lou/001.jpg": (83, 1)},
                texts={"metadata/Martian_Males.txt": "db_code image_path\nCWF lou/001.jpg\n"},
                refused={"ethnicity: expected Asian, Black, White": 1},
                says=(
                    "error: images: 1 sample refused: ethnicity: expected Asian, Black, White: 'Martian_Males' "
                    "(images/lo",
                ),
            ),
        },
    )


def _colorferet() -> Set:
    numbers = [f"{k:05}" for k in (1, 2, 3, 4, 740, 741, 742, 743)]
    dvd = {number: 1 if int(number) < 740 else 2 for number in numbers}
    truth = "data/ground_truths/name_value"
    races = ("White", "Black-or-African-American", "Asian", "Asian-Southern")
    pictures = {
        f"dvd{dvd[n]}/data/images/{n}/{n}_930831_{pose}.ppm": (k, s)
        for k, n in enumerate(numbers)
        for s, pose in enumerate(("fa", "fb", "hl_a"))
    }
    texts: dict[str, str | bytes] = {
        f"dvd{dvd[n]}/{truth}/{n}/{n}.txt": f"id=cfrS{n}\r\ngender={('Male', 'Female')[k % 2]}\r\nyob=1943\r\n"
        f"race={races[k % 4]}\r\n"
        for k, n in enumerate(numbers)
    }
    texts |= {
        f"dvd{dvd[n]}/{truth}/{n}/{n}_930831_fa.txt": "capture_date=08/31/1993\npose=fa\nwearing=none\n"
        for n in numbers
    }
    texts["dvd1/data/ground_truths/xml/subjects.xml"] = "<subjects/>"
    texts["dvd1/data/images/00001/00001_930831_fa.ppm.bz2"] = b"BZh9 the same picture, packed"
    # The later pictures of FERET's duplicates are stood in for by others of the same day.
    for part, pose, some in (("fa", "fa", numbers), ("fb", "fb", numbers[:6]), ("dup1", "hl_a", numbers[:4]),
                             ("dup2", "hl_a", numbers[:2])):  # fmt: skip
        end = ".bz2" if part == "dup1" else ""
        texts[f"dvd1/partitions/by_previously_reported/feret/{part}.names"] = _lines(
            f"{n} {n}_930831_{pose}.ppm{end}" if part != "fb" else f"{n}_930831_{pose}.ppm" for n in some
        )
    return Set(
        card="colorferet",
        pictures=pictures,
        texts=texts,
        groups='[["gender"], ["race"]]',
        people=8,
        mated=24,
        nonmated=24 * 23 // 2 - 24,
        roles=True,
        says=("warning: colorferet: 8 samples whose name matches no pattern of the card's roles: ",),
        traps={
            "a picture that is packed": Trap(
                texts={"dvd1/data/images/00002/00002_930831_hr.ppm.bz2": b"BZh9"},
                refused={"bzip2: packed; run find FOLDER -name '*.bz2' -exec bunzip2 -k {} +": 1},
                says=(
                    "error: colorferet: 1 sample refused: bzip2: packed; run find FOLDER -name '*.bz2' -exec "
                    "bunzip2 -k {}",
                ),
            ),
            "a name that contradicts its folder": Trap(
                pictures={"dvd2/data/images/00744/00745_940128_fa.ppm": (30, 0)},
                refused={NO_PATTERN: 1},
                says=(
                    f"error: colorferet: 1 sample refused: {NO_PATTERN}: dvd2/data/images/00744/00745_940128_fa.ppm",
                ),
            ),
            "a pose that is none": Trap(
                pictures={"dvd1/data/images/00003/00003_930831_zz.ppm": (2, 9)},
                refused={"pose: expected fa, fb, hl, hr, pl, pr, ql, qr, ra, rb, rc, rd, re": 1},
                says=(
                    "error: colorferet: 1 sample refused: pose: expected fa, fb, hl, hr, pl, pr, ql, qr, ra, rb, "
                    "rc, rd, re",
                ),
            ),
            "a race that is none": Trap(
                pictures={"dvd2/data/images/00746/00746_940128_fa.ppm": (31, 0)},
                texts={f"dvd2/{truth}/00746/00746.txt": "id=cfrS00746\ngender=Male\nyob=1950\nrace=Caucasian\n"},
                refused={
                    "race: expected Asian, Asian-Middle-Eastern, Asian-Southern, Black-or-African-American, Hispanic, "
                    "Native-American, Other, Pacific-Islander, White": 1
                },
                says=("error: colorferet: 1 sample refused: race: expected Asian, Asian-Middle-Eastern, ",),
            ),
            "a partition that names what is not there": Trap(
                lines={"dvd1/partitions/by_previously_reported/feret/fb.names": "00009_930831_fb.ppm\n"},
                says=(
                    "error: fb.names: 1 picture refused: a sample that is not in use (unknown, refused or not drawn): "
                    "line 7",
                ),
            ),
            "small pictures beside": Trap(
                pictures={"dvd1/data/thumbnails/00001/00001_930831_fa.ppm": (0, 0)},
                says=(
                    "info: colorferet: 1 image left out, as the card says: "
                    "dvd1/data/thumbnails/00001/00001_930831_fa.ppm",
                ),
            ),
        },
    )


def _vggface2() -> Set:
    people = [f"n00000{k}" for k in range(1, 9)]
    header = "Class_ID, Name, Sample_Num, Flag, Gender"
    rows = [f'{p}, "Name, {k}", 424, 0, {"mf"[k % 2]}' for k, p in enumerate(people)]
    table = "identity_meta.csv"
    return Set(
        card="vggface2",
        pictures={f"test/{p}/000{s}_01.jpg": (k, s) for k, p in enumerate(people) for s in (1, 2)},
        texts={
            table: _lines([header, *rows, "n009999, F, 7, 1, f"]),
            "bb_landmark/loose_bb_test.csv": "NAME_ID,X,Y,W,H\n",
        },
        groups='[["gender"]]',
        people=8,
        mated=8,
        nonmated=112,
        says=(
            "info: identity_meta.csv: 1 row of labels for ids without a sample: n009999; not used",
            "info: test: 1 file below the root that is no picture: bb_landmark/loose_bb_test.csv; not used",
        ),
        traps={
            "a comma in a name": Trap(
                pictures={"test/n000020/0001_01.jpg": (20, 1)},
                lines={table: "n000020, C, D, 100, 0, f\n"},
                refused={"its row in the table of labels has too many or too few fields": 1},
                says=(
                    "error: identity_meta.csv: 1 row of labels with too many or too few fields: line 11; correct them;",
                ),
            ),
            "another naming": Trap(
                pictures={"test/n000001/1.jpg": (0, 9)},
                refused={NO_PATTERN: 1},
                says=(f"error: test: 1 sample refused: {NO_PATTERN}: test/n000001/1.jpg; correct it",),
            ),
            "nobody's row": Trap(
                pictures={"test/n000021/0001_01.jpg": (21, 1)},
                says=(
                    "warning: identity_meta.csv: 1 subject without a row of labels: 'n000021'; counted as 'unknown'",
                ),
            ),
            "a gender that is none": Trap(
                pictures={"test/n000022/0001_01.jpg": (22, 1)},
                lines={table: "n000022, G, 100, 0, 1\n"},
                refused={"gender: expected female, male": 1},
                says=("error: test: 1 sample refused: gender: expected female, male: '1' (test/n000022/0001_01.jpg);",),
            ),
        },
    )


def _ba_test() -> Set:
    people = [f"n00000{k}" for k in range(1, 9)]
    header = "Filename,Identity,Male,Young,Middle_Aged,Senior,White,Black,Indian,Asian"
    flags = ("1,0,0,0", "0,1,0,0", "0,0,1,0", "0,0,0,1")
    names = {(p, s): f"{p}/000{s}_01.jpg" for p in people for s in (1, 2)}
    rows = [
        f"{name},{p},{int(p[-1]) % 2},{('1,0,0', '0,1,0', '0,0,1')[s]},{flags[int(p[-1]) % 4]}"
        for (p, s), name in names.items()
    ]
    table = "ba_test.csv"
    ethnicity = "ethnicity: expected Asian, Black, Indian, White"
    return Set(
        card="ba-test",
        pictures={name: (int(p[-1]), s) for (p, s), name in names.items()},
        texts={table: _lines([header, *rows])},
        groups='[["ethnicity"], ["gender"]]',
        people=8,
        mated=8,
        nonmated=112,
        traps={
            "two ethnicities at once": Trap(
                pictures={"n000020/0001_01.jpg": (20, 1)},
                lines={table: "n000020/0001_01.jpg,n000020,0,0,1,0,0,1,1,0\n"},
                refused={ethnicity: 1},
                says=(
                    f"error: ba_test.csv: 1 sample refused: {ethnicity}: 'Black + Indian' (line 18); correct it, or",
                ),
            ),
            "a flag that is no number": Trap(
                pictures={"n000021/0001_01.jpg": (21, 1)},
                lines={table: "n000021/0001_01.jpg,n000021,x,0,1,0,0,1,0,0\n"},
                refused={"gender: expected female, male": 1},
                says=("error: ba_test.csv: 1 sample refused: gender: expected female, male: 'Male=x' (line 18)",),
            ),
            "a person of two ethnicities": Trap(
                pictures={"n000022/0001_01.jpg": (22, 1), "n000022/0002_01.jpg": (22, 2)},
                lines={
                    table: "n000022/0001_01.jpg,n000022,1,1,0,0,1,0,0,0\nn000022/0002_01.jpg,n000022,1,1,0,0,0,0,0,1\n"
                },
                refused={"ethnicity: the subject has two labels": 2},
                says=(
                    "error: ba_test.csv: 2 samples refused: ethnicity: the subject has two labels: 'n000022' is "
                    "White (li",
                ),
            ),
            "a picture that is not there": Trap(
                lines={table: "n000023/0001_01.jpg,n000023,1,1,0,0,1,0,0,0\n"},
                refused={"no such file": 1},
                says=(
                    "error: ba_test.csv: 1 sample refused: no such file: line 18 'n000023/0001_01.jpg'; restore "
                    "the file",
                ),
            ),
        },
    )


LFW_PEOPLE = ("Abba_Eban", "Al-Jazari_X", "Ann_B", "Bo_Ek", "Cy_D", "Di_E", "Eve_F", "Zoe_Ball")


def _lfw_pairs() -> str:
    return _lines(["1\t8", *_ring(LFW_PEOPLE, "{0}\t1\t2", "{0}\t1\t{1}\t2")])


def _lfw_pictures(folder: str) -> Pictures:
    return {f"{folder}/{p}/{p}_000{s}.jpg": (k, s) for k, p in enumerate(LFW_PEOPLE) for s in (1, 2)}


def _lfw_lists() -> dict[str, str | bytes]:
    return {
        f"{sex}_names.txt": _lines((f"{p}_000{s}.jpg" for p in LFW_PEOPLE[k::2] for s in (1, 2)), end)
        for k, (sex, end) in enumerate((("female", "\r\n"), ("male", "\n")))
    }


def _lfw_traps(folder: str, pairs: str) -> dict[str, Trap]:
    return {
        "a name in both lists": Trap(
            pictures={f"{folder}/Gil_H/Gil_H_0001.jpg": (30, 1)},
            lines={"female_names.txt": "Gil_H_0001.jpg\n", "male_names.txt": "Gil_H_0001.jpg\n"},
            refused={"gender: expected female, male": 1},
            says=(f"error: {folder}: 1 sample refused: gender: expected female, male: 'female and male' (",),
        ),
        "a person of two genders": Trap(
            pictures={f"{folder}/Hal_I/Hal_I_000{s}.jpg": (31, s) for s in (1, 2)},
            lines={"female_names.txt": "Hal_I_0001.jpg\n", "male_names.txt": "Hal_I_0002.jpg\n"},
            refused={"gender: the subject has two labels": 2},
            says=(f"error: {folder}: 2 samples refused: gender: the subject has two labels: 'Hal_I' is female (",),
        ),
        "a listed picture that is not there": Trap(
            lines={"male_names.txt": "Ida_J_0001.jpg\n"},
            refused={"no such file": 1},
            says=(f"error: {folder}: 1 sample refused: no such file: named in a list '{folder}/Ida_J/Ida_J_0001.jpg'",),
        ),
        "a name that contradicts its folder": Trap(
            pictures={f"{folder}/Ann_B/An_B_0003.jpg": (32, 1)},
            refused={"not at person/person_0001.jpg": 1},
            says=(f"error: {folder}: 1 sample refused: not at person/person_0001.jpg: {folder}/Ann_B/An_B_0003.jpg",),
        ),
        "a list that is cut": Trap(
            swaps={pairs: ("1\t8\n", "10\t300\n")},
            says=(f"warning: {pairs}: expected 6000 pairs by its first line, found 16; the list may be cut off",),
        ),
        "a pair of a picture that is not there": Trap(
            lines={pairs: "Zoe_Ball\t1\t9\n"},
            says=(
                f"error: {pairs}: 1 pair refused: a sample that is not in use (unknown, refused or not drawn): line 18",
            ),
        ),
    }


def _lfw() -> Set:
    return Set(
        card="lfw",
        pictures=_lfw_pictures("lfw"),
        texts={"pairs.txt": _lfw_pairs(), **_lfw_lists()},
        groups='[["gender"]]',
        people=8,
        mated=8,
        nonmated=8,
        list="view2",
        traps=_lfw_traps("lfw", "pairs.txt"),
    )


def _xqlfw() -> Set:
    folder = "lfw_original_imgs_min_qual0.85variant11"
    scores = _lines(f"{p}/{p}_000{s}.jpg 0.4 0.6" for p in LFW_PEOPLE for s in (1, 2))
    return Set(
        card="xqlfw",
        pictures=_lfw_pictures(folder),
        texts={"xqlfw_pairs.txt": _lfw_pairs(), "xqlfw_scores.txt": scores, **_lfw_lists()},
        groups='[["gender"]]',
        people=8,
        mated=8,
        nonmated=8,
        list="view2",
        says=(f"info: {folder}: 1 file below the root that is no picture: xqlfw_scores.txt; not used",),
        traps=_lfw_traps(folder, "xqlfw_pairs.txt"),
    )


def _lfw_attributes() -> Set:
    head = "# lfw_attributes.txt v1.2 - 73 attributes\n#\tperson\timagenum\tMale\tAsian\tWhite\tBlack\tBaby\n"
    scores = ("1.5\t-1\t2.0\t-2\t0", "-0.5\t1.1\t-2\t-2\t0", "2\t-1\t-2\t0.7\t0", "-1e-1\t-1\t-2\t-2\t0")
    rows = [f"{p.replace('_', ' ')}\t{s}\t{scores[k % 4]}" for k, p in enumerate(LFW_PEOPLE) for s in (1, 2)]
    table = "lfw_attributes.txt"
    return Set(
        card="lfw-attributes",
        pictures=_lfw_pictures("lfw"),
        texts={table: head + _lines(rows), "pairs.txt": _lfw_pairs()},
        groups='[["race"], ["gender"]]',
        people=8,
        mated=8,
        nonmated=8,
        list="view2",
        traps={
            "two races at once are none": Trap(
                pictures={"lfw/Gil_H/Gil_H_0001.jpg": (30, 1)},
                lines={table: "Gil H\t1\t1\t1\t1\t-1\t0\n"},
                says=("17 samples can be used, 0 refused",),
            ),
            "no scores": Trap(
                pictures={"lfw/Hal_I/Hal_I_0001.jpg": (31, 1)},
                says=(
                    "warning: lfw_attributes.txt: 1 sample without a row of labels: 'Hal_I/Hal_I_0001.jpg'; counted as",
                ),
            ),
            "a score that is no number": Trap(
                pictures={"lfw/Ida_J/Ida_J_0001.jpg": (32, 1)},
                lines={table: "Ida J\t1\tn/a\t-1\t1\t-1\t0\n"},
                refused={"gender: expected female, male": 1},
                says=("error: lfw: 1 sample refused: gender: expected female, male: 'Male=n/a' (",),
            ),
            "a row that is cut": Trap(
                pictures={"lfw/Jon_K/Jon_K_0001.jpg": (33, 1)},
                lines={table: "Jon K\t1\t1\n"},
                refused={"its row in the table of labels has too many or too few fields": 1},
                says=("error: lfw_attributes.txt: 1 row of labels with too many or too few fields: line 19",),
            ),
            "a name that contradicts its folder": Trap(
                pictures={"lfw/Ann_B/An_B_0003.jpg": (34, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: lfw: 1 sample refused: {NO_PATTERN}: lfw/Ann_B/An_B_0003.jpg; correct it",),
            ),
        },
    )


def _ijb_c() -> Set:
    header = (
        "SUBJECT_ID,FILENAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT,SIGHTING_ID,FACIAL_HAIR,AGE,INDOOR_OUTDOOR,SKINTONE,"
        "GENDER,YAW,ROLL,OCC1"
    )
    names = {(k, s): f"{'img' if s == 1 else 'frames'}/{10 * k + s}.{'jpg' if s == 1 else 'png'}"
             for k in range(1, 9) for s in (1, 2)}  # fmt: skip

    def row(person: int, sample: int, name: str, skin: str, gender: str) -> str:
        return f"{person},{name},10,12,40,50,{sample},0,3,1,{skin},{gender},-3.5,0.2,0"

    rows = [row(k, s, name, str(1 + k % 6), str(k % 2)) for (k, s), name in names.items()]
    table = "protocols/ijbc_metadata_with_age.csv"
    template = "TEMPLATE_ID,SUBJECT_ID,FILENAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n"
    return Set(
        card="ijb-c",
        pictures={f"images/{name}": key for key, name in names.items()},
        texts={
            table: _lines([header, *rows]),
            "protocols/test1/enroll_templates.csv": f"{template}1,1,img/11.jpg,10,12,40,50\n",
            "protocols/test1/verif_templates.csv": f"{template}2,1,frames/12.png,10,12,40,50\n",
            "protocols/test1/match.csv": "1,2\n",
            "protocols/test4/gallery_G1.csv": template,
            "protocols/test4/gallery_G2.csv": template,
            "protocols/test4/probes.csv": template,
        },
        groups='[["gender"], ["skin"]]',
        people=8,
        mated=8,
        nonmated=112,
        says=(f"info: {table}: 3 files below the root that are no picture: protocols/test4/gallery_G1.csv; ",),
        traps={
            "two people on one picture": Trap(
                pictures={"images/img/901.jpg": (40, 1)},
                lines={table: _lines([row(90, 1, "img/901.jpg", "2", "0"), row(91, 1, "img/901.jpg", "3", "1")])},
                refused={"path given twice": 2},
                says=(
                    f"error: {table}: 2 samples refused: path given twice: 'images/img/901.jpg' (line 18; line "
                    "19); name",
                ),
            ),
            "a person of two tones": Trap(
                pictures={"images/img/921.jpg": (41, 1), "images/img/922.jpg": (41, 2)},
                lines={table: _lines([row(92, 1, "img/921.jpg", "2", "0"), row(92, 1, "img/922.jpg", "5", "0")])},
                refused={"skin: the subject has two labels": 2},
                says=(
                    f"error: {table}: 2 samples refused: skin: the subject has two labels: '92' is 2 (line 18) and 5 (",
                ),
            ),
            "a frame that is not there": Trap(
                lines={table: row(93, 1, "frames/931.png", "2", "0") + "\n"},
                refused={"no such file": 1},
                says=(
                    f"error: {table}: 1 sample refused: no such file: line 18 'images/frames/931.png'; restore "
                    "the file",
                ),
            ),
            "a code that is none": Trap(
                pictures={"images/img/941.jpg": (42, 1)},
                lines={table: row(94, 1, "img/941.jpg", "-1", "0") + "\n"},
                refused={"skin: expected 1, 2, 3, 4, 5, 6": 1},
                says=(f"error: {table}: 1 sample refused: skin: expected 1, 2, 3, 4, 5, 6: '-1' (line 18)",),
            ),
        },
    )


def _bupt() -> Set:
    names = {race: [f"m.0{r}{k}" for k in range(3)] for r, race in enumerate(RACES)}
    return Set(
        card="bupt-balancedface",
        pictures={
            f"race_per_7000/{race}/{name}/{s}.jpg": (10 * r + k, s)
            for r, race in enumerate(RACES)
            for k, name in enumerate(names[race])
            for s in (1, 2)
        },
        groups='[["race"]]',
        people=12,
        mated=12,
        nonmated=24 * 23 // 2 - 12,
        traps={
            "a person of two races": Trap(
                pictures={
                    "race_per_7000/Asian/m.0z08d8y/1.jpg": (70, 1),
                    "race_per_7000/Indian/m.0z08d8y/2.jpg": (70, 2),
                },
                refused={"race: the subject has two labels": 2},
                says=(
                    "error: race_per_7000: 2 samples refused: race: the subject has two labels: 'm.0z08d8y' is Asian (",
                ),
            ),
            "a race that is none": Trap(
                pictures={"race_per_7000/Latino/m.09/1.jpg": (71, 1)},
                refused={"race: expected African, Asian, Caucasian, Indian": 1},
                says=(
                    "error: race_per_7000: 1 sample refused: race: expected African, Asian, Caucasian, Indian: "
                    "'Latino' (",
                ),
            ),
            "a picture of nobody": Trap(
                pictures={"race_per_7000/Asian/1.jpg": (72, 1)},
                refused={"not at race/subject/image": 1},
                says=("error: race_per_7000: 1 sample refused: not at race/subject/image: race_per_7000/Asian/1.jpg",),
            ),
        },
    )


def _casia() -> Set:
    table = "index.csv"
    rows = [
        f"{k},{k}/{s}.jpg,{'FM'[k % 2]},{('C1', 'C2', 'C3')[s]},{('day', 'night')[s % 2]}"
        for k in range(1, 9)
        for s in range(3)
    ]
    return Set(
        card="casia-face-africa",
        pictures={f"{k}/{s}.jpg": (k, s) for k in range(1, 9) for s in range(3)},
        texts={table: _lines(["subject_id,path,sex,camera,light", *rows])},
        groups='[["sex"], ["light"]]',
        people=8,
        mated=24,
        nonmated=24 * 23 // 2 - 24,
        traps={
            "a camera that is none": Trap(
                pictures={"20/1.jpg": (20, 1)},
                lines={table: "20,20/1.jpg,F,C4,day\n"},
                refused={"camera: expected C1, C2, C3": 1},
                says=("error: index.csv: 1 sample refused: camera: expected C1, C2, C3: 'C4' (line 26); correct",),
            ),
            "a picture that is not there": Trap(
                lines={table: "21,21/1.jpg,F,C1,day\n"},
                refused={"no such file": 1},
                says=("error: index.csv: 1 sample refused: no such file: line 26 '21/1.jpg'",),
            ),
            "a person of two sexes": Trap(
                pictures={"22/1.jpg": (22, 1), "22/2.jpg": (22, 2)},
                lines={table: "22,22/1.jpg,F,C1,day\n22,22/2.jpg,M,C1,night\n"},
                refused={"sex: the subject has two labels": 2},
                says=(
                    "error: index.csv: 2 samples refused: sex: the subject has two labels: '22' is female (line "
                    "26) and m",
                ),
            ),
        },
    )


def _diveface() -> Set:
    people = {group: [f"{10 * g + k}@N01_identity_{k}" for k in range(2)]
              for g, group in enumerate(("HA", "HB", "HN", "MA", "MB", "MN"))}  # fmt: skip
    return Set(
        card="diveface",
        pictures={
            f"4K_120/{group}4K_120/{name}/{s}_0.jpg": (int(name.partition("@")[0]), s)
            for group, names in people.items()
            for name in names
            for s in (1, 2)
        },
        groups='[["ethnicity", "gender"], ["gender"]]',
        people=12,
        mated=12,
        nonmated=24 * 23 // 2 - 12,
        traps={
            "a group that is none": Trap(
                pictures={"4K_120/MX4K_120/80@N01_identity_0/1_0.jpg": (80, 1)},
                refused={"ethnicity: expected Asian, Black, White": 1},
                says=("error: 4K_120: 1 sample refused: ethnicity: expected Asian, Black, White: 'X' (",),
            ),
            "a person of two genders": Trap(
                pictures={
                    "4K_120/HB4K_120/81@N01_identity_0/1_0.jpg": (81, 1),
                    "4K_120/MB4K_120/81@N01_identity_0/2_0.jpg": (81, 2),
                },
                refused={"gender: the subject has two labels": 2},
                says=(
                    "error: 4K_120: 2 samples refused: gender: the subject has two labels: '81@N01_identity_0' "
                    "is male (",
                ),
            ),
            "a picture of nobody": Trap(
                pictures={"4K_120/HA4K_120/1_0.jpg": (82, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: 4K_120: 1 sample refused: {NO_PATTERN}: 4K_120/HA4K_120/1_0.jpg; correct it",),
            ),
        },
    )


def _agedb() -> Set:
    people = [f"Person{k}" for k in range(5)]
    names = {(k, s): f"{2 * k + s}_{p}_{20 + 9 * k + s}_{'fm'[k % 2]}.{'JPG' if s else 'jpg'}"
             for k, p in enumerate(people) for s in (0, 1)}  # fmt: skip
    pairs = [f"{names[k, 0]} {names[k, 1]} 1" for k in range(5)]
    pairs += [f"{names[k, 0]} {names[(k + 1) % 5, 1]} 0" for k in range(5)]
    table = "agedb_30_pairs.txt"
    return Set(
        card="agedb",
        pictures={name: key for key, name in names.items()},
        texts={table: _lines(pairs)},
        groups='[["gender"]]',
        people=5,
        mated=5,
        nonmated=5,
        list="agedb-30",
        traps={
            "an underscore in a name": Trap(
                pictures={"20_Paul_Newman_21_m.jpg": (20, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: agedb: 1 sample refused: {NO_PATTERN}: 20_Paul_Newman_21_m.jpg; correct it",),
            ),
            "a name without its age": Trap(
                pictures={"21_NoAge_f.jpg": (21, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: agedb: 1 sample refused: {NO_PATTERN}: 21_NoAge_f.jpg; correct it",),
            ),
            "a gender that is none": Trap(
                pictures={"22_Kim_30_x.jpg": (22, 1)},
                refused={"gender: expected female, male": 1},
                says=("error: agedb: 1 sample refused: gender: expected female, male: 'x' (22_Kim_30_x.jpg)",),
            ),
            "an age that cannot be": Trap(
                pictures={"23_Lou_300_f.jpg": (23, 1)},
                says=(
                    "warning: agedb: 1 sample with an age that is no number of years from 0 to 120: '300' "
                    "(23_Lou_300_f.jpg); age counted as unknown",
                ),
            ),
            "a pair that is cut": Trap(
                lines={table: "0_Person0_20_f.jpg\n"},
                says=(
                    f"error: {table}: 1 pair refused: expected file, file, and 1 or 0: line 11",
                    f"warning: {table}: 11 pairs are not 10 folds of equal size: no fold accuracy is computed",
                ),
            ),
        },
    )


def _two_lines(card: str) -> Set:
    table = f"pairs_{card.upper()}.txt"
    lines = [f"{p}_000{s}.jpg 1" for p in LFW_PEOPLE for s in (1, 2)]
    lines += [line for a, b in pairwise(LFW_PEOPLE) for line in (f"{a}_0001.jpg 0", f"{b}_0002.jpg 0")]
    people = _lines(["subject_id,gender", *(f"{p},{('female', 'male')[k % 2]}" for k, p in enumerate(LFW_PEOPLE))])
    return Set(
        card=card,
        pictures={f"aligned images/{p}_000{s}.jpg": (k, s) for k, p in enumerate(LFW_PEOPLE) for s in (1, 2)},
        texts={table: _lines(lines), "people.csv": people},
        groups='[["gender"]]',
        people=8,
        mated=8,
        nonmated=7,
        list=card,
        traps={
            "another naming": Trap(
                pictures={"aligned images/odd.jpg": (30, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: aligned images: 1 sample refused: {NO_PATTERN}: aligned images/odd.jpg; correct it",),
            ),
            "a pair that contradicts the names": Trap(
                lines={table: "Ann_B_0001.jpg 2\nZoe_Ball_0001.jpg 2\n"},
                says=(f"error: {table}: 1 pair refused: called mated, but the subjects are not the same: line 31",),
            ),
            "two lines that do not belong together": Trap(
                lines={table: "Ann_B_0001.jpg 2\nAnn_B_0002.jpg 0\n"},
                says=(f"error: {table}: 1 pair refused: the two lines of the pair have different numbers: line 31",),
            ),
            "a picture that is not there": Trap(
                lines={table: "Ann_B_0001.jpg 3\nAnn_B_0007.jpg 3\n"},
                says=(
                    f"error: {table}: 1 pair refused: a sample that is not in use (unknown, refused or not "
                    "drawn): line 31",
                ),
            ),
            "somebody without a label": Trap(
                pictures={"aligned images/Ida_J_0001.jpg": (31, 1)},
                says=("warning: people.csv: 1 subject without a row of labels: 'Ida_J'; counted as 'unknown'",),
            ),
        },
    )


def _scface() -> Set:
    people = [f"{k:03}" for k in range(1, 7)]
    pictures = {f"mugshot_frontal_cropped_all/{p}_frontal.JPG": (k, 0) for k, p in enumerate(people)}
    pictures |= {
        f"surveillance_cameras_distance_{d}/cam_{c}/{p}_cam{c}_{d}.jpg": (k, 10 * d + c)
        for k, p in enumerate(people)
        for d in (1, 2, 3)
        for c in (1, 2)
    }
    return Set(
        card="scface",
        pictures=pictures,
        groups='[["distance"]]',
        people=6,
        mated=6 * 21,
        nonmated=42 * 41 // 2 - 6 * 21,
        roles=True,
        traps={
            "a distance that contradicts its folder": Trap(
                pictures={"surveillance_cameras_distance_2/cam_1/001_cam1_3.jpg": (0, 90)},
                refused={"distance: two values in its path": 1},
                says=(
                    "error: scface: 1 sample refused: distance: two values in its path: "
                    "surveillance_cameras_distance_2/c",
                ),
            ),
            "a camera that contradicts its folder": Trap(
                pictures={"surveillance_cameras_distance_2/cam_2/001_cam3_2.jpg": (0, 91)},
                refused={"camera: two values in its path": 1},
                says=(
                    "error: scface: 1 sample refused: camera: two values in its path: "
                    "surveillance_cameras_distance_2/cam",
                ),
            ),
            "a camera that is none": Trap(
                pictures={"surveillance_cameras_distance_1/cam_9/001_cam9_1.jpg": (0, 92)},
                refused={"camera: expected 1, 2, 3, 4, 5, 6, 7": 1},
                says=("error: scface: 1 sample refused: camera: expected 1, 2, 3, 4, 5, 6, 7: '9' (",),
            ),
            "other folders of the release": Trap(
                pictures={
                    "mugshot_rotation_all/001_L1.jpg": (0, 93),
                    "surveillance_cameras_IR_cam8/001_cam8.jpg": (0, 94),
                },
                says=(
                    "info: scface: 2 images left out, as the card says: mugshot_rotation_all/001_L1.jpg; "
                    "surveillance_cam",
                ),
            ),
        },
    )


def _muct() -> Set:
    names = {(k, s): f"jpg/i{k:03}{'qr'[s]}{'ab'[s]}-{'fm'[k % 2]}{'ng'[s]}.jpg" for k in range(8) for s in (0, 1)}
    return Set(
        card="muct",
        pictures={name: key for key, name in names.items()},
        texts={"muct-landmarks/muct76-opencv.csv": "name,tag,x00,y00\ni000qa-fn,0000,201,348\n"},
        groups='[["sex"], ["light"]]',
        people=8,
        mated=8,
        nonmated=112,
        says=("info: jpg: 1 file below the root that is no picture: muct-landmarks/muct76-opencv.csv; not used",),
        traps={
            "mirrored pictures": Trap(
                pictures={"jpg/ir000qa-fn.jpg": (0, 0)},
                says=("info: jpg: 1 image left out, as the card says: jpg/ir000qa-fn.jpg; not used",),
            ),
            "a person of two sexes": Trap(
                pictures={"jpg/i020qa-mn.jpg": (20, 1), "jpg/i020qb-fn.jpg": (20, 2)},
                refused={"sex: the subject has two labels": 2},
                says=("error: jpg: 2 samples refused: sex: the subject has two labels: '020' is male (",),
            ),
            "a name that lacks a letter": Trap(
                pictures={"jpg/i021qa-f.jpg": (21, 1)},
                refused={NO_PATTERN: 1},
                says=(f"error: jpg: 1 sample refused: {NO_PATTERN}: jpg/i021qa-f.jpg; correct it",),
            ),
            "a camera that is none": Trap(
                pictures={"jpg/i022qf-fn.jpg": (22, 1)},
                refused={"camera: expected a, b, c, d, e": 1},
                says=("error: jpg: 1 sample refused: camera: expected a, b, c, d, e: 'f' (jpg/i022qf-fn.jpg)",),
            ),
        },
    )


def _fairface() -> Set:
    races = ("Black", "East Asian", "Indian", "Latino_Hispanic", "Middle Eastern", "Southeast Asian", "White")
    ages = ("0-2", "3-9", "10-19", "20-29", "more than 70")
    rows = [f"val/{k}.jpg,{ages[k % 5]},{('Male', 'Female')[k % 2]},{races[k % 7]},{k % 2 == 0}" for k in range(14)]
    table = "fairface_label_val.csv"
    race = f"race: expected {', '.join(races)}"
    return Set(
        card="fairface",
        pictures={f"val/{k}.jpg": (k, 0) for k in range(14)},
        texts={table: _lines(["file,age,gender,race,service_test", *rows])},
        groups='[["race"], ["gender"]]',
        people=14,
        mated=0,
        nonmated=91,
        traps={
            "a picture that is not there": Trap(
                lines={table: "val/90.jpg,3-9,Male,Black,True\n"},
                refused={"no such file": 1},
                says=(f"error: {table}: 1 sample refused: no such file: line 16 'val/90.jpg'; restore the file",),
            ),
            "a race that is none": Trap(
                pictures={"val/91.jpg": (91, 0)},
                lines={table: "val/91.jpg,3-9,Male,Asian,True\n"},
                refused={race: 1},
                says=(f"error: {table}: 1 sample refused: {race}: 'Asian', did you mean ",),
            ),
            "an age as a number": Trap(
                pictures={"val/92.jpg": (92, 0)},
                lines={table: "val/92.jpg,34,Male,Black,True\n"},
                refused={"age: expected 0-2, 3-9, 10-19, 20-29, 30-39, 40-49, 50-59, 60-69, more than 70": 1},
                says=(
                    f"error: {table}: 1 sample refused: age: expected 0-2, 3-9, 10-19, 20-29, 30-39, 40-49, "
                    "50-59, 60-69,",
                ),
            ),
            "the same picture twice": Trap(
                pictures={"val/93.jpg": (0, 0)},
                lines={table: "val/93.jpg,3-9,Male,Black,True\n"},
                says=(
                    "warning: 1 image there more than once (the same file or pixels), 0 of them under two "
                    "subjects; 1 sam",
                ),
            ),
        },
    )


def _utkface() -> Set:
    stamp = "_2017010420144327"
    return Set(
        card="utkface",
        pictures={
            f"{20 + 5 * k}_{k % 2}_{k % 5}{stamp}{k}.jpg{'.chip.jpg' if k % 3 else ''}": (k, 0) for k in range(10)
        },
        groups='[["gender"]]',
        people=10,
        mated=0,
        nonmated=45,
        traps={
            "a name that lacks a part": Trap(
                pictures={"61_1_20170109150557335.jpg.chip.jpg": (20, 0), "53__0_20170116184028385.jpg": (21, 0)},
                refused={NO_PATTERN: 2},
                says=(
                    f"error: utkface: 2 samples refused: {NO_PATTERN}: 53__0_20170116184028385.jpg; "
                    "61_1_20170109150557335.jpg.chip.jpg; correct it",
                ),
            ),
            "a code that is none": Trap(
                pictures={"24_0_9_20170116220224657 .jpg": (22, 0), "24_3_0_20170119180342243.jpg": (23, 0)},
                refused={
                    "ethnicity: expected Asian, Black, Indian, Other, White": 1,
                    "gender: expected female, male": 1,
                },
                says=(
                    "error: utkface: 1 sample refused: ethnicity: expected Asian, Black, Indian, Other, White: '9' (",
                    "error: utkface: 1 sample refused: gender: expected female, male: '3' "
                    "(24_3_0_20170119180342243.jpg)",
                ),
            ),
            "an age that cannot be": Trap(
                pictures={"200_1_0_20170119180342244.jpg": (24, 0)},
                refused={"age: expected a number from 0 to below 120": 1},
                says=("error: utkface: 1 sample refused: age: expected a number from 0 to below 120: '200' (",),
            ),
            "litter of another system": Trap(
                texts={f"._20_0_0{stamp}0.jpg": b"\0\5\x16\7"},
                says=(
                    "info: utkface: 1 file below the root that is no picture: ._20_0_0_20170104201443270.jpg; not used",
                ),
            ),
        },
    )


def _ppb() -> Set:
    table = "PPB-2017/PPB-2017-metadata.csv"
    countries = ("Finland", "Iceland", "Rwanda", "Senegal", "South Africa", "Sweden")
    tones = ("I", "II", "III", "IV", "V", "VI")
    rows = [f"{k},{k}.jpg,{('Female', 'Male')[k % 2]},{k % 2},{tones[k % 6]},{countries[k % 6]}" for k in range(12)]
    return Set(
        card="ppb",
        pictures={f"PPB-2017/imgs/{k}.jpg": (k, 0) for k in range(12)},
        texts={table: _lines(["id,file,gender,numeric,skin_color,country", *rows], "\r")},
        groups='[["skin"], ["gender"]]',
        people=12,
        mated=0,
        nonmated=66,
        traps={
            "a picture that is not there": Trap(
                lines={table: "90,90.jpg,Male,0,II,Sweden\r"},
                refused={"no such file": 1},
                says=(
                    f"error: {table}: 1 sample refused: no such file: line 14 'PPB-2017/imgs/90.jpg'; restore the file",
                ),
            ),
            "a tone that is none": Trap(
                pictures={"PPB-2017/imgs/91.jpg": (91, 0)},
                lines={table: "91,91.jpg,Male,0,darker,Sweden\r"},
                refused={"skin: expected I, II, III, IV, V, VI": 1},
                says=(f"error: {table}: 1 sample refused: skin: expected I, II, III, IV, V, VI: 'darker' (line 14)",),
            ),
            "a picture that nobody names": Trap(
                pictures={"PPB-2017/imgs/92.jpg": (92, 0)},
                says=(f"info: {table}: 1 image below the root not named: PPB-2017/imgs/92.jpg; not used",),
            ),
        },
    )


def _cfd() -> Set:
    base = "CFD 2.0.3 Images"
    people = ("WM-238", "WF-001", "BM-002", "BF-003", "AM-004", "LF-005", "IM-006", "MF-007")
    return Set(
        card="cfd",
        pictures={
            f"{base}/{p}/CFD-{p}-02{s}-{e}.jpg": (k, s) for k, p in enumerate(people) for s, e in enumerate(("N", "HO"))
        },
        groups='[["race"], ["gender"]]',
        people=8,
        mated=8,
        nonmated=112,
        roles=True,
        traps={
            "a name that contradicts its folder": Trap(
                pictures={f"{base}/BF-020/CFD-BM-020-020-N.jpg": (20, 0)},
                refused={NO_PATTERN: 1},
                says=(
                    f"error: {base}: 1 sample refused: {NO_PATTERN}: {base}/BF-020/CFD-BM-020-020-N.jpg; correct it",
                ),
            ),
            "a race that is none": Trap(
                pictures={f"{base}/XF-021/CFD-XF-021-020-N.jpg": (21, 0)},
                refused={"race: expected Asian, Black, Indian, Latino, Multiracial, White": 1},
                says=(
                    f"error: {base}: 1 sample refused: race: expected Asian, Black, Indian, Latino, Multiracial, "
                    "White: 'X'",
                ),
            ),
            "an expression that is none": Trap(
                pictures={f"{base}/AF-022/CFD-AF-022-020-Z.jpg": (22, 0)},
                refused={"expression: expected N, A, F, HC, HO": 1},
                says=(
                    f"error: {base}: 1 sample refused: expression: expected N, A, F, HC, HO: 'Z' (",
                    f"warning: {base}: 1 sample whose name matches no pattern of the card's roles: "
                    f"{base}/AF-022/CFD-AF-022-",
                ),
            ),
            "an ending in capitals": Trap(
                pictures={f"{base}/WM-023/CFD-WM-023-020-N.JPG": (23, 0)},
                says=("17 samples can be used, 0 refused",),
            ),
        },
    )


def _celeba() -> Set:
    flags = {k: " ".join(["-1"] * 20 + ["1" if k % 2 else "-1"] + ["-1"] * 18 + ["1"]) for k in range(2)}
    names = {(k, s): f"{2 * k + s + 1:06}.jpg" for k in range(8) for s in (0, 1)}
    head = "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose and so on"
    people, table = "identity_CelebA.txt", "list_attr_celeba.txt"
    return Set(
        card="celeba",
        pictures={f"img_align_celeba/{name}": key for key, name in names.items()},
        texts={
            people: _lines(f"{name} {100 + k}" for (k, _), name in names.items()),
            table: _lines(["16", head, *(f"{name}  {flags[k % 2]}" for (k, _), name in names.items())]),
        },
        groups='[["gender"]]',
        people=8,
        mated=8,
        nonmated=112,
        traps={
            "a picture that is not there": Trap(
                lines={people: "000090.jpg 190\n", table: f"000090.jpg {flags[0]}\n"},
                refused={"no such file": 1},
                says=(
                    f"error: {people}: 1 sample refused: no such file: line 17 'img_align_celeba/000090.jpg'; "
                    "restore the",
                ),
            ),
            "a row that is cut": Trap(
                pictures={"img_align_celeba/000091.jpg": (91, 0)},
                lines={people: "000091.jpg 191\n", table: "000091.jpg -1 1\n"},
                refused={"its row in the table of labels has too many or too few fields": 1},
                says=(
                    f"error: {table}: 1 row of labels with too many or too few fields: line 19; correct them; "
                    "samples of",
                ),
            ),
            "a name that a spreadsheet changed": Trap(
                pictures={"img_align_celeba/000092.jpg": (92, 0)},
                lines={people: "000092.jpg 192\n", table: f"92.jpg {flags[0]}\n"},
                refused={"the table of labels has its id written as another number only": 1},
                says=(
                    f"error: {table}: 1 sample with its id as another number only: '000092.jpg', there is "
                    "'92.jpg': did a",
                ),
            ),
            "nobody's picture": Trap(
                pictures={"img_align_celeba/000093.jpg": (93, 0)},
                lines={people: "000093.jpg\n"},
                refused={"1 fields where the header has 2": 1},
                says=(f"error: {people}: 1 sample refused: 1 fields where the header has 2: line 17; correct it",),
            ),
        },
    )


def _digiface() -> Set:
    people = _lines(["subject_id,group", *(f"{k},{'ab'[k % 2]}" for k in range(8))])
    return Set(
        card="digiface",
        pictures={f"{k}/{s}.{'png' if s else 'PNG'}": (k, s) for k in range(8) for s in (0, 1)},
        texts={"people.csv": people},
        groups='[["group"]]',
        people=8,
        mated=8,
        nonmated=112,
        traps={
            "a folder too deep": Trap(
                pictures={"20/x/0.png": (20, 0)},
                refused={NO_PATTERN: 1},
                says=(f"error: digiface: 1 sample refused: {NO_PATTERN}: 20/x/0.png; correct it",),
            ),
            "another format": Trap(
                pictures={"21/0.jpg": (21, 0)},
                refused={NO_PATTERN: 1},
                says=(f"error: digiface: 1 sample refused: {NO_PATTERN}: 21/0.jpg; correct it",),
            ),
            "an id that a spreadsheet changed": Trap(
                pictures={"022/0.png": (22, 0)},
                lines={"people.csv": "22,a\n"},
                refused={"the table of labels has its id written as another number only": 1},
                says=("error: people.csv: 1 subject with its id as another number only: '022', there is '22': did a",),
            ),
            "a group that is none": Trap(
                pictures={"23/0.png": (23, 0)},
                lines={"people.csv": "23,c\n"},
                refused={"group: expected a, b": 1},
                says=(
                    "error: digiface: 1 sample refused: group: expected a, b: 'c' (23/0.png); correct it, or map it in",
                ),
            ),
        },
    )


def _london() -> Set:
    people = [f"{k:03}" for k in range(1, 9)]
    groups = ("white", "black", "east_asian", "west_asian")
    pictures = {f"neutral_front/{p}_03.jpg": (k, 0) for k, p in enumerate(people)}
    pictures |= {f"smiling_front/{p}_08.jpg": (k, 1) for k, p in enumerate(people)}
    rows = [f"{p},{20 + 5 * k},{('female', 'male')[k % 2]},{groups[k % 4]}" for k, p in enumerate(people)]
    table = "london_faces_info.csv"
    return Set(
        card="london",
        pictures=pictures,
        texts={
            table: _lines(["face_id,face_age,face_gender,face_eth", *rows]),
            **{f"neutral_front/{p}_03.tem": "189\n" for p in people},
        },
        groups='[["ethnicity"], ["gender"]]',
        people=8,
        mated=8,
        nonmated=112,
        roles=True,
        says=("info: london: 8 files below the root that are no picture: neutral_front/001_03.tem; ",),
        traps={
            "litter of another system": Trap(
                texts={
                    "neutral_front/._001_03.jpg": b"\0\5\x16\7",
                    "__MACOSX/neutral_front/._002_03.jpg": b"\0\5\x16\7",
                    ".DS_Store": b"\0",
                },
                says=(
                    "info: london: 11 files below the root that are no picture: .DS_Store; "
                    "__MACOSX/neutral_front/._002_0",
                ),
            ),
            "a view in the other's folder": Trap(
                pictures={"neutral_front/001_08.jpg": (0, 5)},
                refused={NO_PATTERN: 1},
                says=(f"error: london: 1 sample refused: {NO_PATTERN}: neutral_front/001_08.jpg; correct it",),
            ),
            "two ethnicities and no age": Trap(
                pictures={"neutral_front/020_03.jpg": (20, 0)},
                lines={table: "020,,male,east_asian/white\n"},
                says=("17 samples can be used, 0 refused",),
            ),
            "somebody without a row": Trap(
                pictures={"neutral_front/021_03.jpg": (21, 0)},
                says=(f"warning: {table}: 1 subject without a row of labels: '021'; counted as 'unknown'",),
            ),
            "an id as in other copies": Trap(
                pictures={"neutral_front/022_03.jpg": (22, 0)},
                lines={table: "X022,30,male,white\n"},
                says=(f"info: {table}: 1 row of labels for ids without a sample: X022; not used",),
            ),
            "another table of the release": Trap(
                texts={"london_faces_ratings.csv": "rater_sex,rater_age,X001\nmale,20,3\n"},
                says=("info: london: 9 files below the root that are no picture: london_faces_ratings.csv; ",),
            ),
        },
    )


def _fhibe() -> Set:
    base = "data/raw/fhibe_downsampled"
    header = (
        "image_id,filepath,subject_id,is_primary,pronoun,ancestry,age,natural_skin_color,lighting,scene,"
        "multiple_subjects,landmarks"
    )

    def path(subject: str, image: str) -> str:
        return f"{base}/{subject}/{image}/faces_crop_and_align_{image}_{subject}.png"

    def row(subject: str, image: str, ancestry: str = "['11. Asia']", several: str = "False", age: str = "[30, 40)",
            pronoun: str = "['1. He/him/his']") -> str:  # fmt: skip
        return (
            f'{image},{path(subject, image)},{subject},True,"{pronoun}","{ancestry}","{age}","5. [198, 180, 157]",'
            f'"[\'0. Lighting from above the head/face\']","12. Indoor: Home or hotel",{several},"{"7" * 170_000}"'
        )

    ancestry = ("['0. Africa', '4. Southern Africa']", "['11. Asia', '13. Eastern Asia']", "['17. Europe']")
    pronoun = ("['0. She/her/hers']", "['1. He/him/his']")
    people = [f"p{k}" for k in range(8)]
    rows = [
        row(p, f"{p}i{s}", ancestry[k % 3], age=("[18, 30)", "61")[k % 2], pronoun=pronoun[k % 2])
        for k, p in enumerate(people)
        for s in (0, 1)
    ]
    table = "data/processed/fhibe_face_crop_align/fhibe_face_crop_align.csv"
    return Set(
        card="fhibe",
        pictures={path(p, f"{p}i{s}"): (k, s) for k, p in enumerate(people) for s in (0, 1)},
        texts={table: _lines([header, *rows])},
        groups='[["ancestry"], ["pronoun"]]',
        people=8,
        mated=8,
        nonmated=112,
        traps={
            "several people on a picture": Trap(
                pictures={path("q0", "q0i0"): (20, 0)},
                lines={table: row("q0", "q0i0", several="True") + "\n"},
                says=(
                    f"info: {table}: 1 sample left out, as the card says: multiple_subjects is not False or 0: "
                    "line 18; "
                    "not used",
                ),
            ),
            "several answers": Trap(
                pictures={path("q1", "q1i0"): (21, 0)},
                lines={
                    table: row(
                        "q1", "q1i0", "['11. Asia', '17. Europe']", pronoun="['0. She/her/hers', '2. They/them/their']"
                    )
                    + "\n"
                },
                says=("17 samples can be used, 0 refused",),
            ),
            "an ancestry that is none": Trap(
                pictures={path("q2", "q2i0"): (22, 0)},
                lines={table: row("q2", "q2i0", "['99. Moon']") + "\n"},
                refused={"ancestry: expected Africa, Americas, Asia, Europe, Oceania, several": 1},
                says=(
                    f"error: {table}: 1 sample refused: ancestry: expected Africa, Americas, Asia, Europe, "
                    "Oceania, sever",
                ),
            ),
            "consent that was withdrawn": Trap(
                without=(path("p0", "p0i1"),),
                refused={"no such file": 1},
                says=(
                    f"error: {table}: 1 sample refused: no such file: line 3 "
                    f"'{base}/p0/p0i1/faces_crop_and_align_p0i1_p0",
                ),
            ),
            "answers of a person that disagree": Trap(
                pictures={path("q3", "q3i0"): (23, 0), path("q3", "q3i1"): (23, 1)},
                lines={table: row("q3", "q3i0", "['11. Asia']") + "\n" + row("q3", "q3i1", "['17. Europe']") + "\n"},
                refused={"ancestry: the subject has two labels": 2},
                says=(
                    f"error: {table}: 2 samples refused: ancestry: the subject has two labels: 'q3' is Asia (line "
                    "18) and",
                ),
            ),
        },
    )


def _fluxsynid() -> Set:
    people = [f"{k:012x}" for k in range(1, 9)]
    sex = {p: "mf"[k % 2] for k, p in enumerate(people)}
    shots = ("doc.jpg", "live_0_e_d1.jpg", "live_0_p_d1.png", "live_0_a_d1.jpg")

    def folder(p: str) -> str:
        return f"FLUXSynID/FLUXSynID/{p}" if int(p, 16) > 4 else f"FLUXSynID/{p}"

    def prompt(gender: str, age: str = "20-29") -> str:
        attributes = {"ages.txt": age, "genders.txt": gender, "origins.txt": "East African"}
        return json.dumps({"attributes": attributes, "prompt": "a face"})

    odd, nobody = "0123456789ab", "ba9876543210"
    return Set(
        card="fluxsynid",
        pictures={
            f"{folder(p)}/{p}_{sex[p]}_{shot}": (k, s) for k, p in enumerate(people) for s, shot in enumerate(shots)
        },
        texts={f"{folder(p)}/{p}_{sex[p]}.json": prompt({"m": "Male", "f": "Female"}[sex[p]]) for p in people},
        groups='[["shot"], ["gender"]]',
        people=8,
        mated=48,
        nonmated=32 * 31 // 2 - 48,
        roles=True,
        traps={
            "a prompt that contradicts the name": Trap(
                pictures={f"FLUXSynID/{odd}/{odd}_f_doc.jpg": (20, 0)},
                texts={f"FLUXSynID/{odd}/{odd}_f.json": prompt("Male")},
                refused={"gender: its path and the table of labels say different labels": 1},
                says=(
                    "error: fluxsynid: 1 sample refused: gender: its path and the table of labels say different "
                    "labels: ",
                ),
            ),
            "a name that contradicts its folder": Trap(
                pictures={f"FLUXSynID/{nobody}/{odd}_m_live_0_e_d1.jpg": (21, 0)},
                refused={NO_PATTERN: 1},
                says=(f"error: fluxsynid: 1 sample refused: {NO_PATTERN}: FLUXSynID/{nobody}/{odd}_m_live_0_e_d1.jpg",),
            ),
            "a person of two genders": Trap(
                pictures={
                    "FLUXSynID/00000000aaaa/00000000aaaa_nb_doc.jpg": (22, 0),
                    "FLUXSynID/00000000aaaa/00000000aaaa_m_live_0_e_d1.jpg": (22, 1),
                },
                refused={"gender: the subject has two labels": 2},
                says=(
                    "error: fluxsynid: 2 samples refused: gender: the subject has two labels: '00000000aaaa' is male (",
                    "warning: FLUXSynID/*.json: 1 subject without a row of labels: '00000000aaaa'; counted as "
                    "'unknown'",
                ),
            ),
            "an age that is none": Trap(
                pictures={"FLUXSynID/00000000bbbb/00000000bbbb_m_doc.jpg": (23, 0)},
                texts={"FLUXSynID/00000000bbbb/00000000bbbb_m.json": prompt("Male", "old")},
                refused={
                    "age: expected under 18, 18-19, 20-29, 30-39, 40-49, 50-59, 60-69, 70-79, 80 and over": 1,
                },
                says=(
                    "error: fluxsynid: 1 sample refused: age: expected under 18, 18-19, 20-29, 30-39, 40-49, 50-59,",
                ),
            ),
        },
    )


def _controlface10k() -> Set:
    people = {(r, g): f"identity-0a{r}b-{g}c" for r in range(4) for g in range(2)}
    base = {
        key: f"controlface/{RACES[key[0]]}/{('female', 'male')[key[1]]}/adult/{name}" for key, name in people.items()
    }
    return Set(
        card="controlface10k",
        pictures={f"{base[r, g]}/r{r}_g{g}_a1_o{s}_c1.png": (2 * r + g, s) for r, g in people for s in range(3)},
        groups='[["race"], ["gender"]]',
        people=8,
        mated=24,
        nonmated=24 * 23 // 2 - 24,
        traps={
            "a picture of nobody": Trap(
                pictures={"controlface/African/female/1.png": (30, 0)},
                refused={NO_PATTERN: 1},
                says=(
                    f"error: controlface: 1 sample refused: {NO_PATTERN}: controlface/African/female/1.png; correct it",
                ),
            ),
            "a race that is none": Trap(
                pictures={"controlface/Latino/female/adult/identity-0a9b-1c/1.png": (31, 0)},
                refused={"race: expected African, Asian, Caucasian, Indian": 1},
                says=(
                    "error: controlface: 1 sample refused: race: expected African, Asian, Caucasian, Indian: "
                    "'Latino' (",
                ),
            ),
            "a person under two genders": Trap(
                pictures={
                    "controlface/Asian/female/adult/identity-0a8b-1c/1.png": (32, 0),
                    "controlface/Asian/male/adult/identity-0a8b-1c/2.png": (32, 1),
                },
                refused={"gender: the subject has two labels": 2},
                says=(
                    "error: controlface: 2 samples refused: gender: the subject has two labels: '0a8b-1c' is female (",
                ),
            ),
        },
    )


SETS = {
    made.card: made
    for made in (
        *(
            _rfw(),
            _bfw(),
            _bfw_scores(),
            _meds(),
            _morph(),
            _ccv2(),
            _demogpairs(),
            _colorferet(),
            _vggface2(),
            _ba_test(),
            _lfw(),
        ),
        *(_lfw_attributes(), _xqlfw(), _ijb_c(), _bupt(), _casia(), _diveface(), _agedb(), _two_lines("calfw")),
        *(_two_lines("cplfw"), _scface(), _muct(), _fairface(), _utkface(), _ppb(), _cfd(), _celeba(), _digiface()),
        *(_london(), _fhibe(), _fluxsynid(), _controlface10k()),
    )
}
"""By the name of the card."""
