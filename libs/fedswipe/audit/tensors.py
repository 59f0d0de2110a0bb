"""Says in which tensors two files of weights differ."""

from safetensors import SafetensorError
from safetensors import numpy as safetensors

UNREADABLE = "(no readable tensors)"


def differing(one: bytes, other: bytes) -> tuple[str, ...]:
    """Return the names of the tensors that are not the same bit for bit, or are in one file only."""
    try:
        a, b = safetensors.load(one), safetensors.load(other)
    except (SafetensorError, ValueError, KeyError, TypeError):  # a damaged header can be anything
        return (UNREADABLE,)
    names = sorted(a.keys() | b.keys())
    return tuple(
        name
        for name in names
        if name not in a
        or name not in b
        or (a[name].shape, a[name].dtype) != (b[name].shape, b[name].dtype)
        or a[name].tobytes() != b[name].tobytes()
    )
