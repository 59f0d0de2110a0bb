"""The ConvGRU in torch, for training."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fedswipe.learning.architecture import BLOCKS, EXPANDED, STRIDE, WIDTH, Architecture
from fedswipe.learning.graph import NORM_EPSILON
from fedswipe.learning.weights import Weights


class ConvNeXtBlock(nn.Module):
    """Residual block (Liu et al. 2022, arXiv 2201.03545) over (N, channels, time)."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)
        self.expand = nn.Linear(WIDTH, EXPANDED)
        self.project = nn.Linear(EXPANDED, WIDTH)

    def forward(self, x: Tensor, drop: Tensor | None = None) -> Tensor:
        """(N, channels, time) to the same shape; ``drop`` (N, time, channels) scales what is added."""
        steps: Tensor = self.norm(self.depthwise(x).transpose(1, 2))
        change: Tensor = self.project(nn.functional.gelu(self.expand(steps)))
        return x + (change if drop is None else change * drop).transpose(1, 2)


class ConvGRU(nn.Module):
    """Convolutions, two ConvNeXt blocks, a bidirectional GRU and a CTC head."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(architecture.channels, WIDTH, 5, padding=2)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 5, padding=2, stride=STRIDE)
        self.blocks = nn.ModuleList(ConvNeXtBlock() for _ in range(BLOCKS))
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * WIDTH, architecture.classes)

    def forward(self, features: Tensor, drop: Sequence[Tensor] | None = None) -> Tensor:
        """Features (N, 64, C) to log probabilities (N, 32, classes), class 0 the CTC blank.

        drop: the factors of `draw_dropout`; None trains or reads without dropout.
        """
        x = nn.functional.gelu(self.conv1(features.transpose(1, 2)))
        x = nn.functional.gelu(self.conv2(x))
        for number, block in enumerate(self.blocks):
            x = block(x, None if drop is None else drop[number])
        x, _ = self.gru(x.transpose(1, 2))
        logits: Tensor = self.head(x if drop is None else x * drop[BLOCKS])
        return logits.log_softmax(-1)


def network_of(architecture: Architecture, weights: Weights, device: str = "cpu") -> ConvGRU:
    """A network with copies of these weights; the search's scalars stay outside torch."""
    with torch.device("meta"):  # draws no random weights that nobody would use
        network = ConvGRU(architecture)
    state = {name: torch.tensor(weights[name], device=device) for name in network.state_dict()}
    network.load_state_dict(state, assign=True)
    return network


def read_weights(network: ConvGRU) -> Weights:
    """The network's parameters as arrays of their own memory, without the search's scalars."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}


def fresh_weights(architecture: Architecture, seed: int) -> Weights:
    """Torch's own random initialisation, by this seed; the caller's generator is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return read_weights(ConvGRU(architecture))
