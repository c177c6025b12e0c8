"""Linear with ONNX Runtime: 2 numbers in, 3 numbers out, for each row."""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

MOST_ROWS = 128


def graph() -> bytes:
    """A graph as `torch.onnx.export` writes it; yours is a file: open("model.onnx", "rb").read()."""
    weights = numpy_helper.from_array(np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32), "weights")
    bias = numpy_helper.from_array(np.array([0.5, 0.5, 0.5], dtype=np.float32), "bias")
    nodes = [
        helper.make_node("MatMul", ["data", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["result"]),
    ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["rows", 2])
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, ["rows", 3])
    linear_graph = helper.make_graph(nodes, "linear", [data], [result], [weights, bias])
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(linear_graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


options = onnxruntime.SessionOptions()
# On cores that others use, one thread is faster; on your own: OMP_NUM_THREADS=8 python server.py
options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
known = onnxruntime.get_available_providers()
providers = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in known]
session = onnxruntime.InferenceSession(graph(), options, providers=providers)


def linear(rows: np.ndarray) -> np.ndarray:
    return session.run(None, {"data": rows})[0]
