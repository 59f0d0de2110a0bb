"""A client's delta, trained minus base weights, as the bytes that travel."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaCodec, DeltaComputed

DTYPES: dict[DeltaCodec, np.dtype[np.floating[Any]]] = {
    DeltaCodec.FP32: np.dtype("<f4"),
    DeltaCodec.FP16: np.dtype("<f2"),
}

KIND = "deltas"  # of its object in the store: `<model id>/deltas/<sha256>`
_SHA256 = re.compile(r"[0-9a-f]{64}")


def names_content(delta: DeltaComputed, size: int) -> bool:
    """Tell whether a delta's reference is one of `size` numbers, under the name that its lineage gives it.

    So nobody is made to fetch what is larger, or lies elsewhere.
    """
    content = delta.content
    return (
        content is not None
        and _SHA256.fullmatch(content.sha256) is not None
        and content.key == f"{delta.model_id}/{KIND}/{content.sha256}"
        and content.size == size * DTYPES[delta.codec].itemsize
    )


def encode_delta(flat: NDArray[np.float32], codec: DeltaCodec) -> bytes:
    """Return a float32 vector's bytes, little-endian; FP16 rounds to the nearest number that it has.

    Raises InvalidMessage: `not_finite` when the vector holds NaN or infinity, `overflow` when a number is
    too large for the codec (about 65,520 for FP16).
    """
    if not np.isfinite(flat).all():
        raise InvalidMessage("not_finite", "delta: holds NaN or infinity; train with a smaller learning rate")
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and that is looked for
        coded = flat.astype(DTYPES[codec])
    if not np.isfinite(coded).all():
        raise InvalidMessage("overflow", f"delta: {np.abs(flat).max():g} is too large for {codec}; use FP32")
    return coded.tobytes()


def decode_delta(payload: bytes, codec: DeltaCodec, size: int) -> NDArray[np.float32]:
    """Return the float32 (size,) vector of a payload; it is not finite where the sender's was not.

    Raises InvalidMessage (`misshapen`) when the payload is not `size` numbers long.
    """
    return view_delta(payload, codec, size).astype(np.float32)


def view_delta(payload: bytes, codec: DeltaCodec, size: int) -> NDArray[np.floating[Any]]:
    """Return the payload itself as a read-only (size,) vector of the codec's type; errors as above."""
    dtype = DTYPES[codec]
    if len(payload) != size * dtype.itemsize:
        raise InvalidMessage(
            "misshapen",
            f"payload: {len(payload)} bytes; {size} numbers in {codec} are {size * dtype.itemsize}",
        )
    return np.frombuffer(payload, dtype)
