"""The stacked network and its hand-written backward passes, against the network of one client, in float64."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d

from fedswipe.learning.architecture import Architecture
from fedswipe.swipe.layout import load_layout
from fedswipe.training.network import ConvGRU, fresh_weights, network_of
from fedswipe.training.stacked_convolutions import depthwise
from fedswipe.training.stacked_network import log_probs

ENGLISH = Architecture(load_layout("qwerty-en"))
CLIENTS, SWIPES = 3, 2


@pytest.fixture(scope="module")
def networks() -> list[ConvGRU]:
    return [network_of(ENGLISH, fresh_weights(ENGLISH, seed)).double() for seed in range(CLIENTS)]


def stacked(networks: list[ConvGRU]) -> dict[str, Tensor]:
    states = [network.state_dict() for network in networks]
    return {name: torch.stack([one[name] for one in states]).requires_grad_() for name in states[0]}


def drawn(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=shape))


def test_a_stack_is_each_clients_network(networks: list[ConvGRU]) -> None:
    features = drawn(CLIENTS, SWIPES, 64, ENGLISH.channels)
    found = log_probs(stacked(networks), features)
    alone = torch.stack([network(one) for network, one in zip(networks, features, strict=True)])
    np.testing.assert_allclose(found.detach(), alone.detach(), rtol=1e-9, atol=1e-9)


def test_its_gradients_are_each_clients_own(networks: list[ConvGRU]) -> None:
    features, parameters = drawn(CLIENTS, SWIPES, 64, ENGLISH.channels), stacked(networks)
    pull = drawn(CLIENTS, SWIPES, 32, ENGLISH.classes)
    found = torch.autograd.grad((log_probs(parameters, features) * pull).sum(), list(parameters.values()))
    for place, network in enumerate(networks):
        loss = (network(features[place]) * pull[place]).sum()
        wanted = torch.autograd.grad(loss, list(network.parameters()))
        for (name, _), of_stack, alone in zip(network.named_parameters(), found, wanted, strict=True):
            np.testing.assert_allclose(of_stack[place], alone, rtol=1e-8, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("steps", [1, 2, 3, 9])
def test_a_depthwise_convolution_may_be_shorter_than_its_taps(steps: int) -> None:
    """Against torch's own convolution: what it gives, and its gradients."""
    inputs = [drawn(1, steps, 2, 4), drawn(1, 4, 1, 7), drawn(1, 4)]
    x, weight, bias = (one.requires_grad_() for one in inputs)
    found = depthwise(x, weight, bias)
    plain = conv1d(x[0].permute(1, 2, 0), weight[0], bias[0], padding="same", groups=4).permute(2, 0, 1)[None]
    np.testing.assert_allclose(found.detach(), plain.detach(), rtol=1e-9, atol=1e-9)
    pull = drawn(*plain.shape)
    for of_found, of_plain in zip(
        torch.autograd.grad((found * pull).sum(), inputs),
        torch.autograd.grad((plain * pull).sum(), inputs),
        strict=True,
    ):
        np.testing.assert_allclose(of_found, of_plain, rtol=1e-9, atol=1e-9)
