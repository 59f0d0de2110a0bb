"""Dropout whose factors are drawn by the caller, so that the same seed drops the same in any thread."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from fedswipe.learning.architecture import BLOCKS, STRIDE, WIDTH
from fedswipe.swipe.steps import STEPS

ODDS = 26  # of 256 values are dropped: one in ten


def draw_dropout(swipes: int, random: Generator) -> list[Tensor]:
    """Factors for `ConvGRU.forward`: (N, 32, W) behind each block and (N, 32, 2W) before the head.

    A factor is 0, or what keeps the mean (Srivastava et al. 2014, JMLR 15).
    """
    widths = [*[WIDTH] * BLOCKS, 2 * WIDTH]
    return [_factors((swipes, STEPS // STRIDE, width), random) for width in widths]


def _factors(shape: Sequence[int], random: Generator) -> Tensor:
    drawn = np.frombuffer(random.bytes(int(np.prod(shape))), np.uint8)
    kept = (drawn >= ODDS).astype(np.float32) * np.float32(256 / (256 - ODDS))
    return torch.from_numpy(kept.reshape(shape))
