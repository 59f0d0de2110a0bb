"""The ConvGRU for many clients at once: each parameter has a leading axis, one entry a client.

Equal layers of all clients are one batched product, which is what makes training many small clients fast.
`network.ConvGRU` is the same function of the same parameters for one client, layer by layer.
Here a step of all swipes lies before the next step of any, (G, T, N, W): neighbours in time are then the same
rows some places on, and nothing is copied to reach them.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, pad

from fedswipe.learning.architecture import BLOCKS, STRIDE, WIDTH
from fedswipe.learning.graph import NORM_EPSILON
from fedswipe.training.stacked_convolutions import depthwise, halving
from fedswipe.training.stacked_gru import stacked_gru

Parameters = Mapping[str, Tensor]


def log_probs(parameters: Parameters, features: Tensor) -> Tensor:
    """Features (G, N, 64, C) to log probabilities (G, N, 32, classes), class 0 the CTC blank."""
    x = gelu(_first(features, parameters["conv1.weight"], parameters["conv1.bias"]))
    x = gelu(halving(x, parameters["conv2.weight"], parameters["conv2.bias"]))
    for block in range(BLOCKS):
        x = _block(parameters, f"blocks.{block}", x)
    both = stacked_gru(x, *_gru_weights(parameters))
    return _head(both, parameters["head.weight"], parameters["head.bias"]).log_softmax(-1).transpose(1, 2)


def _first(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve features (G, N, T, C) over time: (G, T/2, N, 2W), two steps side by side for `halving`."""
    clients, swipes, steps, channels = features.shape
    taps = weight.shape[3]
    padded = pad(features, (0, 0, taps // 2, taps // 2))
    of_client, of_swipe, of_step, _ = padded.stride()
    windows = padded.as_strided(
        (clients, steps // STRIDE, swipes, STRIDE, taps * channels),
        (of_client, STRIDE * of_step, of_swipe, of_step, 1),
    )
    return _linear(windows.flatten(2, 3), weight.transpose(2, 3).flatten(2), bias).view(
        clients, steps // STRIDE, swipes, STRIDE * WIDTH
    )


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (G, T, N, in) times weight (G, out, in)."""
    rows = torch.baddbmm(bias[:, None], x.flatten(1, 2), weight.transpose(1, 2))
    return rows.view(*x.shape[:3], -1)


def _block(parameters: Parameters, name: str, x: Tensor) -> Tensor:
    """Residual block (Liu et al. 2022, arXiv 2201.03545) over (G, T, N, W)."""
    steps = depthwise(x, parameters[f"{name}.depthwise.weight"], parameters[f"{name}.depthwise.bias"])
    normed = layer_norm(steps, (WIDTH,), eps=NORM_EPSILON)
    scale, shift = (parameters[f"{name}.norm.{part}"][:, None, None] for part in ("weight", "bias"))
    steps = torch.addcmul(shift, normed, scale)
    wide = gelu(_linear(steps, parameters[f"{name}.expand.weight"], parameters[f"{name}.expand.bias"]))
    return x + _linear(wide, parameters[f"{name}.project.weight"], parameters[f"{name}.project.bias"])


def _gru_weights(parameters: Parameters) -> list[Tensor]:
    """Each of the GRU's four kinds of weights, both directions stacked behind the clients' axis."""
    return [
        torch.stack([parameters[f"gru.{kind}_l0"], parameters[f"gru.{kind}_l0_reverse"]], dim=1)
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]


def _head(both: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Both directions' states (G, 2, T, N, H), each in its own order, to (G, T, N, classes)."""
    clients, _, steps, swipes, hidden = both.shape
    by_direction = weight.view(clients, -1, 2, hidden).permute(0, 2, 3, 1)
    parts = torch.matmul(both.flatten(2, 3), by_direction).view(clients, 2, steps, swipes, -1)
    return parts[:, 0] + parts[:, 1].flip(1) + bias[:, None, None]
