"""Lists of comparisons in the forms that benchmarks publish them, read line by line; nothing is looked up here.

| format | a line or file is |
|---|---|
| csv | columns reference and probe (or sample_a and sample_b), and where known mated, fold, relation |
| lfw | "10 300", then `person i j` (mated) or `person i person j`; a fold is so many mated and as many non-mated |
| rfw | as lfw without the first line: `id i j` or `id i id j`, tab or space; ten folds of equal size |
| calfw | two lines a pair, `file label`: the fold number of a mated pair, 0 of a non-mated one |
| agedb | `file file label`, 1 or 0 (or -1); ten folds of equal size |
| cfp | a folder of folds, each with same.txt and diff.txt of `i,j`, and Pair_list_F.txt, Pair_list_P.txt above |
| gallery-probe | two files of names, `picture` or `person picture`: each of the second with each of the first |
| template-pairs | `template template` or with a label 1 or 0; comma or space; the templates are pooled of pictures |
| bob | a folder with for_models.lst (`file model client`) and for_scores.lst (`file model claimed real`) |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from facegap.cards.dataset import ListFormat
from facegap.datasets.files import read_bytes, read_text
from facegap.datasets.tables import Sheet, read_sheet
from facegap.errors import DatasetError
from facegap.records import Finding

FOLDERS: tuple[ListFormat, ...] = ("cfp", "bob")
"""Formats whose list is a folder of files."""

_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_FOLDS = 10
_SIDES = (("reference", "probe"), ("sample_a", "sample_b"))


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A line of the list.

    Attributes:
        where: it stands, for messages.
        a, b: reference and probe, by sample id or the end of one.
        mated: what the list says of them, None where it says nothing.
        fold: 1 to the number of folds, 0 where the list has none.
        relation: kind of relation of two different people ("twin"), "" of strangers.
        fault: why it cannot be read, "" where it can.
    """

    where: str
    a: str = ""
    b: str = ""
    mated: bool | None = None
    fold: int = 0
    relation: str = ""
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The lines of a list, and what is to be said of the list as a whole."""

    lines: Sequence[Listed]
    remarks: Sequence[Finding] = ()


def read_list(path: Path, form: ListFormat, columns: Mapping[str, str]) -> Contents:
    """The comparisons that `path` lists, a file or for some formats a folder.

    Args:
        columns: our names of a CSV's columns -> its own, where they differ.

    Raises:
        DatasetError: it is not there, or cannot be read as a whole.
    """
    if form in FOLDERS and not path.is_dir():
        raise DatasetError(f"{path}: expected a folder, as lists of the format {form} are")
    if form not in FOLDERS and not path.is_file():
        raise DatasetError(f"{path}: no such file; expected a list of comparisons")
    if form == "csv":
        return Contents(lines=list(_csv(read_sheet(path, read_bytes(path)), columns)))
    return _READERS[form](path)


def _csv(sheet: Sheet, columns: Mapping[str, str]) -> Iterator[Listed]:
    own = {name: columns.get(name, name) for sides in _SIDES for name in sides}
    there = next((sides for sides in _SIDES if own[sides[0]] in sheet.header), _SIDES[1])
    a, b = (sheet.place(own[name]) for name in there)
    mated, fold, relation = (_place(sheet, columns, name) for name in ("mated", "fold", "relation"))
    for where, fields in sheet.rows:
        if len(fields) != len(sheet.header):
            yield Listed(where=where, fault=f"{len(fields)} fields where the header has {len(sheet.header)}")
            continue
        said = "" if mated is None else fields[mated].casefold()
        number = "" if fold is None else fields[fold]
        fault = "" if said == "" or said in _TRUTH else f"mated: expected {', '.join(_TRUTH)}"
        if not fault and number and not (number.isdecimal() and int(number) > 0):
            fault = "fold: expected a whole number from 1"
        yield Listed(
            where=where,
            a=fields[a],
            b=fields[b],
            mated=_TRUTH.get(said),
            fold=int(number) if number.isdecimal() else 0,
            relation="" if relation is None else fields[relation],
            fault=fault,
        )


def _place(sheet: Sheet, columns: Mapping[str, str], name: str) -> int | None:
    own = columns.get(name, name)
    return sheet.place(own) if own in sheet.header or name in columns else None


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Where each line that is not empty stands, and its words."""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if words := line.split():
            yield f"line {number}", words


