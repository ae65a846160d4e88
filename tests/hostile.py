"""Nets and archives that attack, mislead or merely surprise: how each is made, and what is right.

`ONNX` and `ARCHIVES` name every case by its class. benchmarks/hostile_models.py runs the command line on all of them,
the tests most of them within their own process.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiny

SIDE_FILE = "side.bin"
"""What nets with weights outside name; it lies in the working directory with the right weights in it."""

FLOAT, INT64, BOOL = 1, 7, 9
IMAGE = ["n", 3, 32, 32]


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        kind: its class.
        name: what it is.
        make: its bytes.
        says: a part of the line that is right; of what is refused, or of what is accepted with a remark.
        accepted: whether it is to be measured all the same.
        more: other lines of its card, as the card's text -> what stands there instead.
    """

    kind: str
    name: str
    make: Callable[[], bytes]
    says: str
    accepted: bool = False
    more: tuple[tuple[str, str], ...] = ()


def onnx() -> Any:
    return pytest.importorskip("onnx", reason="making test models needs onnx")


def port(name: str, shape: list[Any] | None, dtype: int = FLOAT) -> Any:
    return onnx().helper.make_tensor_value_info(name, dtype, shape)


def node(kind: str, inputs: list[str], outputs: list[str], **more: Any) -> Any:
    return onnx().helper.make_node(kind, inputs, outputs, **more)


def array(value: Any, name: str) -> Any:
    return onnx().numpy_helper.from_array(np.asarray(value), name)


def model(graph: Any, ir: int = 8, opset: int = 17, others: tuple[str, ...] = (), **more: Any) -> bytes:
    helper = onnx().helper
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in others)]
    return bytes(helper.make_model(graph, ir_version=ir, opset_imports=opsets, **more).SerializeToString())


def _symmetric() -> np.ndarray:
    """A projection that a mirrored picture leaves alone, as a face recogniser nearly does."""
    whole = tiny.projection().reshape(3, 8, 8, 16)
    return (whole + whole[:, :, ::-1]).reshape(192, 16)


def net(*last: Any, constants: dict[str, Any] | None = None, out: list[Any] | None = None, **more: Any) -> bytes:
    """The tiny net up to its raw templates "raw" (n, 16), then the nodes `last` that end in "y"."""
    weights = _symmetric() / 1e3
    nodes = [
        node("Reshape", ["x", "cut"], ["blocks"]),
        node("ReduceSum", ["blocks", "axes"], ["summed"], keepdims=0),
        node("Flatten", ["summed"], ["flat"], axis=1),
        node("MatMul", ["flat", "matrix"], ["raw"]),
        *last,
    ]
    known = {"cut": np.array([-1, 3, 8, 4, 8, 4]), "axes": np.array([3, 5]), "matrix": np.asarray(weights, np.float32)}
    tensors = [array(value, name) for name, value in (known | (constants or {})).items()]
    helper, dtype = onnx().helper, more.pop("dtype", FLOAT)
    outputs = more.pop("outputs", None) or [port("y", out or ["n", 16], dtype)]
    inputs = more.pop("inputs", None) or [port("x", IMAGE)]
    initial = more.pop("initial", [])
    return model(helper.make_graph(nodes, "g", inputs, outputs, [*tensors, *initial]), **more)


def same(*last: Any, **more: Any) -> bytes:
    return net(*last, node("Identity", ["raw"], ["y"]), **more)


# --- weights outside the file -----------------------------------------------------------------------------------------


