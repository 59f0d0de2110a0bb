"""The network for serving: onnxruntime, no torch."""

import os

import numpy as np
from numpy.typing import NDArray

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.graph import INPUT, OUTPUT, prepared_graph, with_weights
from fedswipe.learning.weights import Weights

# Read once, while the library loads; without it 1.29 and later report home, see docs/adr/0038.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # type: ignore[import-untyped]  # onnxruntime ships no types


class Network:
    """One model, ready to read swipes; a new model is a new ``Network``."""

    def __init__(self, architecture: Architecture, weights: Weights, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        model = with_weights(prepared_graph(architecture), weights)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def log_probs(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (N, 64, C) to log probabilities (N, 32, classes), class 0 the CTC blank."""
        (result,) = self._session.run([OUTPUT], {INPUT: features})
        return np.asarray(result)
