"""TOML to pydantic, strictly, with messages that say where, what was expected, what was found and what to do."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from facegap.errors import CardError
from facegap.words import did_you_mean

_HERE = Path(__file__).resolve().parent


class Card(BaseModel):
    """Base of every card: unknown keys are errors, nothing is coerced, objects are frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, protected_namespaces=())

    QUESTIONS: ClassVar[Mapping[str, str]] = {}
    """Key path -> what to ask whoever knows, where a card that was begun by machine has `OPEN` in its place."""


OPEN = "?"
"""Stands in a card for an answer that nobody gave yet."""

CardT = TypeVar("CardT", bound=Card)


def card_folders(kind: str) -> list[Path]:
    """Folders that hold cards of `kind` ("models", "datasets", "configs", "configs/conditions"), nearest first.

    The working directory comes before the checkout, the checkout before the copy inside an installed wheel.
    """
    candidates = [Path.cwd() / kind, _HERE.parents[2] / kind, _HERE.parent / "_cards" / kind]
    found: list[Path] = []
    for folder in candidates:
        if folder.is_dir() and folder not in found:
            found.append(folder)
    return found


def card_names(kind: str) -> list[str]:
    """Names of all cards of `kind`, sorted."""
    return sorted({path.stem for folder in card_folders(kind) for path in folder.glob("*.toml")})


def card_path(kind: str, name: str) -> Path:
    """The file of the card `name`; a name that ends in .toml is a path already.

    Raises:
        CardError: there is no such card; the message offers a near name.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise CardError(f"{path}: no such file")
        return path
    for folder in card_folders(kind):
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    names = card_names(kind)
    raise CardError(f"no card named '{name}' in {kind}/{did_you_mean(name, names)}; there are: {', '.join(names)}")


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content.

    Raises:
        CardError: it cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CardError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise CardError(f"{path}: nested too deeply; a card needs a few levels of tables and arrays") from None
    except (ValueError, OverflowError) as error:  # also a number of thousands of digits
        raise CardError(f"{path}: not TOML: {error}") from None
    for where, text in _texts(content):
        if "\0" in text:
            raise CardError(f"{path}: {where}: the character U+0000 in it; remove it")
    return content


def _texts(content: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file, keys too, with where it stands."""
    if isinstance(content, str):
        yield where, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield where, key
            yield from _texts(value, f"{where}.{key}" if where else key)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value, where)


def read_card(path: Path, schema: type[CardT]) -> CardT:
    """The card in `path`, checked against `schema`.

    Raises:
        CardError: one line per question that is still open, or per broken rule.
    """
    content = read_toml(path)
    asked = open_questions(content, schema)
    if asked:
        raise CardError("\n".join(f"{path}: {key}: not answered yet: {question}" for key, question in asked.items()))
    try:
        # JSON mode is strict about scalars and still reads an array as a tuple. It has no dates: a date becomes a
        # table, so that it is refused where text is expected.
        return schema.model_validate_json(json.dumps(content, default=lambda value: {"date": str(value)}))
    except ValidationError as error:
        lines = [_explain(path, content, schema, problem) for problem in _causes(error.errors())]
        raise CardError("\n".join(dict.fromkeys(lines))) from None


def open_questions(content: Mapping[str, Any], schema: type[Card]) -> dict[str, str]:
    """Key path -> question, of those that the card leaves open."""
    found = {key: _at(content, tuple(key.split("."))) for key in schema.QUESTIONS}
    return {key: schema.QUESTIONS[key] for key, value in found.items() if value == OPEN}


def _causes(problems: Sequence[Any]) -> list[Any]:
    """Without "too few items" where the items are there and are the problem."""
    locs = [tuple(problem["loc"]) for problem in problems]

    def follows(loc: tuple[int | str, ...]) -> bool:
        return any(len(other) > len(loc) and other[: len(loc)] == loc for other in locs)

    return [problem for problem in problems if problem["type"] != "too_short" or not follows(tuple(problem["loc"]))]


def _explain(path: Path, content: dict[str, Any], schema: type[Card], problem: Any) -> str:
    """One line for one pydantic problem."""
    loc = tuple(problem["loc"])
    where = f"{path}: {'.'.join(str(part) for part in loc)}: " if loc else f"{path}: "
    kind = problem["type"]
    if kind == "extra_forbidden":
        known = sorted(_keys(schema, loc[:-1]))
        return f"{where}unknown key{did_you_mean(str(loc[-1]), known)}; known here: {', '.join(known)}"
    if kind == "missing":
        return f"{where}missing; add it"
    found = _at(content, loc)
    shown = "" if isinstance(found, dict) or found is None else f", found {json.dumps(found, default=str)}"
    near = ""
    if kind == "literal_error" and isinstance(found, str):
        near = did_you_mean(
            found, [part.strip("' ") for part in str(problem["ctx"]["expected"]).replace(" or ", ",").split(",")]
        )
    return f"{where}{_expected(problem)}{shown}{near}"


_LETTERS = "lower-case letters, digits, '.', '_' and '-'"

_ONE_CHANGE = r"[a-z_]+\.[a-z_]+=[0-9a-z.+-]+"

CONDITION_NAME = rf"^[a-z0-9][a-z0-9._-]*(\+[a-z0-9][a-z0-9._-]*)*(@{_ONE_CHANGE}(,{_ONE_CHANGE})*)?$"
"""A condition's own name or that of its parts, and other constants than its card's."""

_PATTERNS = {
    "^[0-9a-f]{64}$": "64 hexadecimal digits in lower case",
    "^[a-z0-9][a-z0-9._-]*$": _LETTERS,
    CONDITION_NAME: f"{_LETTERS}; parts joined by '+'",
}

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
}


def _expected(problem: Any) -> str:
    """What pydantic found wrong, in the words of this package: "expected ..."."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}"
    if kind == "string_pattern_mismatch":
        return f"expected {_PATTERNS.get(context['pattern'], context['pattern'])}"
    if kind == "too_short":
        return f"expected at least {context['min_length']}"
    if kind == "too_long":
        return f"expected at most {context['max_length']}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message.replace("Input should be ", "expected a number " if "than" in kind else "expected ")


def _keys(schema: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """Known keys of the table at `loc`."""
    current = schema
    for part in loc:
        # An array's index, or a name that the card's author chose (groups.<name>), stays at the same schema.
        field = current.model_fields.get(str(part))
        if field is not None:
            current = _models(field.annotation)[0]
    return set(current.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Pydantic models inside a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def _at(content: Any, loc: tuple[int | str, ...]) -> Any:
    """What stands at `loc`, None where nothing does."""
    for part in loc:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return None
    return content
