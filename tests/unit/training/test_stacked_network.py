"""The stacked network and its hand-written backward passes, against the network of one client, in float64."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from fedswipe.learning.architecture import Architecture
from fedswipe.swipe.layout import load_layout
from fedswipe.training.network import ConvGRU, fresh_weights, network_of
from fedswipe.training.stacked_convolutions import depthwise
from fedswipe.training.stacked_network import log_probs

ENGLISH = Architecture(load_layout("qwerty-en"))
CLIENTS, SWIPES = 3, 2


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    torch.testing.assert_close(found, alone, rtol=1e-9, atol=1e-9)


def test_its_gradients_are_each_clients_own(networks: list[ConvGRU]) -> None:
    features, parameters = drawn(CLIENTS, SWIPES, 64, ENGLISH.channels), stacked(networks)
    pull = drawn(CLIENTS, SWIPES, 32, ENGLISH.classes)
    found = torch.autograd.grad((log_probs(parameters, features) * pull).sum(), list(parameters.values()))
    for place, network in enumerate(networks):
        loss = (network(features[place]) * pull[place]).sum()
        wanted = torch.autograd.grad(loss, list(network.parameters()))
        for (name, _), of_stack, alone in zip(network.named_parameters(), found, wanted, strict=True):
            torch.testing.assert_close(of_stack[place], alone, rtol=1e-8, atol=1e-8, msg=name)


@pytest.mark.parametrize("steps", [1, 2, 3, 9])
def test_a_depthwise_convolution_may_be_shorter_than_its_taps(steps: int) -> None:
    x = drawn(1, steps, 2, 4).requires_grad_()
    weight, bias = drawn(1, 4, 1, 7).requires_grad_(), drawn(1, 4).requires_grad_()
    assert torch.autograd.gradcheck(depthwise, (x, weight, bias))
