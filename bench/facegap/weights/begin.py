"""Begins a recogniser's card from its ONNX file: what the file says is written, what it cannot say is asked."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from facegap import store
from facegap.backend import Net, Port, open_net
from facegap.cards import OPEN, ModelCard, open_questions, read_toml
from facegap.errors import InputError, ModelRefused
from facegap.weights.files import pin
from facegap.weights.onnx_file import check_onnx
from facegap.words import one_line

_SECONDS = 60.0
"""For onnxruntime to open the file."""

_CARD = """\
# Begun by `facegap models new` from {file}. Every "?" is a question that the file cannot answer: ask its maker.
# In the file: {ports}.
kind = "recogniser"
name = {name}
version = "?"
title = {name}
licence = "?"
source = "?"
file = {file}
dim = {dim}
{output}similarity = "?"
vendor_threshold = "?"
vendor_threshold_source = "?"

[preprocess]
size = {size}
colour = "?"
mean = "?"
std = "?"
layout = {layout}
template = "?"
"""


def begin_card(name: str, onnx_file: Path, folder: Path) -> tuple[Path, dict[str, str]]:
    """Write `folder`/`name`.toml from the file, pin the file, and keep a copy of it in the cache.

    Returns:
        The card, and its open questions: key path -> question.

    Raises:
        InputError: the name is none for a card, or there is such a card.
        ModelRefused: the file is no self-contained ONNX net from one picture to templates of floats.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise InputError(f"{name}: a card's name is lower-case letters, digits, '.', '_' and '-'")
    path = folder / f"{name}.toml"
    if path.exists():
        raise InputError(f"{path}: is there already; choose another name, or pin the file with `facegap models pin`")
    check_onnx(onnx_file)
    net = open_net(onnx_file, sha256=store.sha256_file(onnx_file), limit=_SECONDS)
    text = _CARD.format(name=json.dumps(name), file=json.dumps(onnx_file.name), ports=_ports(net), **_facts(name, net))
    store.write_atomic(path, text.encode())
    pin(path, onnx_file)
    return path, open_questions(read_toml(path), ModelCard)


def _facts(name: str, net: Net) -> dict[str, str]:
    """The values that the file decides, as TOML."""
    size, layout = _input(name, net)
    output, dim = _output(name, net)
    return {
        "size": json.dumps(size),
        "layout": json.dumps(layout),
        "dim": json.dumps(dim),
        "output": f"output = {json.dumps(output)}\n" if output else "",
    }


def _input(name: str, net: Net) -> tuple[Any, str]:
    """Size and layout; `OPEN` where the file leaves them free."""
    if len(net.inputs) != 1:
        raise ModelRefused(f"{name}: expected one input, the file has {len(net.inputs)}")
    port = net.inputs[0]
    if port.dtype != "tensor(float)" or len(port.shape) != 4:
        raise ModelRefused(f"{name}: expected an input of pictures as float of four axes, the file has {_shown(port)}")
    first, last = port.shape[1] == 3, port.shape[3] == 3
    free = not isinstance(port.shape[1], int) and not isinstance(port.shape[3], int)
    if not first and not last and not free:
        raise ModelRefused(f"{name}: expected three colours on the second or last axis, the file has {_shown(port)}")
    if first == last:
        return OPEN, OPEN
    height, width = port.shape[2:] if first else port.shape[1:3]
    known = isinstance(height, int) and isinstance(width, int)
    return [width, height] if known else OPEN, "NCHW" if first else "NHWC"


def _output(name: str, net: Net) -> tuple[str, Any]:
    """Name of the output where there is more than one that can be a template (`OPEN` then), and its length."""
    ports = [port for port in net.outputs if port.dtype in ("tensor(float)", "tensor(double)", "tensor(float16)")]
    if not ports:
        found = ", ".join(_shown(port) for port in net.outputs) or "no output"
        raise ModelRefused(f"{name}: expected an output of floats, the file has {found}")
    if len(ports) > 1:
        return OPEN, OPEN
    sides = ports[0].shape[1:]
    known = bool(sides) and all(isinstance(side, int) for side in sides)
    dim = math.prod(side for side in sides if isinstance(side, int)) if known else OPEN
    return ports[0].name if len(net.outputs) > 1 else "", dim


def _ports(net: Net) -> str:
    inputs = [f"input {_shown(port)}" for port in net.inputs]
    return "; ".join([*inputs, *(f"output {_shown(port)}" for port in net.outputs)])


def _shown(port: Port) -> str:
    sides = ", ".join(one_line(str(side)) for side in port.shape)
    return f"'{one_line(port.name)}' [{sides}] of {port.dtype}"
