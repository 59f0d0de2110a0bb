"""Every rule and optimiser is folded by the aggregator's handlers and proven by the audit's recomputation."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.events import DeltaCodec
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.optimizer import state_from_bytes
from fedswipe.learning.recipe import CHOICES, Recipe

if TYPE_CHECKING:
    from conftest import Lineage

VECTORS = {"fedavg": set(), "fedavgm": {"momentum"}}  # the others: m and v


def grown(lineage: "Lineage", rounds: int) -> "Lineage":
    """Publish versions of full windows, some of whose deltas are much longer than the others."""
    random, sizes, many = np.random.default_rng(rounds), lineage.architecture.sizes, lineage.recipe.deltas
    for number in range(many * rounds):
        flat = random.normal(0.1, 0.5, sum(sizes)).astype(np.float32) * (7 if number % 3 == 1 else 1)
        payload = encode_delta(flat.clip(-7, 7), DeltaCodec.INT8, sizes)
        swipes = [lineage.swipe("ann", f"{lineage.head}-{number}-{n}") for n in range(1 + number % 2)]
        lineage.train(swipes, codec=DeltaCodec.INT8, payload=payload)
        lineage.fold()
    return lineage


def state(lineage: "Lineage", version: int) -> dict[str, bytes]:
    vectors = state_from_bytes(lineage.store.get(lineage.event(version).optimizer))
    return {name: vector.tobytes() for name, vector in vectors.items()}


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
@pytest.mark.parametrize("rule", CHOICES["rule"])
def test_a_lineage_is_proven_bit_for_bit(make_lineage: "type[Lineage]", rule: str, optimizer: str) -> None:
    told = {"max_norm": 2.0, "over_norm": "clip", "byzantine": 0.34, "server_decay": 2}
    recipe = Recipe(deltas=3, rule=rule, optimizer=optimizer, **told)  # type: ignore[arg-type]
    lineage = grown(make_lineage(recipe), rounds=3)
    assert lineage.head == 4
    assert all(lineage.event(version).folded == 3 for version in (2, 3, 4))
    assert state(lineage, 4).keys() == VECTORS.get(optimizer, {"m", "v"})
    assert lineage.audit().outcome is Outcome.PROVEN


def test_each_rule_and_optimiser_makes_a_model_of_its_own(make_lineage: "type[Lineage]") -> None:
    recipes = [Recipe(rule=rule) for rule in CHOICES["rule"]]
    recipes += [Recipe(optimizer=optimizer) for optimizer in CHOICES["optimizer"][1:]]
    recipes += [Recipe(max_norm=2.0, over_norm="clip"), Recipe(server_decay=1)]
    lineages = [make_lineage(replace(recipe, deltas=7, byzantine=0.34)) for recipe in recipes]
    models = {grown(lineage, rounds=2).event(3).model.sha256 for lineage in lineages}
    assert len(models) == len(recipes)


def test_a_rollback_takes_the_optimisers_state_back(make_lineage: "type[Lineage]") -> None:
    lineage = grown(make_lineage(Recipe(deltas=3, optimizer="fedadam", max_norm=64.0)), rounds=3)
    lineage.roll_back(2)
    assert state(lineage, lineage.head) == state(lineage, 2) != state(lineage, 4)
    grown(lineage, rounds=1)
    assert lineage.head == 6
    assert lineage.audit().outcome is Outcome.PROVEN


def test_another_state_is_a_finding(make_lineage: "type[Lineage]") -> None:
    lineage = grown(make_lineage(Recipe(deltas=3, optimizer="fedavgm")), rounds=2)
    lineage.forge(optimizer=lineage.event(2).optimizer)
    assert lineage.codes() == ["other_optimiser"]