def _lfw(path: Path) -> Contents:
    folds, each = _lfw_sizes(path)
    lines = [_person_pair(where, words, _lfw_id) for where, words in list(_lines(path))[1:]]
    expected = 2 * folds * each
    remarks = [] if len(lines) == expected else [_cut(path, expected, len(lines))]
    if remarks:
        return Contents(lines=lines, remarks=remarks)
    return Contents(lines=[replace(line, fold=k // (2 * each) + 1) for k, line in enumerate(lines)])


def _cut(path: Path, expected: int, found: int) -> Finding:
    message = f"{path.name}: expected {expected} pairs by its first line, found {found}; the list may be cut off"
    return Finding(level="warning", rule="pairs", message=message, count=abs(expected - found))


def _lfw_sizes(path: Path) -> tuple[int, int]:
    """Folds and mated pairs per fold, as the first line says ("10 300", or "300" for one fold)."""
    _, first = next(_lines(path), ("", []))
    if not 1 <= len(first) <= 2 or not all(part.isdecimal() for part in first):
        found = " ".join(first) if first else "nothing"
        raise DatasetError(f"{path}: line 1: expected folds and pairs per fold, such as 10 300; found {found}")
    return (int(first[0]), int(first[1])) if len(first) == 2 else (1, int(first[0]))


def _person_pair(where: str, words: Sequence[str], name: Callable[[str, str], str]) -> Listed:
    """Three words (person, number, number) are a mated pair, four (person, number, person, number) a non-mated one."""
    if len(words) == 3 and words[1].isdecimal() and words[2].isdecimal():
        return Listed(where=where, a=name(words[0], words[1]), b=name(words[0], words[2]), mated=True)
    if len(words) == 4 and words[1].isdecimal() and words[3].isdecimal():
        return Listed(where=where, a=name(words[0], words[1]), b=name(words[2], words[3]), mated=False)
    return Listed(where=where, fault="expected person, number, number or person, number, person, number")


def _lfw_id(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}.jpg"


def _rfw(path: Path) -> Contents:
    return _in_folds(path, [_person_pair(where, words, _rfw_id) for where, words in _lines(path)])


def _rfw_id(person: str, number: str) -> str:
    return f"{person}/{person}_000{number}.jpg"


def _agedb(path: Path) -> Contents:
    return _in_folds(path, [_labelled(where, words) for where, words in _lines(path)])


def read_names(path: Path) -> Iterator[tuple[str, str]]:
    """Where each line stands and the picture that it names: its last word, without what it is packed with.

    Raises:
        DatasetError: it cannot be read, or a line has more than a person and a picture.
    """
    for where, words in _lines(path):
        if len(words) > 2:
            raise DatasetError(f"{path}: {where}: expected a picture, or person and picture; found {len(words)} words")
        yield where, words[-1].removesuffix(".bz2").removesuffix(".gz")


def _template_pairs(path: Path) -> Contents:
    """NIST's match.csv, `11065,1`, or `1 11065 1` with a label, as insightface's release has it."""
    lines = [_of_templates(where, " ".join(words).replace(",", " ").split()) for where, words in _lines(path)]
    return Contents(lines=lines)


def _of_templates(where: str, words: Sequence[str]) -> Listed:
    if len(words) not in (2, 3) or words[2:] not in ([], ["1"], ["0"], ["-1"]):
        return Listed(where=where, fault="expected two templates, and if known 1 or 0")
    return Listed(where=where, a=words[0], b=words[1], mated=None if len(words) == 2 else words[2] == "1")


def _labelled(where: str, words: Sequence[str]) -> Listed:
    if len(words) != 3 or words[2] not in ("1", "0", "-1"):
        return Listed(where=where, fault="expected file, file, and 1 or 0")
    return Listed(where=where, a=words[0], b=words[1], mated=words[2] == "1")


def _in_folds(path: Path, lines: list[Listed]) -> Contents:
    """The lines in ten folds of equal size, in their order; in none where they do not come out even."""
    size, over = divmod(len(lines), _FOLDS)
    if over or not size:
        message = f"{path.name}: {len(lines)} pairs are not {_FOLDS} folds of equal size: no fold accuracy is computed"
        return Contents(
            lines=lines, remarks=[Finding(level="warning", rule="folds", message=message, count=len(lines))]
        )
    return Contents(lines=[replace(line, fold=k // size + 1) for k, line in enumerate(lines)])


def _calfw(path: Path) -> Contents:
    lines = list(_lines(path))
    if len(lines) % 2:
        raise DatasetError(f"{path}: {len(lines)} lines; expected two a pair, so that one is missing")
    pairs: list[Listed] = []
    fold = 0
    for (where, one), (_, other) in zip(lines[::2], lines[1::2], strict=True):
        pair = _two_lines(where, one, other)
        # A non-mated pair belongs to the fold of the mated ones before it.
        fold = pair.fold or fold
        pairs.append(replace(pair, fold=fold))
    return Contents(lines=pairs)


def _two_lines(where: str, one: Sequence[str], other: Sequence[str]) -> Listed:
    words = (*one[-1:], *other[-1:])
    if len(one) < 2 or len(other) < 2 or not all(word.isdecimal() for word in words):
        return Listed(where=where, fault="expected file and number, on two lines a pair")
    if one[-1] != other[-1]:
        return Listed(where=where, fault="the two lines of the pair have different numbers")
    a, b = (" ".join(side[:-1]) for side in (one, other))
    return Listed(where=where, a=a, b=b, mated=int(one[-1]) > 0, fold=int(one[-1]))


def _cfp(path: Path) -> Contents:
    """Folds below .../Split/FP (frontal against profile) or FF (frontal against frontal)."""
    frontal = _numbered(_beside(path, "Pair_list_F.txt"))
    profile = _numbered(_beside(path, "Pair_list_P.txt")) if path.name.upper() == "FP" else frontal
    folds = sorted(folder for folder in path.iterdir() if folder.is_dir())
    if not folds:
        raise DatasetError(f"{path}: no folder of a fold in it; expected 01, 02 and so on, with same.txt and diff.txt")
    lines = [
        _indexed(f"{folder.name}/{name} {where}", words, frontal, profile, mated, fold)
        for fold, folder in enumerate(folds, start=1)
        for name, mated in (("same.txt", True), ("diff.txt", False))
        for where, words in _lines(_there(folder / name))
    ]
    return Contents(lines=lines)


def _beside(path: Path, name: str) -> Path:
    for folder in (path, *list(path.parents)[:2]):
        if (folder / name).is_file():
            return folder / name
    raise DatasetError(f"{path}: no file '{name}' in it or in the two folders above, which says what the numbers mean")


def _there(path: Path) -> Path:
    if not path.is_file():
        raise DatasetError(f"{path}: no such file; each fold has same.txt and diff.txt")
    return path


def _numbered(path: Path) -> dict[str, str]:
    """Number -> file, from lines such as `1 ../Data/Images/001/frontal/01.jpg`."""
    found = {}
    for where, words in _lines(path):
        if len(words) != 2 or not words[0].isdecimal():
            raise DatasetError(f"{path}: {where}: expected number and file, found '{' '.join(words)}'")
        found[str(int(words[0]))] = str(PurePosixPath(words[1].replace("\\", "/").removeprefix("../")))
    return found


def _indexed(
    where: str, words: Sequence[str], first: Mapping[str, str], second: Mapping[str, str], mated: bool, fold: int
) -> Listed:
    numbers = "".join(words).split(",")
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        return Listed(where=where, fault="expected two numbers with a comma between them")
    a, b = first.get(str(int(numbers[0]))), second.get(str(int(numbers[1])))
    if a is None or b is None:
        return Listed(where=where, fault="a number that Pair_list_F.txt or Pair_list_P.txt does not have")
    return Listed(where=where, a=a, b=b, mated=mated, fold=fold)


def _bob(path: Path) -> Contents:
    models = dict(_bob_models(path / "for_models.lst"))
    lines = []
    for where, words in _lines(_list_of_bob(path / "for_scores.lst")):
        if len(words) != 4:
            lines.append(Listed(where=where, fault="expected file, model, claimed client and real client"))
        elif words[1] not in models:
            lines.append(Listed(where=where, fault="a model that for_models.lst does not have"))
        else:
            lines.append(Listed(where=where, a=models[words[1]], b=words[0], mated=words[2] == words[3]))
    return Contents(lines=lines)


def _bob_models(path: Path) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for where, words in _lines(_list_of_bob(path)):
        if len(words) != 3:
            raise DatasetError(f"{path}: {where}: expected file, model and client, found '{' '.join(words)}'")
        if words[1] in seen:
            raise DatasetError(
                f"{path}: {where}: model '{words[1]}' is of several pictures; templates of several are not pooled here"
            )
        seen[words[1]] = words[0]
        yield words[1], words[0]


def _list_of_bob(path: Path) -> Path:
    if not path.is_file():
        raise DatasetError(f"{path}: no such file; expected for_models.lst and for_scores.lst in the folder")
    return path


_READERS: Mapping[str, Callable[[Path], Contents]] = {
    "lfw": _lfw,
    "rfw": _rfw,
    "calfw": _calfw,
    "agedb": _agedb,
    "cfp": _cfp,
    "template-pairs": _template_pairs,
    "bob": _bob,
}