def outside(name: str, location: str = SIDE_FILE, shape: tuple[int, ...] = (16,)) -> Any:
    tensor = array(np.zeros(shape, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx().TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def added(location: str = SIDE_FILE) -> bytes:
    return net(node("Add", ["raw", "c"], ["y"]), initial=[outside("c", location)])


def in_a_constant() -> bytes:
    return net(node("Constant", [], ["c"], value=outside("c")), node("Add", ["raw", "c"], ["y"]))


def in_a_branch(how: str = "initializer") -> bytes:
    helper = onnx().helper
    inner = [node("Add", ["raw", "c"], ["b"])]
    if how == "constant":
        inner.insert(0, node("Constant", [], ["c"], value=outside("c")))
    branch = helper.make_graph(inner, "b", [], [port("b", None)], [outside("c")] if how == "initializer" else [])
    return net(node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch), constants={"yes": np.array(True)})


def sparse() -> Any:
    values, indices = outside("c", shape=(2,)), array(np.array([0, 1]), "i")
    return onnx().helper.make_sparse_tensor(values, indices, [16])


def in_a_sparse_initializer() -> bytes:
    made = onnx().load_model_from_string(net(node("Add", ["raw", "c"], ["y"])))
    made.graph.sparse_initializer.append(sparse())
    return bytes(made.SerializeToString())


def in_a_sparse_constant() -> bytes:
    return net(node("Constant", [], ["c"], sparse_value=sparse()), node("Add", ["raw", "c"], ["y"]))


def in_a_function(how: str) -> bytes:
    helper = onnx().helper
    inner = [node("Constant", [], ["c"], value=outside("c")), node("Add", ["a", "c"], ["b"])]
    defaults = []
    if how == "default":
        inner = [node("Identity", ["a"], ["b"])]
        defaults = [helper.make_attribute("t", outside("c"))]
    opset = [helper.make_opsetid("", 17)]
    function = helper.make_function("own", "F", ["a"], ["b"], inner, opset, attribute_protos=defaults)
    return net(node("F", ["raw"], ["y"], domain="own"), others=("own",), functions=[function])


def in_training() -> bytes:
    made = onnx().load_model_from_string(same())
    info = made.training_info.add()
    info.initialization.initializer.append(outside("c"))
    return bytes(made.SerializeToString())


def in_lists(field: str) -> bytes:
    made = onnx().load_model_from_string(same())
    attribute = made.graph.node[-1].attribute.add(name="more")
    if field == "tensors":
        attribute.type = onnx().AttributeProto.TENSORS
        attribute.tensors.append(outside("c"))
    else:
        attribute.type = onnx().AttributeProto.GRAPHS
        attribute.graphs.add(name="g").initializer.append(outside("c"))
    return bytes(made.SerializeToString())


def varint(value: int, length: int = 0) -> bytes:
    out = bytearray()
    while value > 0x7F or len(out) + 1 < length:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, payload: bytes | int, high: int = 0) -> bytes:
    """A field of protobuf; `high` is added to its tag above the 32 bits that protobuf keeps."""
    wire = 0 if isinstance(payload, int) else 2
    tag = varint((number << 3 | wire) + (high << 32))
    return tag + (varint(payload) if isinstance(payload, int) else varint(len(payload)) + payload)


def by_hand(
    graph: int = 0, initializer: int = 0, external: int = 0, location: int = 0, where: int | bytes = 1
) -> bytes:
    """Like `added`, with its last tensor encoded here: a graph that comes twice is merged."""
    entry = field(1, b"location") + field(2, SIDE_FILE.encode())
    tensor = field(1, 16) + field(2, FLOAT) + field(8, b"c")
    tensor += field(13, entry, external) + field(14, where, location)
    return net(node("Add", ["raw", "c"], ["y"])) + field(7, field(5, tensor, initializer), graph)


def compiled() -> bytes:
    context = node(
        "EPContext", ["raw"], ["y"], domain="com.microsoft", ep_cache_context="side.bin", embed_mode=0, main_context=1
    )
    return net(context, others=("com.microsoft",))


OUT = "keeps weights in other files"
NO = "not an ONNX model"

OUTSIDE = [
    Case("weights outside", "initializer", added, OUT),
    Case("weights outside", "absolute path", lambda: added("/etc/hostname"), OUT),
    Case("weights outside", "path with ..", lambda: added("../side.bin"), OUT),
    Case("weights outside", "address in memory", lambda: added("*/_ORT_MEM_ADDR_/*"), OUT),
    Case("weights outside", "Constant node", in_a_constant, OUT),
    Case("weights outside", "initializer of a branch", in_a_branch, OUT),
    Case("weights outside", "Constant of a branch", lambda: in_a_branch("constant"), OUT),
    Case("weights outside", "sparse initializer", in_a_sparse_initializer, OUT),
    Case("weights outside", "sparse Constant", in_a_sparse_constant, OUT),
    Case("weights outside", "function", lambda: in_a_function("node"), OUT),
    Case("weights outside", "default of a function", lambda: in_a_function("default"), OUT),
    Case("weights outside", "training graph", in_training, OUT),
    Case("weights outside", "list of tensors", lambda: in_lists("tensors"), OUT),
    Case("weights outside", "list of graphs", lambda: in_lists("graphs"), OUT),
    Case("weights outside", "encoded by hand", by_hand, OUT),
    Case("weights outside", "tags above 2^32: data", lambda: by_hand(external=1, location=1), NO),
    Case("weights outside", "tag above 2^32: tensor", lambda: by_hand(initializer=1), NO),
    Case("weights outside", "tag above 2^32: graph", lambda: by_hand(graph=1), NO),
    Case("weights outside", "tag above 2^34: graph", lambda: by_hand(graph=5), NO),
    Case("weights outside", "location 2^32 + 1", lambda: by_hand(where=2**32 + 1), OUT),
    Case("weights outside", "location as bytes", lambda: by_hand(where=b"\1"), OUT),
    Case("weights outside", "net compiled elsewhere", compiled, "EPContext"),
]

