"""The ConvGRU as an ONNX graph, built by hand: one initializer for each of the network's parameters.

An initializer has its parameter's name. Its value is the parameter's own array, except for two
kinds that ONNX lays out otherwise:

- ``*.expand.weight``, ``*.project.weight`` and ``head.weight`` are transposed: MatMul multiplies from the
  right;
- the GRU's two directions are stacked under the forward direction's name, their gates reordered from
  torch's reset, update, new (r, z, n) to ONNX's update, reset, hidden (z, r, h), and the two biases of a
  direction are joined under ``gru.bias_ih_l0``.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from fedswipe.learning.architecture import BLOCKS, STRIDE, WIDTH, Architecture
from fedswipe.learning.weights import Weights
from fedswipe.swipe.steps import STEPS

INPUT, OUTPUT = "features", "log_probs"
NORM_EPSILON = 1e-6
_OPSET = 20  # the first with Gelu
_IR_VERSION = 9  # the one released with that opset


def prepared_graph(architecture: Architecture) -> ModelProto:
    """Features float32 (N, 64, C) to log probabilities float32 (N, 32, classes), without initializers yet."""
    graph = helper.make_graph(
        _nodes(),
        "conv-gru",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", STEPS, architecture.channels])],
        [
            helper.make_tensor_value_info(
                OUTPUT, TensorProto.FLOAT, ["N", STEPS // STRIDE, architecture.classes]
            )
        ],
        [numpy_helper.from_array(np.array([0, 0, 2 * WIDTH], dtype=np.int64), "gru.flat")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def with_weights(prepared: ModelProto, weights: Weights) -> bytes:
    """The prepared graph, serialised with these weights as its initializers."""
    model = ModelProto()
    model.CopyFrom(prepared)
    arrays = initializers(weights)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    data: bytes = model.SerializeToString()
    return data


def initializers(weights: Weights) -> dict[str, NDArray[np.float32]]:
    """ONNX's arrays by initializer name; the module's docstring says how they come from the parameters."""
    arrays = {name: array for name, array in weights.items() if not name.startswith(("search.", "gru."))}
    for name in arrays:
        if name.endswith(("expand.weight", "project.weight", "head.weight")):
            arrays[name] = np.ascontiguousarray(arrays[name].T)
    for part in ("weight_ih_l0", "weight_hh_l0"):
        arrays[f"gru.{part}"] = np.stack([_gates(weights[f"gru.{part}{way}"]) for way in ("", "_reverse")])
    arrays["gru.bias_ih_l0"] = np.stack(
        [
            np.concatenate([_gates(weights[f"gru.{part}{way}"]) for part in ("bias_ih_l0", "bias_hh_l0")])
            for way in ("", "_reverse")
        ]
    )
    return arrays


def _gates(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    reset, update, new = np.split(rows, 3)
    return np.concatenate([update, reset, new])


def _nodes() -> list[NodeProto]:
    node = helper.make_node
    return [
        node("Transpose", [INPUT], ["x"], perm=[0, 2, 1]),
        node("Conv", ["x", "conv1.weight", "conv1.bias"], ["conv1"], pads=[2, 2]),
        node("Gelu", ["conv1"], ["conv1.gelu"]),
        node("Conv", ["conv1.gelu", "conv2.weight", "conv2.bias"], ["conv2"], pads=[2, 2], strides=[STRIDE]),
        node("Gelu", ["conv2"], ["blocks.0.in"]),
        *(step for block in range(BLOCKS) for step in _block(f"blocks.{block}", f"blocks.{block + 1}.in")),
        node("Transpose", [f"blocks.{BLOCKS}.in"], ["gru.in"], perm=[2, 0, 1]),
        node(
            "GRU",
            ["gru.in", "gru.weight_ih_l0", "gru.weight_hh_l0", "gru.bias_ih_l0"],
            ["gru.out"],
            direction="bidirectional",
            hidden_size=WIDTH,
            linear_before_reset=1,
        ),
        node("Transpose", ["gru.out"], ["gru.batch"], perm=[2, 0, 1, 3]),
        node("Reshape", ["gru.batch", "gru.flat"], ["head.in"]),
        *_linear("head", "head.in", "head.out"),
        node("LogSoftmax", ["head.out"], [OUTPUT], axis=-1),
    ]


def _block(name: str, output: str) -> list[NodeProto]:
    """Residual ConvNeXt block (Liu et al. 2022, arXiv 2201.03545) over time."""
    node = helper.make_node
    return [
        node(
            "Conv",
            [f"{name}.in", f"{name}.depthwise.weight", f"{name}.depthwise.bias"],
            [f"{name}.mixed"],
            pads=[3, 3],
            group=WIDTH,
        ),
        node("Transpose", [f"{name}.mixed"], [f"{name}.steps"], perm=[0, 2, 1]),
        node(
            "LayerNormalization",
            [f"{name}.steps", f"{name}.norm.weight", f"{name}.norm.bias"],
            [f"{name}.normed"],
            epsilon=NORM_EPSILON,
        ),
        *_linear(f"{name}.expand", f"{name}.normed", f"{name}.wide"),
        node("Gelu", [f"{name}.wide"], [f"{name}.gelu"]),
        *_linear(f"{name}.project", f"{name}.gelu", f"{name}.narrow"),
        node("Transpose", [f"{name}.narrow"], [f"{name}.change"], perm=[0, 2, 1]),
        node("Add", [f"{name}.in", f"{name}.change"], [output]),
    ]


def _linear(name: str, source: str, output: str) -> list[NodeProto]:
    product = f"{name}.product"
    return [
        helper.make_node("MatMul", [source, f"{name}.weight"], [product]),
        helper.make_node("Add", [product, f"{name}.bias"], [output]),
    ]
