"""TOML to pydantic, strictly, with messages that say where, what was expected, what was found and what to do."""

from __future__ import annotations

import difflib
import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.errors import CardError

_HERE = Path(__file__).resolve().parent


class Card(BaseModel):
    """Base of every card: unknown keys are errors, nothing is coerced, objects are frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


CardT = TypeVar("CardT", bound=Card)


def card_folders(kind: str) -> list[Path]:
    """Folders that hold cards of `kind` ("models", "datasets", "configs", "configs/conditions"), nearest first.

    The working directory comes before the checkout, the checkout before the copy inside an installed wheel.
    """
    candidates = [Path.cwd() / kind, _HERE.parents[1] / kind, _HERE.parent / "_cards" / kind]
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
    raise CardError(f"no card named '{name}' in {kind}/{_near(name, names)}; there are: {', '.join(names)}")


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content.

    Raises:
        CardError: it cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CardError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise CardError(f"{path}: not TOML: {error}") from None


def read_card(path: Path, schema: type[CardT]) -> CardT:
    """The card in `path`, checked against `schema`.

    Raises:
        CardError: one line per broken rule.
    """
    content = read_toml(path)
    try:
        # JSON mode is strict about scalars and still reads an array as a tuple.
        return schema.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        lines = [_explain(path, content, schema, problem) for problem in error.errors()]
        raise CardError("\n".join(dict.fromkeys(lines))) from None


def _explain(path: Path, content: dict[str, Any], schema: type[Card], problem: Any) -> str:
    """One line for one pydantic problem."""
    loc = tuple(problem["loc"])
    key = ".".join(str(part) for part in loc) or "the card"
    kind = problem["type"]
    if kind == "extra_forbidden":
        known = list(_keys(schema, loc[:-1]))
        return f"{path}: {key}: unknown key{_near(str(loc[-1]), known)}; known here: {', '.join(sorted(known))}"
    if kind == "missing":
        return f"{path}: {key}: missing; add it"
    message = str(problem["msg"]).removeprefix("Value error, ")
    found = _at(content, loc)
    shown = "" if isinstance(found, dict) or found is None else f", found {json.dumps(found, default=str)}"
    near = ""
    if kind == "literal_error" and isinstance(found, str):
        near = _near(
            found, [part.strip("' ") for part in str(problem["ctx"]["expected"]).replace(" or ", ",").split(",")]
        )
    return f"{path}: {key}: {message}{shown}{near}"


def _keys(schema: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """Known keys of the table at `loc`."""
    current: Any = schema
    for part in loc:
        if isinstance(part, int):
            continue
        field = current.model_fields.get(part)
        nested = _models(field.annotation) if field else []
        if not nested:
            return set()
        current = nested[0]
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


def _near(name: str, names: list[str]) -> str:
    match = difflib.get_close_matches(name, names, n=1)
    return f", did you mean '{match[0]}'?" if match else ""
