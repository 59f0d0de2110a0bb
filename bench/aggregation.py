"""What each codec of deltas costs: bytes, error, CPU time to write, to read and to fold. Prints JSON lines.

The best of several runs, in CPU time of one process, so that others on the machine change little.
"""

import json
import time
from collections.abc import Callable

import numpy as np

from fedswipe.events import DeltaCodec
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta, encode_delta
from fedswipe.learning.folding import Folding
from fedswipe.learning.recipe import Recipe
from fedswipe.swipe.layout import load_layout

SIZES = Architecture(load_layout("qwerty-en")).sizes
WEIGHT = 5 * 1024  # five examples, no version late
RUNS = 40


def main() -> None:
    """Measure and print."""
    flat = np.random.default_rng(0).standard_normal(sum(SIZES)).astype(np.float32) * np.float32(0.01)
    for codec in DeltaCodec:
        payload = encode_delta(flat, codec, SIZES)
        error = np.linalg.norm(decode_delta(payload, codec, SIZES) - flat) / np.linalg.norm(flat)
        found = {
            "codec": codec,
            "numbers": sum(SIZES),
            "tensors": len(SIZES),
            "bytes": len(payload),
            "error": round(float(error), 5),
            "encode_ms": best(lambda: encode_delta(flat, codec, SIZES)),  # noqa: B023  (called at once)
            "decode_ms": best(lambda: decode_delta(payload, codec, SIZES)),  # noqa: B023
            "fold_ms": best(folding(payload, codec)),
        }
        print(json.dumps(found))


def folding(payload: bytes, codec: DeltaCodec) -> Callable[[], None]:
    """Return what judges and folds the payload once more."""
    window = Folding(Recipe(), SIZES)

    def fold() -> None:
        assert window.judge(payload, codec) is None
        window.add(WEIGHT)

    return fold


def best(run: Callable[[], object]) -> float:
    """Return the CPU milliseconds of the fastest run."""
    found = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return round(min(found) * 1e3, 3)


if __name__ == "__main__":
    main()
