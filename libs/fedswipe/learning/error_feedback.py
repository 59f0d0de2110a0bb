"""Error feedback: what a lossy codec leaves out of one delta is carried to the next.

Seide et al., "1-Bit Stochastic Gradient Descent", Interspeech 2014; Karimireddy et al., arXiv 1901.09847.
"""

import numpy as np
from numpy.typing import NDArray

from fedswipe.events import DeltaCodec
from fedswipe.learning.delta import LOSSY, decode_delta, encode_delta
from fedswipe.learning.scaled import Sizes
from fedswipe.learning.top_k import SHARE


class ErrorFeedback:
    """Encodes deltas of one model one after another. Whoever trains keeps it for as long as he likes.

    `residual` (float64, the model's size) is the sum of weight x delta so far minus the sum of weight x what
    was decoded, so deltas of other weights add up as the aggregator adds them. FP32 and FP16 carry nothing.
    """

    def __init__(self, codec: DeltaCodec, sizes: Sizes, share: float = SHARE) -> None:
        self.residual = np.zeros(sum(sizes))
        self._codec = codec
        self._sizes = sizes
        self._share = share

    def encode(self, delta: NDArray[np.float32], weight: int) -> bytes:
        """Return the payload of a delta, with what earlier ones left; `weight` is its examples, 1 or more.

        Raises as `encode_delta`; the residual is then as it was.
        """
        if self._codec not in LOSSY:
            return encode_delta(delta, self._codec)
        carried = self._carried(delta, weight)
        payload = encode_delta((delta + carried).astype(np.float32), self._codec, self._sizes, self._share)
        sent = decode_delta(payload, self._codec, self._sizes)
        self.residual += weight * (delta.astype(np.float64) - sent)
        return payload

    def _carried(self, delta: NDArray[np.float32], weight: int) -> NDArray[np.float64]:
        """Return residual / weight, or as much as is 1/share times as long as the delta: the rest waits.

        That much waits where each number goes once in 1/share deltas. Without a bound a client of one example
        would have to carry what a hundred left, and be refused for its norm.
        """
        carried = self.residual / weight
        length, room = _norm(carried), _norm(delta.astype(np.float64)) / self._share
        return carried * (room / length) if length > room else carried


def _norm(values: NDArray[np.float64]) -> np.float64:
    norm: np.float64 = np.sqrt(np.sum(np.square(values)))
    return norm
