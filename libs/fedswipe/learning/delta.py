"""A client's delta, trained minus base weights, as the bytes that travel.

docs/aggregation.md compares the codecs.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaCodec, DeltaComputed
from fedswipe.learning import quantized, top_k
from fedswipe.learning.scaled import Sizes

DTYPES: dict[DeltaCodec, np.dtype[np.floating[Any]]] = {
    DeltaCodec.FP32: np.dtype("<f4"),
    DeltaCodec.FP16: np.dtype("<f2"),
}
BITS = {DeltaCodec.INT8: 8, DeltaCodec.INT4: 4}
LOSSY = frozenset({*BITS, DeltaCodec.TOPK})  # what they leave out is worth keeping: `error_feedback`

KIND = "deltas"  # of its object in the store: `<model id>/deltas/<sha256>`
_SHA256 = re.compile(r"[0-9a-f]{64}")


def names_content(delta: DeltaComputed, sizes: Sizes) -> bool:
    """Tell whether a delta's reference is one of tensors of these sizes, under the name its lineage gives it.

    So nobody is made to fetch what is larger, or lies elsewhere.
    """
    content = delta.content
    if content is None or _SHA256.fullmatch(content.sha256) is None:
        return False
    least, most = least_and_most_bytes(delta.codec, sizes)
    return content.key == f"{delta.model_id}/{KIND}/{content.sha256}" and least <= content.size <= most


def least_and_most_bytes(codec: DeltaCodec, sizes: Sizes) -> tuple[int, int]:
    """Return between which lengths a payload's is, both included."""
    if codec is DeltaCodec.TOPK:
        return top_k.least_and_most_bytes(sizes)
    if codec in BITS:
        length = quantized.payload_bytes(sizes, BITS[codec])
    else:
        length = sum(sizes) * DTYPES[codec].itemsize
    return length, length


def encode_delta(
    flat: NDArray[np.float32], codec: DeltaCodec, sizes: Sizes = (), share: float = top_k.SHARE
) -> bytes:
    """Return a float32 vector's bytes, little-endian; FP16 rounds to the nearest number that it has.

    INT8, INT4 and TOPK need the tensors' `sizes` (`Architecture.sizes`); of TOPK's numbers the `share` in
    (0, 1] is sent. ValueError when the sizes are another vector's. Raises InvalidMessage: `not_finite` when
    the vector holds NaN or infinity, `overflow` when a number is too large (about 65,520 for FP16).
    """
    if not np.isfinite(flat).all():
        raise InvalidMessage("not_finite", "delta: holds NaN or infinity; train with a smaller learning rate")
    if codec in LOSSY and sum(sizes) != len(flat):
        raise ValueError(f"{codec}: the tensors' sizes {tuple(sizes)} are not those of {len(flat)} numbers")
    if codec is DeltaCodec.TOPK:
        return top_k.encode(flat, sizes, share)
    if codec in BITS:
        return quantized.encode(flat, sizes, BITS[codec])
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and that is looked for
        coded = flat.astype(DTYPES[codec])
    if not np.isfinite(coded).all():
        raise InvalidMessage("overflow", f"delta: {np.abs(flat).max():g} is too large for {codec}; use FP32")
    return coded.tobytes()


def decode_delta(payload: bytes, codec: DeltaCodec, sizes: Sizes) -> NDArray[np.float32]:
    """Return a payload's float32 vector, exactly; FP32's and FP16's is not finite where the sender's was not.

    Raises InvalidMessage (`misshapen`) when it is no payload of this codec for tensors of these sizes. It
    takes the memory of a few vectors of such a model at most, and none for bytes of a wrong length.
    """
    return view_delta(payload, codec, sizes).astype(np.float32, copy=False)


def view_delta(payload: bytes, codec: DeltaCodec, sizes: Sizes) -> NDArray[np.floating[Any]]:
    """Return the same in the payload's own type: FP16's as float16; errors as above. It may be read-only."""
    if codec is DeltaCodec.TOPK:
        return top_k.decode(payload, sizes)
    if codec in BITS:
        return quantized.decode(payload, sizes, BITS[codec])
    size, dtype = sum(sizes), DTYPES[codec]
    if len(payload) != size * dtype.itemsize:
        raise InvalidMessage(
            "misshapen",
            f"payload: {len(payload)} bytes; {size} numbers in {codec} are {size * dtype.itemsize}",
        )
    return np.frombuffer(payload, dtype)
