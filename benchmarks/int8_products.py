"""Whether a low-precision filter could pay: products of u8 and s8 beside float32, on this machine.

    OMP_NUM_THREADS=1 python benchmarks/int8_products.py

Millions of products of two templates per CPU second, one thread, least of some rounds that take turns: numpy's sgemm
on tiles of 512 x 512, and onnxruntime's MatMulInteger on blocks of 512 x 4096, whose integers are then still to be
compared with a floor. What a certified filter can win is less than the ratio: it also reads its candidates, and scores
them exactly.
"""

from __future__ import annotations

import sys

import numpy as np
import onnx
import onnxruntime
from all_pairs import least
from onnx import TensorProto, helper
from threadpoolctl import threadpool_limits

ROWS, COLUMNS, ROUNDS = 512, 4096, 7


def integer_product(right: np.ndarray, left: np.ndarray) -> onnxruntime.InferenceSession:
    """A net of one node: u8 (rows, dim) times the constant s8 (dim, columns)."""
    kinds = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8}
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", kinds[str(left.dtype)], left.shape)],
        [helper.make_tensor_value_info("c", TensorProto.INT32, [len(left), right.shape[1]])],
        [helper.make_tensor("b", kinds[str(right.dtype)], right.shape, right.tobytes(), raw=True)],
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"numpy {np.__version__}, onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}")
    print(f"Python {sys.version.split()[0]}\n\n| dim | sgemm, M/s | u8 x s8 | ratio |\n|---|---|---|---|")
    for dim in (128, 512):
        left, right = rng.standard_normal((ROWS, dim), np.float32), rng.standard_normal((COLUMNS, dim), np.float32)
        out = np.empty((ROWS, 512), np.float32)
        a = rng.integers(0, 255, (ROWS, dim)).astype(np.uint8)
        session = integer_product(rng.integers(-127, 128, (dim, COLUMNS)).astype(np.int8), a)

        def floats(left: np.ndarray = left, right: np.ndarray = right, out: np.ndarray = out) -> None:
            for column in range(0, COLUMNS, 512):
                np.matmul(left, right[column : column + 512].T, out=out)

        def integers(session: onnxruntime.InferenceSession = session, a: np.ndarray = a) -> None:
            session.run(None, {"a": a})

        with threadpool_limits(1):
            took = least({"float": floats, "integer": integers}, ROUNDS * 3)
        rates = [ROWS * COLUMNS / took[name] / 1e6 for name in ("float", "integer")]
        print(f"| {dim} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[1] / rates[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