# --- no ONNX ----------------------------------------------------------------------------------------------------------


def flatbuffer(behind: bytes = b"") -> bytes:
    return struct.pack("<I", 8) + b"ORTM" + bytes(64) + behind


def both_formats() -> bytes:
    """ONNX for a reader of protobuf, with the mark of onnxruntime's own format where that is looked for."""
    return b"\x12\x0a\x00\x00ORTM\x00\x00\x00\x00" + same()


def nested(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        for number in (6, 5, 1):
            body = field(number, body)
    return field(1, 8) + field(7, body)


NOT_ONNX = [
    Case("no ONNX", "empty", lambda: b"", "found 0 bytes"),
    Case("no ONNX", "text", lambda: b"a net, honestly\n" * 50, NO),
    Case("no ONNX", "web page", lambda: b"<!DOCTYPE html><html><body>404</body></html>", NO),
    Case("no ONNX", "Git LFS pointer", lambda: b"version https://git-lfs.github.com/spec/v1\n", NO),
    Case("no ONNX", "zip", lambda: b"PK\x03\x04" + bytes(100), NO),
    Case("no ONNX", "gzip", lambda: gzip.compress(same()), NO),
    Case("no ONNX", "pickle", lambda: b"\x80\x02}q\x00.", NO),
    Case("no ONNX", "onnxruntime's own format", flatbuffer, NO),
    Case("no ONNX", "cut", lambda: same()[:-20], NO),
    Case("no ONNX", "a byte too long", lambda: same() + b"\xff", NO),
    Case("no ONNX", "ones", lambda: b"\xff" * 64, NO),
    Case("no ONNX", "nested without end", lambda: nested(2000), NO),
    Case("no ONNX", "graph of no nodes", lambda: model(onnx().helper.make_graph([], "g", [], [])), "fail"),
]

# --- what the card cannot mean ----------------------------------------------------------------------------------------


def cyclic() -> bytes:
    return net(node("Add", ["raw", "z"], ["w"]), node("Identity", ["w"], ["z"]), node("Identity", ["w"], ["y"]))


def cast(to: int) -> bytes:
    return net(node("Cast", ["raw"], ["y"], to=to), dtype=to)


def sequence() -> bytes:
    out = onnx().helper.make_tensor_sequence_value_info("y", FLOAT, None)
    return net(node("SequenceConstruct", ["raw"], ["y"]), outputs=[out])


def maps() -> bytes:
    helper = onnx().helper
    key = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, []))
    out = helper.make_value_info("y", helper.make_sequence_type_proto(key))
    zipped = node("ZipMap", ["raw"], ["y"], domain="ai.onnx.ml", classlabels_int64s=list(range(16)))
    return net(zipped, outputs=[out], others=("ai.onnx.ml",))


def optional() -> bytes:
    helper = onnx().helper
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["n", 16]))
    return net(node("Optional", ["raw"], ["y"]), outputs=[helper.make_value_info("y", kind)])


def other_input(shape: list[Any], dtype: int = FLOAT) -> bytes:
    nodes = [node("Cast", ["x"], ["f"], to=FLOAT), node("Flatten", ["f"], ["y"])]
    return model(onnx().helper.make_graph(nodes, "g", [port("x", shape, dtype)], [port("y", None)]))


def renamed(new: bytes) -> bytes:
    """The output's name, of as many bytes, in every place."""
    name = "o" * len(new)
    made = net(node("Identity", ["raw"], [name]), outputs=[port(name, ["n", 16])])
    return made.replace(name.encode(), new)


