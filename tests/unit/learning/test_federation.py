"""A lineage in one process: private and masked windows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fedswipe.errors import FedswipeError
from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.federation import Federation
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.weights import to_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]
RECIPE = Recipe(deltas=3, optimizer="fedavgm")
PRIVATE = replace(RECIPE, noise=0.5, over_norm="clip", max_norm=1.0)
KEY = b"the key of the lineages that tests make"


class Tiny(Architecture):
    network_shapes = {"weight": (5,), "bias": (2,)}  # type: ignore[assignment]  # noqa: RUF012


TINY = Tiny(load_layout(LINE.layout))


def models(recipe: Recipe, rounds: int = 3, **how: Any) -> list[bytes]:
    """The models of so many windows of three clients, whose deltas differ in length and examples."""
    federation = Federation(LINE, TINY, recipe, Trained(np.ones(TINY.size, np.float32), {}), **how)
    found = []
    for number in range(rounds):
        base = federation.head
        for client in range(3):
            values = np.random.default_rng([number, client]).normal(0, 0.3, TINY.size).astype(np.float32)
            verdict = federation.fold(
                DeltaComputed(
                    *(DeltaId(f"{number}-{client}"), LINE.model_id, base.version, base.link),
                    *(ClientId(f"client-{client}"), OffsetRange(0, 0, 0), (), client + 1, 1.0, 0.5),
                    *(DeltaCodec.FP16, encode_delta(values, DeltaCodec.FP16), None),
                )
            )
            assert verdict is Verdict.FOLDED
        found.append(to_bytes(TINY.split(federation.trained.weights)))
    return found


@pytest.mark.parametrize("recipe", [RECIPE, PRIVATE])
def test_masked_sums_give_the_models_of_plain_ones_byte_for_byte(recipe: Recipe) -> None:
    masked_sum = pytest.importorskip("fedswipe.learning.secure_sum.masked_sum", exc_type=ImportError)
    plain = models(recipe, noise_key=KEY)
    assert models(recipe, noise_key=KEY, counting=masked_sum.MaskedSum) == plain
    assert len(set(plain)) == 3


def test_a_private_lineage_is_the_same_with_the_same_key_and_no_other() -> None:
    private = models(PRIVATE, noise_key=KEY)
    assert models(PRIVATE, noise_key=KEY) == private
    assert set(models(PRIVATE, noise_key=KEY[::-1])).isdisjoint(private)
    assert set(models(replace(PRIVATE, noise=0.0))).isdisjoint(private)
    with pytest.raises(FedswipeError, match="needs a key"):
        models(PRIVATE)
