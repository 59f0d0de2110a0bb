"""Convolutions over time for many clients at once, with their backward passes; x is (G, T, N, W).

Swipes' equal steps lie side by side, so the rows of the neighbouring step are N rows on: each tap is a
product with a part of x as it lies in memory, and the padding is what no part reaches.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def halving(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve pairs of steps (G, T, N, 2W) with five taps and a stride of 2: (G, T, N, out).

    weight (G, out, W, 5), bias (G, out). Output t reads the pair before its own, its own, and the first step
    of the pair behind.
    """
    found: Tensor = _Halving.apply(x, weight, bias)
    return found


def depthwise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve each channel of x (G, T, N, W) with its own taps: weight (G, W, 1, taps), bias (G, W)."""
    found: Tensor = _Depthwise.apply(x, weight, bias)
    return found


class _Halving(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        clients, steps, swipes, pair = x.shape
        rows = x.flatten(1, 2)
        taps = weight.permute(0, 3, 2, 1).flatten(1, 2)  # (G, 5W, out)
        ctx.save_for_backward(rows, taps)
        ctx.swipes = swipes
        found = torch.baddbmm(bias[:, None], rows, taps[:, pair : 2 * pair])
        found[:, swipes:].baddbmm_(rows[:, :-swipes], taps[:, :pair])
        found[:, :-swipes].baddbmm_(rows[:, swipes:, : pair // 2], taps[:, 2 * pair :])
        return found.view(clients, steps, swipes, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, taps = ctx.saved_tensors
        swipes, pair = ctx.swipes, rows.shape[2]
        out = gradient.flatten(1, 2)
        of_rows = torch.bmm(out, taps[:, pair : 2 * pair].transpose(1, 2))
        of_rows[:, :-swipes].baddbmm_(out[:, swipes:], taps[:, :pair].transpose(1, 2))
        of_rows[:, swipes:, : pair // 2].baddbmm_(out[:, :-swipes], taps[:, 2 * pair :].transpose(1, 2))
        across = rows.transpose(1, 2)
        parts = [
            torch.bmm(across[:, :, :-swipes], out[:, swipes:]),
            torch.bmm(across, out),
            torch.bmm(across[:, : pair // 2, swipes:], out[:, :-swipes]),
        ]
        of_weight = torch.cat(parts, dim=1).view(len(rows), 5, pair // 2, -1).permute(0, 3, 2, 1)
        return of_rows.view(*gradient.shape[:3], pair), of_weight, out.sum(1)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        taps = weight.squeeze(2).permute(2, 0, 1).contiguous()[:, :, None, None]  # (taps, G, 1, 1, W)
        ctx.save_for_backward(x, taps)
        found = bias[:, None, None].expand_as(x).contiguous()
        for tap, here, there in _reached(len(taps), x.shape[1]):
            found[:, here].addcmul_(x[:, there], taps[tap])
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, taps = ctx.saved_tensors
        of_x, of_taps = torch.zeros_like(x), torch.zeros_like(taps)
        for tap, here, there in _reached(len(taps), x.shape[1]):
            of_x[:, there].addcmul_(gradient[:, here], taps[tap])
            of_taps[tap] = (x[:, there] * gradient[:, here]).sum((1, 2), keepdim=True)
        of_weight = of_taps[:, :, 0].permute(1, 3, 2, 0)
        return of_x, of_weight, gradient.sum((1, 2))


def _reached(taps: int, steps: int) -> Iterator[tuple[int, slice, slice]]:
    """For each tap the steps that read by it, and the steps that they read: those that there are."""
    for tap in range(taps):
        shift = tap - taps // 2
        if abs(shift) >= steps:
            continue
        first, last = max(0, -shift), min(steps, steps - shift)
        yield tap, slice(first, last), slice(first + shift, last + shift)
