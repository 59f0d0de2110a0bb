"""A bidirectional GRU for many clients at once, each with weights of its own, and its backward pass.

The gates are torch.nn.GRU's (Cho et al. 2014, arXiv 1406.1078, with the reset gate behind the product):

    r = sigmoid(x W_ir + h W_hr)    z = sigmoid(x W_iz + h W_hz)    n = tanh(x W_in + r (h W_hn))
    h = n + z (h - n)

Per step only the products with h remain: the inputs' products and all weights' gradients are one product
over all steps. D counts clients x directions; the backward direction reads its steps, and leaves its states,
in its own order: the last step first.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


def stacked_gru(x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """Read x (G, T, N, W) forwards and backwards: (G, 2, T, N, H).

    Weights by client and direction: w_ih (G, 2, 3H, W), w_hh (G, 2, 3H, H), both biases (G, 2, 3H), the gates
    in torch's order r, z, n.
    """
    both = torch.stack([x, x.flip(1)], dim=1).flatten(0, 1)
    weights = (weight.flatten(0, 1) for weight in (w_ih, w_hh, b_ih, b_hh))
    states: Tensor = _Recurrence.apply(both, *weights)
    return states.view(len(x), 2, *states.shape[1:])


class _Recurrence(torch.autograd.Function):
    """From x (D, T, N, W) to the states (D, T, N, H)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
        directions, steps, swipes, _ = x.shape
        hidden = w_hh.shape[2]
        gates = torch.baddbmm(b_ih[:, None], x.flatten(1, 2), w_ih.transpose(1, 2))
        gates = gates.view(directions, steps, swipes, 3 * hidden)  # of the inputs; becomes r, z, n
        news = x.new_empty(directions, steps, swipes, hidden)  # h W_hn
        states = x.new_zeros(directions, steps + 1, swipes, hidden)
        weights, biases = w_hh.transpose(1, 2).contiguous(), b_hh[:, None]
        parts = [2 * hidden, hidden]
        for t in range(steps):
            h, (rz, n) = states[:, t], torch.split(gates[:, t], parts, dim=2)
            into_rz, into_n = torch.split(torch.baddbmm(biases, h, weights), parts, dim=2)
            rz.add_(into_rz).sigmoid_()
            n.addcmul_(rz[..., :hidden], into_n)
            n.mul_(2).sigmoid_().mul_(2).sub_(1)  # tanh, which by itself takes several times as long
            news[:, t] = into_n
            torch.lerp(n, h, rz[..., hidden:], out=states[:, t + 1])
        ctx.save_for_backward(x, gates, news, states, w_ih, w_hh)
        return states[:, 1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        x, gates, news, states, w_ih, w_hh = ctx.saved_tensors
        hidden = news.shape[3]
        inputs = torch.empty_like(gates)  # gradients of the gates' inputs
        products = torch.empty_like(gates)  # and of the products with h
        carried = torch.zeros_like(news[:, 0])
        for t in range(news.shape[1] - 1, -1, -1):
            r, z, n = torch.split(gates[:, t], hidden, dim=2)
            of_r, of_z, of_n = torch.split(inputs[:, t], hidden, dim=2)
            dh = carried.add_(gradient[:, t])
            kept = dh * z
            of_new = dh - kept
            torch.addcmul(of_new, of_new, n.square(), value=-1, out=of_n)
            sigmoid_backward(dh * (states[:, t] - n), z, grad_input=of_z)
            sigmoid_backward(of_n * news[:, t], r, grad_input=of_r)
            product = products[:, t]
            product[..., : 2 * hidden] = inputs[:, t, :, : 2 * hidden]
            torch.mul(of_n, r, out=product[..., 2 * hidden :])
            carried = torch.baddbmm(kept, product, w_hh)
        of_inputs, of_products = inputs.flatten(1, 2), products.flatten(1, 2)
        before = states[:, :-1].flatten(1, 2)
        return (
            torch.bmm(of_inputs, w_ih).view_as(x),
            torch.bmm(of_inputs.transpose(1, 2), x.flatten(1, 2)),
            torch.bmm(of_products.transpose(1, 2), before),
            of_inputs.sum(1),
            of_products.sum(1),
        )
