"""A private window's noise: what is added to its exact sum, and the seed that lets an audit add it again.

Central differential privacy (McMahan et al., "Learning Differentially Private Recurrent Language Models",
arXiv 1710.06963). The unit is a client in a window. Two windows are neighbours when one client's contribution
is zero in one of them and all else is equal (Kairouz et al., arXiv 2103.00039).

Sensitivity. A client has one delta in a window, of weight 1, clipped. Its norm is measured at 2^-16, where
each number is less than one unit off, so it is below max_norm + sqrt(size) 2^-16 (0.008 more for 2^18
numbers), and that is how much one client changes the sum, in L2. The noise is `noise` times as wide.

The sum is divided by the recipe's `deltas`, not by how many came: a window that time closes early makes a
smaller step, and no noisier one.
"""

import hashlib
import hmac
import math

from fedswipe.errors import FedswipeError
from fedswipe.events import Sha256
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.discrete_gaussian import sample
from fedswipe.learning.fixed_point import NORM_BITS
from fedswipe.learning.recipe import Recipe

SHORTEST_KEY = 32  # characters, or guessing it would be the easiest way to the seeds


def check_key(key: str, name: str) -> bytes:
    """Return the bytes of a noise key; FedswipeError that names where it came from when it is none."""
    if len(key.replace(",", " ").split()) > 1:
        raise FedswipeError(f"{name}: holds several keys; windows are made with one, without space or comma")
    if len(key) < SHORTEST_KEY:
        raise FedswipeError(
            f"{name}: the key has {len(key)} characters, give {SHORTEST_KEY} or more of chance: "
            "`openssl rand -hex 32` makes one"
        )
    return key.encode()


def has_noise(recipe: Recipe, sum_: Sum) -> bool:
    """Tell whether a window's sum gets noise: a sum of nothing tells nothing, and makes no step."""
    return recipe.noise > 0 and sum_.count > 0


def seed_of(key: bytes, parent: str, recipe: Recipe, sum_: Sum) -> bytes:
    """Return the seed of a window's noise (32 bytes): HMAC-SHA256 of what the noise is added to.

    Not drawn anew: a window that is folded again, after a crash or by another aggregator, must give the same
    model, or the mean of several would have less noise. And another sum has another seed, or the
    difference of two models would have no noise at all.
    """
    data = sum_.total.astype("<i8").tobytes()
    parts = [b"fedswipe noise", parent.encode(), hashlib.sha256(recipe.to_bytes()).digest(), data]
    return hmac.new(key, b"\0".join(parts), hashlib.sha256).digest()


def commitment(seed: bytes) -> Sha256:
    """Return what a link tells of the seed: it binds to it, and tells nothing of it."""
    return Sha256(hashlib.sha256(seed).hexdigest())


def add_noise(sum_: Sum, recipe: Recipe, seed: bytes) -> Sum:
    """Return the sum with noise, over the recipe's number of deltas."""
    size = len(sum_.total)
    return Sum(sum_.total + sample(seed, _sigma(recipe, size), size), recipe.deltas, sum_.count)


def release(sum_: Sum, recipe: Recipe, parent: str, key: bytes | None) -> tuple[Sum, Sha256 | None]:
    """Return the sum that a model may be made of, and the commitment to its noise (None: it needs none).

    `parent` is the SHA-256 of the link that it is built on. FedswipeError when the key is missing.
    """
    if not has_noise(recipe, sum_):
        return sum_, None
    if key is None:
        raise FedswipeError("noise: a private window needs a key for the seed of its noise")
    seed = seed_of(key, parent, recipe, sum_)
    return add_noise(sum_, recipe, seed), commitment(seed)


def _sigma(recipe: Recipe, size: int) -> int:
    """Return the noise's parameter in units of 2^-scale_bits, rounded up."""
    sensitivity = recipe.max_norm + math.sqrt(size) * 2.0**-NORM_BITS
    return math.ceil(recipe.noise * sensitivity * 2.0**recipe.scale_bits)