CARD = [
    Case("ports", "no output", lambda: _no_output(), "fail"),
    Case("ports", "two inputs", lambda: _two_inputs(), "expected one input, the file has 2"),
    Case("ports", "two outputs", lambda: _two_outputs(), "output: expected one of y, y1, the card says None"),
    Case("ports", "sequence of templates", sequence, "output 'y': expected a tensor of floats, the file has seq("),
    Case("ports", "map of numbers", maps, "output 'y': expected a tensor of floats, the file has seq(map("),
    Case("ports", "optional template", optional, "output 'y': expected a tensor of floats, the file has optional("),
    Case("ports", "int64 output", lambda: cast(INT64), "of tensor(int64)"),
    Case("ports", "uint8 output", lambda: cast(2), "of tensor(uint8)"),
    Case("ports", "bool output", lambda: cast(BOOL), "of tensor(bool)"),
    Case("ports", "text output", lambda: cast(8), "of tensor(string)"),
    Case("ports", "float16 input", lambda: other_input(IMAGE, 10), "of tensor(float16)"),
    Case("ports", "uint8 input", lambda: other_input(IMAGE, 2), "of tensor(uint8)"),
    Case("ports", "colours last", lambda: other_input(["n", 32, 32, 3]), "the card says NCHW float [3, 32, 32]"),
    Case("ports", "another size", lambda: other_input(["n", 3, 112, 112]), "the file has ['n', 3, 112, 112]"),
    Case("ports", "grey", lambda: other_input(["n", 1, 32, 32]), "the file has ['n', 1, 32, 32]"),
    Case("ports", "three axes", lambda: other_input([3, 32, 32]), "the file has [3, 32, 32]"),
    Case("ports", "huge declared input", lambda: other_input([2**40, 3, 2**40, 2**40]), "fail"),
    Case("ports", "another length", lambda: net(*_wider(), out=["n", 32]), "the card says 16, the file has 32"),
    Case(
        "ports",
        "another length, undeclared",
        lambda: net(*_wider(), out=["n", "d"]),
        "the card says 16, the file has 32",
    ),
    Case("ports", "huge declared output", lambda: same(out=["n", 2**40, 2**20]), "tiny: passed", accepted=True),
    Case("ports", "a line break in a name", lambda: renamed(b"y\nok    passed"), "tiny: passed", accepted=True),
    Case("ports", "escapes in a name", lambda: renamed(b"\x1b[2Jy"), "fail", more=(("\n[pre", 'output = "z"\n[pre'),)),
    Case("ports", "a name that is no UTF-8", lambda: renamed(b"y\xff\xfe"), "fail"),
    Case(
        "versions", "IR version 99", lambda: same(ir=99), "Unsupported model IR version: 99, max supported IR version"
    ),
    Case("versions", "operators 99", lambda: same(opset=99), "Opset 99"),
    Case("graph", "operation of a vendor", lambda: net(node("Own", ["raw"], ["y"])), "standard ONNX operators"),
    Case("graph", "domain of a vendor", lambda: net(node("O", ["raw"], ["y"], domain="v"), others=("v",)), "fail"),
    Case("graph", "cycle", cyclic, "fail"),
    Case("graph", "value that nothing gives", lambda: net(node("Add", ["raw", "z"], ["y"])), "fail"),
    Case("graph", "one name twice", lambda: net(node("Neg", ["raw"], ["raw"]), node("Neg", ["raw"], ["y"])), "fail"),
    Case("graph", "data shorter than declared", lambda: _short(), "fail"),
]


def _no_output() -> bytes:
    return model(onnx().helper.make_graph([node("Neg", ["x"], ["y"])], "g", [port("x", IMAGE)], []))


def _two_inputs() -> bytes:
    return net(node("Add", ["raw", "z"], ["y"]), inputs=[port("x", IMAGE), port("z", ["n", 16])])


def _two_outputs() -> bytes:
    outputs = [port("y", ["n", 16]), port("y1", ["n", 16])]
    return net(node("Identity", ["raw"], ["y"]), node("Neg", ["raw"], ["y1"]), outputs=outputs)


def _wider() -> list[Any]:
    return [node("Concat", ["raw", "raw"], ["y"], axis=1)]


def _short() -> bytes:
    made = onnx().load_model_from_string(same())
    made.graph.initializer[2].raw_data = b"\0" * 8
    return bytes(made.SerializeToString())


# --- time and memory --------------------------------------------------------------------------------------------------


