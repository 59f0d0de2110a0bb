"""A bidirectional GRU for many clients at once, each with weights of its own, and its backward pass.

The gates are torch.nn.GRU's (Cho et al. 2014, arXiv 1406.1078, with the reset gate behind the product):

    r = sigmoid(x W_ir + h W_hr)    z = sigmoid(x W_iz + h W_hz)    n = tanh(x W_in + r (h W_hn))
    h = n + z (h - n)

Per step only the products with h remain: the inputs' products and all weights' gradients are one product
over all steps. D counts clients x directions, the backward direction's steps are stored in its own order.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def stacked_gru(x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """Read x (G, N, T, W) forwards and backwards: (G, N, T, 2H).

    Weights by client and direction: w_ih (G, 2, 3H, W), w_hh (G, 2, 3H, H), both biases (G, 2, 3H), the gates
    in torch's order r, z, n.
    """
    clients, swipes, steps, width = x.shape
    hidden = w_hh.shape[3]
    rows = x.transpose(1, 2).reshape(clients, 1, steps * swipes, width)
    inputs = torch.matmul(rows, w_ih.transpose(2, 3)) + b_ih[:, :, None]
    inputs = _turned(inputs.view(clients, 2, steps, swipes, 3 * hidden))
    inputs = inputs.reshape(2 * clients, steps, swipes, 3 * hidden)
    states = _Recurrence.apply(inputs, w_hh.flatten(0, 1), b_hh.flatten(0, 1))
    both = _turned(states.view(clients, 2, steps, swipes, hidden))
    return both.permute(0, 3, 2, 1, 4).reshape(clients, swipes, steps, 2 * hidden)


def _turned(both: Tensor) -> Tensor:
    """(G, 2, T, ...): the second direction's steps in reverse."""
    return torch.stack([both[:, 0], both[:, 1].flip(1)], dim=1)


class _Recurrence(torch.autograd.Function):
    """From the gates' inputs (D, T, N, 3H) to the states (D, T, N, H)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, w_hh: Tensor, b_hh: Tensor) -> Tensor:
        directions, steps, swipes, _ = inputs.shape
        hidden = w_hh.shape[2]
        by_step = inputs.transpose(0, 1).contiguous()  # becomes the gates r, z, n
        news = inputs.new_empty(steps, directions, swipes, hidden)  # h W_hn
        states = inputs.new_zeros(steps + 1, directions, swipes, hidden)
        weights, biases = w_hh.transpose(1, 2).contiguous(), b_hh[:, None]
        for t in range(steps):
            gates, h = by_step[t], states[t]
            product = torch.baddbmm(biases, h, weights)
            rz, n = gates[..., : 2 * hidden], gates[..., 2 * hidden :]
            rz.add_(product[..., : 2 * hidden]).sigmoid_()
            news[t] = product[..., 2 * hidden :]
            n.addcmul_(rz[..., :hidden], news[t]).tanh_()
            torch.lerp(n, h, rz[..., hidden:], out=states[t + 1])
        ctx.save_for_backward(by_step, news, states, w_hh)
        return states[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        by_step, news, states, w_hh = ctx.saved_tensors
        steps, directions, swipes, hidden = news.shape
        wanted = gradient.transpose(0, 1).contiguous()
        r, z, n = by_step.split(hidden, dim=3)
        # What does not depend on the later steps, for all steps at once.
        of_z = (states[:-1] - n) * z * (1 - z)
        of_n = (1 - z) * (1 - n * n)
        of_r = news * r * (1 - r)
        inputs = torch.empty_like(by_step)  # gradients of the gates' inputs
        products = torch.empty_like(by_step)  # and of the products with h
        carried = wanted.new_zeros(directions, swipes, hidden)
        for t in range(steps - 1, -1, -1):
            dh = carried.add_(wanted[t])
            into, product = inputs[t], products[t]
            dn = torch.mul(dh, of_n[t], out=into[..., 2 * hidden :])
            torch.mul(dn, of_r[t], out=into[..., :hidden])
            torch.mul(dh, of_z[t], out=into[..., hidden : 2 * hidden])
            product[..., : 2 * hidden] = into[..., : 2 * hidden]
            torch.mul(dn, r[t], out=product[..., 2 * hidden :])
            carried = torch.baddbmm(dh.mul_(z[t]), product, w_hh)
        flat = products.transpose(0, 1).reshape(directions, steps * swipes, 3 * hidden)
        before = states[:-1].transpose(0, 1).reshape(directions, steps * swipes, hidden)
        return inputs.transpose(0, 1), torch.bmm(flat.transpose(1, 2), before), flat.sum(1)
