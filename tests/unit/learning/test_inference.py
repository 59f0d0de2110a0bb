import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.inference import Network
from fedswipe.learning.weights import Weights
from fedswipe.swipe.layout import load_layout
from fedswipe.training.network import ConvGRU, network_of, read_weights


def some_weights(architecture: Architecture, seed: int) -> Weights:
    # Every parameter random, norms and biases too, so that a swapped pair cannot hide.
    random = np.random.default_rng(seed)
    shapes = architecture.shapes
    return {name: np.asarray(random.normal(0, 0.15, shape), np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("layout", ["qwerty-en", "jcuken-ru"])
@pytest.mark.parametrize("batch", [1, 7])
def test_onnxruntime_agrees_with_torch(layout: str, batch: int) -> None:
    architecture = Architecture(load_layout(layout))
    weights = some_weights(architecture, seed=1)
    features = np.random.default_rng(2).normal(size=(batch, 64, architecture.channels)).astype(np.float32)
    torch_network = network_of(architecture, weights)
    with torch.no_grad():
        expected = torch_network(torch.from_numpy(features)).numpy()
    log_probs = Network(architecture, weights).log_probs(features)
    assert log_probs.shape == (batch, 32, architecture.classes)
    assert log_probs.dtype == np.float32
    np.testing.assert_allclose(log_probs, expected, rtol=0, atol=1e-4)


def test_every_parameter_reaches_the_graph() -> None:
    architecture = Architecture(load_layout("qwerty-en"))
    weights = some_weights(architecture, seed=1)
    features = np.random.default_rng(2).normal(size=(1, 64, architecture.channels)).astype(np.float32)
    before = Network(architecture, weights).log_probs(features)
    for name in architecture.network_shapes:
        bump = np.random.default_rng(3).normal(0, 0.5, weights[name].shape).astype(np.float32)
        after = Network(architecture, weights | {name: weights[name] + bump}).log_probs(features)
        assert np.abs(after - before).max() > 1e-3, name


def test_torchs_parameters_are_the_architectures() -> None:
    architecture = Architecture(load_layout("qwerty-en"))
    network = ConvGRU(architecture)
    assert {name: array.shape for name, array in read_weights(network).items()} == architecture.network_shapes
    assert sum(parameter.numel() for parameter in network.parameters()) == 255_771


def test_inference_reports_to_nobody(tmp_path: Path) -> None:
    """A runtime that does writes its identifier and its queue into the home folder as soon as it loads."""
    # A fresh environment: onnxruntime also keeps quiet where CI is set.
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-P", "-c", "import fedswipe.learning.inference"]
    subprocess.run(command, env=environ | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