def endless(trips: str = "") -> bytes:
    helper = onnx().helper
    body = helper.make_graph(
        [node("Identity", ["go"], ["again"]), node("Identity", ["a"], ["b"])],
        "body",
        [port("i", [], INT64), port("go", [], BOOL), port("a", None)],
        [port("again", [], BOOL), port("b", None)],
    )
    loop = node("Loop", [trips, "yes", "raw"], ["y"], body=body)
    return net(loop, constants={"yes": np.array(True), "most": np.array(2**62)})


def product(side: int) -> bytes:
    """One operation of 2 * side^3 steps, which nothing interrupts; its inputs are not constants."""
    nodes = [
        node("ReduceSum", ["raw"], ["one"], keepdims=0),
        node("Expand", ["one", "square"], ["big"]),
        node("MatMul", ["big", "big"], ["huge"]),
        node("ReduceMax", ["huge"], ["most"], keepdims=0),
        node("Add", ["raw", "most"], ["y"]),
    ]
    return net(*nodes, constants={"square": np.array([side, side])})


def large(side: int, constant: bool) -> bytes:
    """An array of side x side float32."""
    first = node("ConstantOfShape", ["shape"], ["big"]) if constant else node("Expand", ["one", "shape"], ["big"])
    nodes = [node("ReduceSum", ["raw"], ["one"], keepdims=0), first, node("ReduceMax", ["big"], ["m"], keepdims=0)]
    return net(*nodes, node("Add", ["raw", "m"], ["y"]), constants={"shape": np.array([side, side])})


ENDLESS = "did not end within"

COST = [
    Case("time", "loop without end", endless, ENDLESS),
    Case("time", "loop of 2^62 turns", lambda: endless("most"), ENDLESS),
    Case("time", "one product of hours", lambda: product(20_000), "fail"),
    Case("memory", "array of 2^50 bytes", lambda: large(2**24, False), "fail"),
    Case("memory", "constant of 2^50 bytes", lambda: large(2**24, True), "fail"),
]

# --- numbers ----------------------------------------------------------------------------------------------------------


def times(value: float) -> bytes:
    return net(node("Mul", ["raw", "c"], ["y"]), constants={"c": np.float32(value)})


def constant(value: float) -> bytes:
    nodes = [node("Mul", ["raw", "none"], ["zero"]), node("Add", ["zero", "c"], ["y"])]
    return net(*nodes, constants={"none": np.float32(0), "c": np.full(16, value, np.float32)})


def noisy(scale: float) -> bytes:
    nodes = [node("RandomNormalLike", ["raw"], ["noise"], scale=float(scale)), node("Add", ["raw", "noise"], ["y"])]
    return net(*nodes)


def centred() -> bytes:
    """Batch statistics: the outputs less their mean over the batch."""
    nodes = [node("ReduceMean", ["raw"], ["mean"], axes=[0], keepdims=1), node("Sub", ["raw", "mean"], ["y"])]
    return net(*nodes)


def warped(axis: str) -> bytes:
    """Each output with a hundredth of the batch's largest, or of all before it, in it."""
    constants = {"c": np.float32(0.01), "zero": np.array(0)}
    first = (
        node("CumSum", ["raw", "zero"], ["more"])
        if axis == "place"
        else node("ReduceMax", ["raw"], ["more"], axes=[0], keepdims=1)
    )
    return net(first, node("Mul", ["more", "c"], ["less"]), node("Add", ["raw", "less"], ["y"]), constants=constants)


def quantised() -> bytes:
    """To eight bits, on a scale that the whole batch decides."""
    nodes = [node("DynamicQuantizeLinear", ["raw"], ["q", "s", "z"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])]
    return net(*nodes)


def inner_batch() -> bytes:
    return net(node("Reshape", ["raw", "one"], ["y"]), constants={"one": np.array([1, 16])})


L2 = (('similarity = "cosine"', 'similarity = "negative-l2"'),)
ONE = "takes one picture at a time"

