"""The ConvGRU for many clients at once: each parameter has a leading axis, one entry a client.

Equal layers of all clients are one batched product, which is what makes training many small clients fast.
`network.ConvGRU` is the same function of the same parameters for one client, layer by layer.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, pad

from fedswipe.learning.architecture import BLOCKS, STRIDE, WIDTH
from fedswipe.learning.graph import NORM_EPSILON
from fedswipe.training.stacked_gru import stacked_gru

Parameters = Mapping[str, Tensor]


def log_probs(parameters: Parameters, features: Tensor) -> Tensor:
    """Features (G, N, 64, C) to log probabilities (G, N, 32, classes), class 0 the CTC blank."""
    x = gelu(_conv(features, parameters["conv1.weight"], parameters["conv1.bias"], 1))
    x = gelu(_conv(x, parameters["conv2.weight"], parameters["conv2.bias"], STRIDE))
    for block in range(BLOCKS):
        x = _block(parameters, f"blocks.{block}", x)
    x = stacked_gru(x, *_gru_weights(parameters))
    return _linear(x, parameters["head.weight"], parameters["head.bias"]).log_softmax(-1)


def _conv(x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    """Convolve x (G, N, T, C) over time with weight (G, out, C, taps), padded to keep its length."""
    taps = weight.shape[3]
    padded = pad(x, (0, 0, taps // 2, taps // 2))
    windows = torch.cat([padded[:, :, tap : tap + x.shape[2] : stride] for tap in range(taps)], dim=3)
    return _linear(windows, weight.transpose(2, 3).flatten(2), bias)


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (G, N, T, in) times weight (G, out, in)."""
    rows = torch.baddbmm(bias[:, None], x.flatten(1, 2), weight.transpose(1, 2))
    return rows.view(*x.shape[:3], -1)


def _block(parameters: Parameters, name: str, x: Tensor) -> Tensor:
    """Residual block (Liu et al. 2022, arXiv 2201.03545) over (G, N, T, W)."""
    steps = _depthwise(x, parameters[f"{name}.depthwise.weight"], parameters[f"{name}.depthwise.bias"])
    normed = layer_norm(steps, (WIDTH,), eps=NORM_EPSILON)
    scale, shift = (parameters[f"{name}.norm.{part}"][:, None, None] for part in ("weight", "bias"))
    steps = torch.addcmul(shift, normed, scale)
    wide = gelu(_linear(steps, parameters[f"{name}.expand.weight"], parameters[f"{name}.expand.bias"]))
    return x + _linear(wide, parameters[f"{name}.project.weight"], parameters[f"{name}.project.bias"])


def _depthwise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve each channel of x (G, N, T, W) over time with its own taps: weight (G, W, 1, taps)."""
    clients, swipes, steps, width = x.shape
    channels = x.permute(1, 0, 3, 2).reshape(swipes, clients * width, steps)
    mixed = torch.nn.functional.conv1d(
        channels, weight.flatten(0, 1), bias.flatten(), padding=weight.shape[3] // 2, groups=clients * width
    )
    return mixed.view(swipes, clients, width, steps).permute(1, 0, 3, 2)


def _gru_weights(parameters: Parameters) -> list[Tensor]:
    """Each of the GRU's four kinds of weights, both directions stacked behind the clients' axis."""
    return [
        torch.stack([parameters[f"gru.{kind}_l0"], parameters[f"gru.{kind}_l0_reverse"]], dim=1)
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
