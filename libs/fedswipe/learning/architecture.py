"""The ConvGRU's parameters: their names, shapes and order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.layout import Layout
from fedswipe.swipe.steps import channels

WIDTH = 96  # channels of the convolutions and units of the GRU in each direction
EXPANDED = 192  # inner width of a ConvNeXt block
BLOCKS = 2
STRIDE = 2  # 64 input steps become 32 output steps

SEARCH_NAMES = ("search.unigram", "search.length", "search.scale")


@dataclass(frozen=True, eq=False)
class Architecture:
    """What a model of one layout consists of.

    The names are those of torch's ``state_dict``. Three scalars that weigh the search
    (``search.*``, shape ``()``) travel with the network as ordinary tensors and are federated like it.
    """

    layout: Layout

    @property
    def channels(self) -> int:
        """Features a point has: the network's input width."""
        return channels(self.layout)

    @property
    def classes(self) -> int:
        """One class a key and the CTC blank, which is class 0."""
        return self.layout.classes

    @cached_property
    def network_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name to shape of the network's own parameters, in order."""
        shapes: dict[str, tuple[int, ...]] = {
            "conv1.weight": (WIDTH, self.channels, 5),
            "conv1.bias": (WIDTH,),
            "conv2.weight": (WIDTH, WIDTH, 5),
            "conv2.bias": (WIDTH,),
        }
        for block in range(BLOCKS):
            shapes |= _block_shapes(f"blocks.{block}")
        for direction in ("", "_reverse"):
            shapes |= _gru_shapes(direction)
        return shapes | {"head.weight": (self.classes, 2 * WIDTH), "head.bias": (self.classes,)}

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name to shape of every parameter, the search's scalars last; this order is that of ``join``."""
        return self.network_shapes | dict.fromkeys(SEARCH_NAMES, ())

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each tensor has, in order."""
        return tuple(map(prod, self.shapes.values()))

    @cached_property
    def size(self) -> int:
        """How many numbers a model is."""
        return sum(self.sizes)

    def join(self, weights: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """All parameters as one float32 vector of ``size``."""
        return np.concatenate([np.ravel(weights[name]) for name in self.shapes]).astype(np.float32)

    def split(self, flat: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The inverse of ``join``; raises ``ValueError`` if ``flat`` is not a vector of ``size``."""
        if flat.shape != (self.size,):
            raise ValueError(f"flat weights have shape {flat.shape}, {self.layout.name} needs ({self.size},)")
        ends = np.cumsum([prod(shape) for shape in self.shapes.values()])
        parts = np.split(flat.astype(np.float32), ends[:-1])
        return {
            name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }


def _block_shapes(block: str) -> dict[str, tuple[int, ...]]:
    return {
        f"{block}.depthwise.weight": (WIDTH, 1, 7),
        f"{block}.depthwise.bias": (WIDTH,),
        f"{block}.norm.weight": (WIDTH,),
        f"{block}.norm.bias": (WIDTH,),
        f"{block}.expand.weight": (EXPANDED, WIDTH),
        f"{block}.expand.bias": (EXPANDED,),
        f"{block}.project.weight": (WIDTH, EXPANDED),
        f"{block}.project.bias": (WIDTH,),
    }


def _gru_shapes(direction: str) -> dict[str, tuple[int, ...]]:
    return {
        f"gru.weight_ih_l0{direction}": (3 * WIDTH, WIDTH),
        f"gru.weight_hh_l0{direction}": (3 * WIDTH, WIDTH),
        f"gru.bias_ih_l0{direction}": (3 * WIDTH,),
        f"gru.bias_hh_l0{direction}": (3 * WIDTH,),
    }