NUMBERS = [
    Case("numbers", "NaN", lambda: times(np.nan), "46 of 46 not finite"),
    Case("numbers", "infinite", lambda: times(np.inf), "46 of 46 not finite"),
    Case("numbers", "1e20, L2", lambda: times(1e20), "46 of 46 longer than 1e+12", more=L2),
    Case("numbers", "1e20, cosine", lambda: times(1e20), "46 of 46 longer than 1e+12"),
    Case("numbers", "denormal", lambda: times(1e-42), "shorter than 1e-12", more=L2),
    Case("numbers", "zero", lambda: times(0), "46 of 46 zero"),
    Case("numbers", "constant", lambda: constant(1), "the same template"),
    Case("numbers", "constant of 1e6, L2", lambda: constant(1e6), "the same template", more=L2),
    Case("numbers", "double beyond float32", lambda: _double(), "not finite", more=L2),
    Case("repetition", "noise", lambda: noisy(50.0), "its templates cannot be repeated"),
    Case("repetition", "little noise", lambda: noisy(0.1), "its templates cannot be repeated"),
    Case("batch", "statistics of the batch", centred, "46 of 46 zero; takes one picture at a time"),
    Case("batch", "largest of the batch", lambda: warped("mates"), ONE, accepted=True),
    Case("batch", "place in the batch", lambda: warped("place"), ONE, accepted=True),
    Case("batch", "eight bits on a scale of the batch", quantised, ONE, accepted=True),
    Case("batch", "one picture, by a constant inside", inner_batch, ONE, accepted=True),
    Case("unusual", "float16 output", lambda: cast(10), "tiny: passed", accepted=True),
    Case("unusual", "double output", lambda: cast(11), "tiny: passed", accepted=True),
    Case("unusual", "both formats at once", both_formats, "tiny: passed", accepted=True),
    Case("unusual", "sound", same, "tiny: passed", accepted=True),
]


def _double() -> bytes:
    nodes = [node("Cast", ["raw"], ["d"], to=11), node("Mul", ["d", "c"], ["y"])]
    return net(*nodes, constants={"c": np.float64(1e200)}, dtype=11)


ONNX = [*OUTSIDE, *NOT_ONNX, *CARD, *COST, *NUMBERS]

# --- archives ---------------------------------------------------------------------------------------------------------

MEMBER = "weights/net.bin"
CONTENT = b"no weights " * 1000


def zipped(name: str = MEMBER, content: bytes = CONTENT, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as file:
        file.writestr(name, content)
    return out.getvalue()


def patched(data: bytes, local: int, central: int, value: bytes) -> bytes:
    """A zip of one member with bytes replaced in its local and central header, at these offsets."""
    made = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = made.index(mark) + offset
        made[at : at + len(value)] = value
    return bytes(made)


def tarred(name: str = MEMBER, kind: bytes = tarfile.REGTYPE, size: int | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/hostname"
        info.size = len(CONTENT) if kind == tarfile.REGTYPE else 0
        file.addfile(info, io.BytesIO(CONTENT))
        if size is not None:
            info.size = size
            out.write(info.tobuf())
    return gzip.compress(out.getvalue())


BAD = "cannot be read"

ARCHIVES = [
    Case("archive", "zip, cut", lambda: zipped()[:-30], BAD),
    Case(
        "archive",
        "zip, bomb by its header",
        lambda: patched(zipped(), 22, 24, b"\xff\xff\xff\xfe"),
        "unpacks to more than",
    ),
    Case("archive", "zip, more in it than it says", lambda: patched(zipped(), 22, 24, b"\x10\0\0\0"), "weights"),
    Case("archive", "zip, encrypted", lambda: patched(zipped(), 6, 8, b"\x01\0"), "found an encrypted one"),
    Case("archive", "zip, wrong CRC", lambda: patched(zipped(), 14, 16, b"\1\2\3\4"), "CRC"),
    Case("archive", "zip, unknown compression", lambda: patched(zipped(), 8, 10, b"\x63\0"), BAD),
    Case("archive", "zip, damaged data", lambda: patched(zipped(), 50, 2, b"\xff" * 2), BAD),
    Case("archive", "zip, paths that leave it", lambda: zipped("../../weights/net.bin"), "does not hold"),
    Case("archive", "zip, no zip", lambda: b"no zip at all", BAD),
    Case("archive", "zip, empty", lambda: b"", BAD),
    Case("archive", "zip, no weights in it", zipped, "net.bin"),
    Case("archive", "tar, cut", lambda: tarred()[:-40], BAD),
    Case("archive", "tar, link", lambda: tarred(kind=tarfile.SYMTYPE), "found a link or a folder"),
    Case("archive", "tar, bomb", lambda: tarred("other", size=2**40), "unpacks to more than"),
    Case("archive", "tar, no tar", lambda: b"no tar at all", BAD),
]
"""Of what a card pins: its package has the digest that the card says, and still must not be believed."""
