"""What the audit says of private windows: with their key, without it, and when they were tampered with."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.audit.scope import Scope
from fedswipe.events import ClientId, DeltaCodec, PrivacySpent, Sha256, Version
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import Verdict

if TYPE_CHECKING:
    from conftest import Lineage

KEY = b"the key of the lineages that tests make"
OTHER = b"another key, as long as a key has to be"
RECIPE = Recipe(deltas=2, records=4, staleness=(1024, 724, 512), noise=1.0, over_norm="clip", max_norm=1.0)


@pytest.fixture
def private(make_lineage: "Callable[[Recipe], Lineage]") -> "Lineage":
    """Two private windows of two clients each; the head is version 3."""
    lineage = make_lineage(RECIPE)
    for number in range(2):
        for client in ("ann", "bob"):
            offset = lineage.swipe(client, f"{client}-{number}")
            lineage.train([offset], client_id=ClientId(client))
        lineage.fold()
    assert lineage.head == 3
    return lineage


def test_with_the_key_every_model_is_proven_bit_for_bit(private: "Lineage") -> None:
    report = private.audit(Scope(noise_keys=(KEY,)))
    assert report.outcome is Outcome.PROVEN, report.findings.kept
    assert report.recomputed == 2
    assert private.event(2).noise != private.event(3).noise


def test_the_key_may_have_been_another_one_before(private: "Lineage") -> None:
    assert private.audit(Scope(noise_keys=(OTHER, KEY))).outcome is Outcome.PROVEN


def test_without_the_key_models_are_not_judged_and_all_else_is(private: "Lineage") -> None:
    report = private.audit()
    assert report.outcome is Outcome.EXPIRED
    found = [(one.code, one.version) for one in report.findings.kept]
    assert found == [("noise_not_judged", 2), ("noise_not_judged", 3)]
    assert "noise not judged" in report.findings.kept[0].detail
    private.forge(manifest=private.event(2).manifest)
    assert "other_manifest" in private.codes()


def test_with_another_key_alone_it_is_broken(private: "Lineage") -> None:
    assert private.codes(Scope(noise_keys=(OTHER,))) == ["other_noise", "other_noise"]


def test_another_model_than_the_noise_makes_is_found(private: "Lineage") -> None:
    private.forge(model=private.event(2).model)
    assert private.codes(Scope(noise_keys=(KEY,))) == ["other_model"]


@pytest.mark.parametrize("noise", [None, Sha256("00" * 32)])
def test_a_link_that_hides_its_noise_is_found(private: "Lineage", noise: Sha256 | None) -> None:
    private.forge(noise=noise)
    assert private.codes(Scope(noise_keys=(KEY,))) == ["other_noise"]


def test_noise_where_the_recipe_has_none_is_found(lineage: "Lineage") -> None:
    lineage.forge(noise=Sha256("00" * 32))
    assert lineage.codes() == ["other_noise"]


def test_the_account_is_recomputed_from_the_recipes(private: "Lineage") -> None:
    account = private.event(3).privacy
    assert account is not None
    assert (account.rho, account.unprotected) == (1.0, 0)
    told = replace(account, epsilon=account.epsilon * (1 + 1e-12))
    private.forge(privacy=told)
    assert private.audit(Scope(noise_keys=(KEY,))).outcome is Outcome.PROVEN


@pytest.mark.parametrize(
    "said",
    [
        None,
        PrivacySpent(0.5, 1.0, 1e-6, Version(0)),
        PrivacySpent(1.0, 1.0, 1e-6, Version(0)),
    ],
)
def test_an_account_that_tells_of_less_is_found(private: "Lineage", said: PrivacySpent | None) -> None:
    private.forge(privacy=said)
    assert private.codes(Scope(noise_keys=(KEY,))) == ["other_privacy"]
    assert private.codes(Scope(3, noise_keys=(KEY,))) == ["other_privacy"]


def test_a_rollback_gives_no_privacy_back(private: "Lineage") -> None:
    private.roll_back(2)
    event = private.event(4)
    assert (event.noise, event.privacy) == (None, private.event(3).privacy)
    assert private.audit(Scope(noise_keys=(KEY,))).outcome is Outcome.PROVEN
    private.forge(privacy=private.event(2).privacy)
    assert private.codes(Scope(noise_keys=(KEY,))) == ["other_privacy"]


def test_a_private_window_takes_one_delta_of_a_client_and_of_no_other(private: "Lineage") -> None:
    first = private.event(3).ranges[0].end
    sent = [
        ("ann", DeltaCodec.FP16),
        ("ann", DeltaCodec.FP32),
        ("eve", DeltaCodec.INT8),
        ("bob", DeltaCodec.FP16),
    ]
    for number, (client, coded) in enumerate(sent):
        private.train([private.swipe(client, f"more-{number}")], client_id=ClientId(client), codec=coded)
    private.fold()
    entries = Manifest.from_bytes(private.store.get(private.event(4).manifest)).entries
    assert [(one.offset - first, one.verdict, one.weight) for one in entries] == [
        (0, Verdict.FOLDED, 1),
        (1, Verdict.CLIENT_SEEN, 0),
        (2, Verdict.MIXED_CLIENTS, 0),
        (3, Verdict.FOLDED, 1),
    ]
    assert private.audit(Scope(noise_keys=(KEY,))).outcome is Outcome.PROVEN
