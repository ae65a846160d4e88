"""What is public says what it is, and of every array its shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import facegap

PACKAGE = Path(facegap.__file__).parent
ARRAYS = {"NDArray", "ndarray", "ArrayLike"}
"""Of numpy and numpy.typing; every other array type of the package is an alias of one of these."""

_SIDE = r"(?:\.\.\.|(?!0\b)\w+(?: [+*-] \w+| samples)*)"
SHAPE = re.compile(rf"\({_SIDE},(?: {_SIDE}(?:, {_SIDE})*)?\)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """Dotted name -> syntax tree of every module."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join((PACKAGE.name, *(part for part in parts if part != "__init__")))
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def all_aliases() -> dict[str, set[str]]:
    """Module -> names that stand for an array type there: bound there, or imported from where they are."""
    found: dict[str, set[str]] = {module: set() for module in modules()}
    before = -1
    while (now := sum(map(len, found.values()))) > before:
        before = now
        for module, tree in modules().items():
            for node in tree.body:
                found[module] |= aliases_of(node, found, found[module])
    return found


def aliases_of(node: ast.stmt, found: dict[str, set[str]], known: set[str]) -> set[str]:
    """The array types that one statement brings in; those of an imported module as "module.Name"."""
    if isinstance(node, ast.ImportFrom) and node.module in found:
        named = [(name.asname or name.name, name.name) for name in node.names]
        parts = [(here, found.get(f"{node.module}.{there}", set())) for here, there in named]
        inside = {f"{here}.{alias}" for here, there in parts for alias in there if "." not in alias}
        return inside | {here for here, there in named if there in found[node.module]}
    if isinstance(node, ast.Assign) and is_array_type(node.value, known):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def is_array_type(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression is an array type itself, such as npt.NDArray[np.int64], or a union of some, or `known`."""
    if isinstance(node, ast.BinOp):
        return is_array_type(node.left, known) or is_array_type(node.right, known)
    base = node.value if isinstance(node, ast.Subscript) else node
    if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and base.value.id in ("np", "npt"):
        return base.attr in ARRAYS
    return ast.unparse(base) in known


def mentions_array(annotation: ast.expr | None, module: str) -> bool:
    """Whether an annotation holds an array type, alone or inside of another type."""
    return annotation is not None and any(
        isinstance(node, ast.Name | ast.Attribute) and is_array_type(node, all_aliases()[module])
        for node in ast.walk(annotation)
    )


def public(module: str) -> Iterator[tuple[str, Function | ast.ClassDef, Any]]:
    """Dotted name, node and class of every public function, class, method and property of `module`."""
    for node in modules()[module].body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield f"{module}.{node.name}", node, None
        for part in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(part, Function) and (part.name == "__init__" or not part.name.startswith("_")):
                yield f"{module}.{node.name}.{part.name}", part, node


def takes_or_gives_arrays(function: Function, module: str) -> bool:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotations = [argument.annotation for argument in every if argument is not None]
    return any(mentions_array(annotation, module) for annotation in [*annotations, function.returns])


def array_fields(node: ast.ClassDef, module: str) -> list[str]:
    """Names of the public fields of a record that hold arrays."""
    return [
        field.target.id
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if not field.target.id.startswith("_") and mentions_array(field.annotation, module)
    ]


def said(node: Function | ast.ClassDef, of: ast.ClassDef | None) -> str:
    """The docstring; what a constructor takes may be said by its class."""
    text = ast.get_docstring(node) or ""
    return text + (ast.get_docstring(of) or "" if of is not None and node.name == "__init__" else "")


def is_stub(node: Function | ast.ClassDef) -> bool:
    """Whether there is nothing but "...": a protocol's own docstring says what its members are."""
    return [ast.unparse(part) for part in node.body] == ["..."]


def without_shape(module: str) -> Iterator[str]:
    """What takes, gives or holds arrays and states no shape, or does not name a field that is an array."""
    for name, node, of in public(module):
        text = said(node, of)
        if isinstance(node, ast.ClassDef):
            fields = array_fields(node, module)
            unnamed = [field for field in fields if not re.search(rf"\b{field.removesuffix('s')}s?\b", text)]
            if unnamed:
                yield f"{name}: fields {', '.join(unnamed)}"
            elif fields and not SHAPE.search(text):
                yield name
        elif takes_or_gives_arrays(node, module) and not SHAPE.search(text):
            yield name


@pytest.mark.parametrize("module", modules())
def test_everything_public_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(modules()[module])
    silent = [name for name, node, of in public(module) if not said(node, of) and not is_stub(node)]
    assert not silent, f"no docstring: {', '.join(silent)}"


@pytest.mark.parametrize("module", modules())
def test_what_takes_or_gives_arrays_states_their_shape(module: str) -> None:
    found = list(without_shape(module))
    assert not found, "no shape such as (n,) or (h, w, 3) in: " + ", ".join(found)


def test_array_types_are_found_through_their_aliases() -> None:
    """Else nothing is tested above."""
    assert {"Rows", "Floats", "Mask"} <= all_aliases()["facegap.search"]
    assert "np.float64" not in all_aliases()["facegap.search"]
    arrays = [
        name
        for module in modules()
        for name, node, _ in public(module)
        if isinstance(node, Function) and takes_or_gives_arrays(node, module)
    ]
    assert len(arrays) > 150


@pytest.mark.parametrize("text", ["(n,)", "(n, 4)", "(h, w, 3)", "(..., 31)", "(bins + 1,)", "(n samples,)"])
def test_a_shape_is_known(text: str) -> None:
    assert SHAPE.fullmatch(text)


@pytest.mark.parametrize("text", ["(n)", "(left)", "(Neyman 1937)", "(0 to 1)", "(0, 1)", "(see `scores`, and there)"])
def test_other_brackets_are_no_shape(text: str) -> None:
    assert not SHAPE.search(text)
