"""The ConvGRU in torch, for training."""

import torch
from torch import Tensor, nn

from fedswipe.learning.architecture import BLOCKS, EXPANDED, STRIDE, WIDTH, Architecture
from fedswipe.learning.graph import NORM_EPSILON
from fedswipe.learning.weights import Weights

DROPOUT = 0.1


class ConvNeXtBlock(nn.Module):
    """Residual block (Liu et al. 2022, arXiv 2201.03545) over (N, channels, time)."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)
        self.expand = nn.Linear(WIDTH, EXPANDED)
        self.project = nn.Linear(EXPANDED, WIDTH)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, time) to the same shape."""
        steps: Tensor = self.norm(self.depthwise(x).transpose(1, 2))
        change: Tensor = self.dropout(self.project(nn.functional.gelu(self.expand(steps))))
        return x + change.transpose(1, 2)


class ConvGRU(nn.Module):
    """Convolutions, two ConvNeXt blocks, a bidirectional GRU and a CTC head."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(architecture.channels, WIDTH, 5, padding=2)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 5, padding=2, stride=STRIDE)
        self.blocks = nn.Sequential(*(ConvNeXtBlock() for _ in range(BLOCKS)))
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(2 * WIDTH, architecture.classes)

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, 64, C) to log probabilities (N, 32, classes), class 0 the CTC blank."""
        x = nn.functional.gelu(self.conv1(features.transpose(1, 2)))
        x = self.blocks(nn.functional.gelu(self.conv2(x)))
        x, _ = self.gru(x.transpose(1, 2))
        logits: Tensor = self.head(self.dropout(x))
        return logits.log_softmax(-1)


def load_weights(network: ConvGRU, weights: Weights) -> None:
    """Put the network's parameters in place; the search's scalars stay outside torch."""
    state = {name: torch.tensor(weights[name]) for name in network.state_dict()}
    network.load_state_dict(state)


def read_weights(network: ConvGRU) -> Weights:
    """The network's parameters as arrays of their own memory, without the search's scalars."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}
