import numpy as np

from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.federation import Federation
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict
from fedswipe.learning.weights import with_search
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.topology import LINEAGES
from fedswipe.training.network import fresh_weights

LINE = LINEAGES[0]
ARCHITECTURE = Architecture(load_layout(LINE.layout))
BASE = with_search(fresh_weights(ARCHITECTURE, 0), SearchWeights(0.3, 1.0, 1.0))
RECIPE = Recipe(deltas=2, staleness=(1024, 512))


def federation(recipe: Recipe = RECIPE) -> Federation:
    return Federation(LINE, ARCHITECTURE, recipe, Trained(ARCHITECTURE.join(BASE), {}))


def delta(base: BaseModel, name: str, value: float, examples: int = 10) -> DeltaComputed:
    return DeltaComputed(
        delta_id=DeltaId(name),
        model_id=LINE.model_id,
        base_version=base.version,
        base_link=base.link,
        client_id=ClientId(name),
        swipes=OffsetRange(0, 0, 0),
        swipe_offsets=(),
        examples=examples,
        loss_before=2.0,
        loss_after=1.0,
        codec=DeltaCodec.FP32,
        payload=encode_delta(np.full(ARCHITECTURE.size, value, np.float32), DeltaCodec.FP32),
        content=None,
    )


def test_a_full_window_becomes_the_weighted_mean() -> None:
    lineage = federation()
    base = lineage.head
    assert lineage.fold(delta(base, "a", 0.05, examples=10)) is Verdict.FOLDED
    assert lineage.head.version == 1
    lineage.fold(delta(base, "b", 0.025, examples=30))
    assert lineage.head.version == 2
    moved = ARCHITECTURE.join(lineage.head.weights) - ARCHITECTURE.join(BASE)
    np.testing.assert_allclose(moved, (0.05 * 10 + 0.025 * 30) / 40, atol=1e-6)


def test_the_rate_falls_from_model_to_model() -> None:
    lineage = federation(Recipe(deltas=1, server_decay=1))
    vectors = [ARCHITECTURE.join(BASE)]
    for name in "ab":
        lineage.fold(delta(lineage.head, name, 0.1))
        vectors.append(ARCHITECTURE.join(lineage.head.weights))
    first, second = np.diff(vectors, axis=0)
    np.testing.assert_allclose(first, 0.1, atol=1e-6)
    np.testing.assert_allclose(second, 0.05, atol=1e-6)


def test_what_comes_late_counts_less_and_then_no_more() -> None:
    lineage = federation(Recipe(deltas=1, staleness=(1024, 512)))
    first = lineage.head
    lineage.fold(delta(first, "a", 0.0))
    assert lineage.fold(delta(first, "late", 0.0)) is Verdict.FOLDED
    assert lineage.fold(delta(first, "too late", 0.0)) is Verdict.STALE
    assert lineage.fold(delta(lineage.head, "late", 0.0)) is Verdict.SEEN


def test_a_round_that_ends_early_is_published_and_an_empty_one_is_not() -> None:
    lineage = federation(Recipe(deltas=10))
    lineage.publish()
    assert lineage.head.version == 1
    lineage.fold(delta(lineage.head, "a", 0.05))
    lineage.publish()
    assert lineage.head.version == 2
