"""A model's weights: named float32 arrays and their bytes (safetensors)."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from fedswipe.learning.architecture import SEARCH_NAMES, Architecture
from fedswipe.swipe.search_weights import SearchWeights

LEAST_SCALE = 0.05  # below it the shown probabilities are all alike
Weights = dict[str, NDArray[np.float32]]


class WeightsError(ValueError):
    """These bytes or arrays are not a model of this architecture; the message names the tensor."""


def to_bytes(weights: Weights) -> bytes:
    """Safetensors without metadata, names sorted: equal tensors give equal bytes."""
    return safetensors.save({name: np.asarray(weights[name], order="C") for name in sorted(weights)})


def read_tensors(data: bytes) -> dict[str, NDArray[Any]]:
    """Read named arrays of any kind; ``WeightsError`` when these bytes are none.

    Takes 30 times the data's memory at most, and 1 MB, whatever lengths and shapes the header declares.
    """
    try:
        return dict(safetensors.load(data))
    except (
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:  # unknown types, too large or odd shapes
        raise WeightsError(f"not a safetensors file: {error}") from error


def from_bytes(data: bytes, architecture: Architecture) -> Weights:
    """Read and verify a model; ``WeightsError`` on a wrong name, shape, dtype or a non-finite value."""
    weights: Weights = read_tensors(data)
    verify(weights, architecture)
    return {name: weights[name] for name in architecture.shapes}


def verify(weights: Weights, architecture: Architecture) -> None:
    """Raise ``WeightsError`` unless these are finite float32 arrays of exactly these shapes."""
    layout = architecture.layout.name
    if missing := architecture.shapes.keys() - weights.keys():
        raise WeightsError(f"{layout} lacks the tensors {sorted(missing)}")
    if extra := weights.keys() - architecture.shapes.keys():
        raise WeightsError(f"{layout} does not know the tensors {sorted(extra)}")
    for name, shape in architecture.shapes.items():
        array = weights[name]
        if array.shape != shape or array.dtype != np.float32:
            raise WeightsError(f"{name} is {array.dtype}{array.shape}, {layout} needs float32{shape}")
        if not np.isfinite(array).all():
            raise WeightsError(f"{name} holds NaN or infinity")


def sha256(data: bytes) -> str:
    """The hexadecimal SHA-256 of a model's bytes, its name in the store."""
    return hashlib.sha256(data).hexdigest()


def search_weights(weights: Weights) -> SearchWeights:
    """The search's scalars that travel with the model, each read as the nearest value that makes sense.

    A mean of deltas may step past a bound (a rare word is never the likelier one, a scale never negative);
    such a model is served all the same, or one step too far would end its lineage.
    """
    unigram, length, scale = (float(weights[name]) for name in SEARCH_NAMES)
    return SearchWeights(unigram=max(unigram, 0.0), length=length, scale=max(scale, LEAST_SCALE))


def with_search(weights: Weights, search: SearchWeights) -> Weights:
    """The same network with other search weights."""
    values = (search.unigram, search.length, search.scale)
    return weights | {
        name: np.array(value, np.float32) for name, value in zip(SEARCH_NAMES, values, strict=True)
    }
