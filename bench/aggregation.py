"""What codecs of deltas, rules of folding and privacy cost. Prints JSON lines.

Of a codec: bytes, error, CPU time to write, to read, and to judge and fold; of a rule: what it holds in
memory, and the CPU time of a window's end; of noise its CPU time; of a masked sum, in which nobody falls
silent, the CPU time and bytes of one client, and the server's time for taking the masks off. The best of
several runs (a client has one), in CPU time of one process, so that others on the machine change little.
"""

import json
import time
from collections.abc import Callable
from secrets import token_bytes

import numpy as np

from fedswipe.events import DeltaCodec
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta, encode_delta
from fedswipe.learning.folding import Folding
from fedswipe.learning.noise import release
from fedswipe.learning.recipe import CHOICES, Recipe
from fedswipe.learning.robust import Kept
from fedswipe.learning.running_sum import RunningSum
from fedswipe.learning.secure_sum.client import Client
from fedswipe.learning.secure_sum.server import Server
from fedswipe.swipe.layout import load_layout

SIZES = Architecture(load_layout("qwerty-en")).sizes
WEIGHT = 5 * 1024  # five examples, no version late
RUNS = 40


def main() -> None:
    """Measure and print."""
    print(json.dumps({"numbers": sum(SIZES), "tensors": len(SIZES)}))
    for codec in DeltaCodec:
        print(json.dumps(cost_of_codec(codec)))
    for rule in CHOICES["rule"]:
        print(json.dumps(cost_of_rule(rule)))
    print(json.dumps(cost_of_noise()))
    for clients in (8, 32):
        print(json.dumps(cost_of_masks(clients)))


def cost_of_codec(codec: DeltaCodec) -> dict[str, object]:
    """Write, read and fold one delta many times."""
    flat = delta(0)
    payload = encode_delta(flat, codec, SIZES)
    error = np.linalg.norm(decode_delta(payload, codec, SIZES) - flat) / np.linalg.norm(flat)
    window = Folding(Recipe(), SIZES)

    def fold() -> None:
        assert window.judge(payload, codec) is None
        window.add(WEIGHT)

    return {
        "codec": codec,
        "bytes": len(payload),
        "error": round(float(error), 5),
        "encode_ms": best(lambda: encode_delta(flat, codec, SIZES)),
        "decode_ms": best(lambda: decode_delta(payload, codec, SIZES)),
        "fold_ms": best(fold),
    }


def cost_of_rule(rule: str) -> dict[str, object]:
    """Fill a window of the default recipe and close it a few times."""
    recipe = Recipe(rule=rule)
    counted = RunningSum(sum(SIZES)) if rule == "mean" else Kept(recipe, sum(SIZES))
    for number in range(recipe.deltas):
        values = np.rint(np.ldexp(delta(number).astype(np.float64), recipe.scale_bits))
        counted.add(values, float(np.abs(values).max()), WEIGHT)
    held = sum(row.nbytes for row in counted.rows) if isinstance(counted, Kept) else 3 * 8 * sum(SIZES)
    return {
        "rule": rule,
        "deltas": recipe.deltas,
        "held_mb": round(held / 1e6, 1),
        "close_ms": best(lambda: counted.sum, 5),
    }


def cost_of_noise() -> dict[str, object]:
    """Add noise to a sum."""
    recipe, size = Recipe(noise=1.0, over_norm="clip"), sum(SIZES)
    sum_ = Sum(np.zeros(size, np.int64), 1, 1)
    return {"noise": recipe.noise, "close_ms": best(lambda: release(sum_, recipe, "", bytes(32)), 10)}


def cost_of_masks(count: int) -> dict[str, object]:
    """Run the protocol once: the first client's steps, and the server's last one."""
    size, threshold = sum(SIZES) + 1, 2 * count // 3 + 1
    clients = [Client(n, np.zeros(size, np.uint64), threshold, token_bytes) for n in range(1, count + 1)]
    server = Server(size, threshold)
    everyone = server.take_keys([one.introduce() for one in clients])
    began = time.process_time()
    shares = clients[0].share(everyone)
    client = time.process_time() - began
    rest = (one for each in clients[1:] for one in each.share(everyone))
    inbox = server.take_shares([*shares, *rest])
    began = time.process_time()
    first = clients[0].mask(inbox[1])
    client += time.process_time() - began
    survivors = server.take_vectors([first, *(one.mask(inbox[one.number]) for one in clients[1:])])
    revealed = [one.reveal(survivors) for one in clients]
    return {
        "masked": count,
        "client_ms": round(client * 1e3, 1),
        "client_bytes": len(first.vector) + sum(len(share.sealed) for share in shares),
        "unmask_ms": best(lambda: server.unmask(revealed), 5),
    }


def delta(seed: int) -> np.ndarray:
    """Return normally distributed numbers of the size of a real delta's."""
    return np.random.default_rng(seed).standard_normal(sum(SIZES)).astype(np.float32) * np.float32(0.01)


def best(run: Callable[[], object], runs: int = RUNS) -> float:
    """Return the CPU milliseconds of the fastest run."""
    found = []
    for _ in range(runs):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return round(min(found) * 1e3, 3)


if __name__ == "__main__":
    main()
