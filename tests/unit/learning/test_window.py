from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.chain import Chain, Link
from fedswipe.errors import FedswipeError
from fedswipe.events import (
    ClientId,
    ClosedBy,
    DeltaCodec,
    DeltaComputed,
    DeltaId,
    ModelId,
    ObjectRef,
    OffsetRange,
    Sha256,
    Version,
)
from fedswipe.forgotten_clients import Forgotten
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.fixed_point import quantize
from fedswipe.learning.manifest import Entry, Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.verdict import EXPLANATIONS, Verdict
from fedswipe.learning.window import History, Window

MODEL = ModelId("swipe-en")
CLIENTS = [ClientId(name) for name in ("ann", "bob", "eve")]
RECIPE = Recipe(deltas=3, records=6, max_examples=10, max_norm=2.0, staleness=(1024, 724, 512))
SIZE = 4
SIZES = (3, 1)
HEAD = 5
# Version 3 was rolled back: 4 took version 2's model, and 5 goes on from there.
LINES = {1: 0, 2: 1, 3: 2, 4: 2, 5: 4}


def sha(version: int) -> Sha256:
    return Sha256(f"{version:064x}")


def chain() -> Chain:
    found = Chain(MODEL, 0)
    found.links = [Link(version, sha(version), version - 1, 10, line) for version, line in LINES.items()]
    return found


def history(bound: int = RECIPE.staleness_bound) -> History:
    whole = chain()
    return History.of(whole, whole.links[HEAD - 1], frozenset({DeltaId("folded before")}), bound)


def window(recipe: Recipe = RECIPE, bound: int | None = None) -> Window:
    return Window(recipe, MODEL, SIZES, history(recipe.staleness_bound if bound is None else bound))


def delta(value: float = 0.5, base: int = HEAD, **changed: Any) -> DeltaComputed:
    payload = encode_delta(np.full(SIZE, value, np.float32), DeltaCodec.FP32)
    return replace(
        DeltaComputed(
            *(DeltaId("delta"), MODEL, Version(base), sha(base), ClientId("client"), OffsetRange(0, 0, 1)),
            *((0,), 2, 1.0, 0.5, DeltaCodec.FP32, payload, None),
        ),
        **changed,
    )


def nothing(ref: ObjectRef) -> bytes:
    raise AssertionError(f"{ref.key}: fetched for nothing")


def judge(one: DeltaComputed, into: Window | None = None, offset: int = 10) -> Verdict:
    return (into or window()).add(offset, one, nothing)


def in_store(**changed: Any) -> DeltaComputed:
    """A delta that refers to its payload."""
    digest = changed.pop("sha256", sha(7))
    ref = ObjectRef(f"swipe-en/deltas/{digest}", Sha256(digest), 4 * SIZE)
    return delta(payload=None, content=replace(ref, **changed))


def raw(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (delta(), Verdict.FOLDED),
        (delta(base=4), Verdict.FOLDED),
        (delta(model_id=ModelId("swipe-ru")), Verdict.OTHER_MODEL),
        (delta(base=2), Verdict.STALE),
        (delta(base=3), Verdict.ROLLED_BACK),
        (delta(base_link=sha(99)), Verdict.UNKNOWN_BASE),
        (delta(base_link=sha(4)), Verdict.UNKNOWN_BASE),
        (delta(base=6), Verdict.UNKNOWN_BASE),
        (delta(base_version=Version(2**62)), Verdict.UNKNOWN_BASE),
        (delta(base_version=Version(-(2**62))), Verdict.STALE),
        (delta(delta_id=DeltaId("folded before")), Verdict.SEEN),
        (delta(examples=0), Verdict.NO_EXAMPLES),
        (delta(examples=-1), Verdict.NO_EXAMPLES),
        (delta(examples=2**31), Verdict.NO_EXAMPLES),
        (delta(payload=raw(1, 2, 3)), Verdict.MISSHAPEN),
        (delta(payload=b""), Verdict.MISSHAPEN),
        (delta(payload=raw(0, np.nan, 0, 0)), Verdict.NOT_FINITE),
        (delta(payload=raw(0, 0, -np.inf, 0)), Verdict.NOT_FINITE),
        (delta(payload=raw(0, 0, 0, 8.5)), Verdict.OVER_RANGE),
        (delta(payload=raw(0, 0, 0, -8.5)), Verdict.OVER_RANGE),
        (delta(payload=raw(0, 0, 0, 3.4e38)), Verdict.OVER_RANGE),
        (delta(payload=raw(0, 0, 0, 8.0)), Verdict.OVER_NORM),
        (delta(1.0), Verdict.FOLDED),
        (delta(1.001), Verdict.OVER_NORM),
    ],
)
def test_each_delta_has_its_verdict(one: DeltaComputed, verdict: Verdict) -> None:
    into = window()
    assert judge(one, into) is verdict
    (entry,) = into.entries
    assert (entry.offset, entry.delta_id, entry.verdict) == (10, one.delta_id, verdict)
    assert (entry.weight > 0) is (verdict is Verdict.FOLDED)
    assert into.sum.count == (verdict is Verdict.FOLDED)
    assert into.examples == (one.examples if verdict is Verdict.FOLDED else 0)


def test_a_record_without_a_delta_is_settled_too() -> None:
    into = window()
    assert into.add_unreadable(10) is Verdict.UNREADABLE
    assert into.entries == [Entry(10, DeltaId(""), Verdict.UNREADABLE, 0)]


def test_every_refusal_is_explained_by_its_field() -> None:
    assert EXPLANATIONS.keys() == set(Verdict) - {Verdict.FOLDED}
    assert all(": " in text for text in EXPLANATIONS.values())


def test_an_id_counts_once_in_a_window_and_a_refused_one_may_come_again() -> None:
    into = window()
    assert judge(delta(payload=b""), into) is Verdict.MISSHAPEN
    assert judge(delta(), into) is Verdict.FOLDED
    assert judge(delta(0.25), into) is Verdict.SEEN


def test_older_deltas_weigh_less_and_examples_are_capped() -> None:
    into = window(replace(RECIPE, staleness=(1024, 724, 512, 418)))
    for number, (base, examples) in enumerate([(5, 3), (4, 3), (2, 99)]):
        one = delta(base=base, examples=examples, delta_id=DeltaId(str(number)))
        assert judge(one, into) is Verdict.FOLDED
    assert [entry.weight for entry in into.entries] == [3 * 1024, 3 * 724, 10 * 418]
    assert into.sum.weight == 3 * 1024 + 3 * 724 + 10 * 418
    assert (
        into.sum.total.tolist() == (quantize(np.full(SIZE, 0.5, np.float32), 24) * into.sum.weight).tolist()
    )
    assert into.examples == 105


def test_it_is_full_at_its_deltas_or_at_its_records() -> None:
    into = window()
    assert into.full is None
    for number in range(3):
        judge(delta(delta_id=DeltaId(str(number))), into)
    assert into.full is ClosedBy.DELTAS
    into = window()
    for offset in range(6):
        assert into.full is None
        into.add_unreadable(offset)
    assert into.full is ClosedBy.RECORDS


def test_a_range_whose_norm_could_overflow_is_refused() -> None:
    recipe = Recipe(deltas=1, max_examples=1, max_value=2.0**15)
    with pytest.raises(FedswipeError, match="max_value is 32768, too large for 4 parameters"):
        Window(recipe, MODEL, SIZES, history())


def test_history_is_bounded_and_follows_the_line() -> None:
    found = history(bound=3)
    assert found.bases == {sha(5): 0, sha(4): 1, sha(2): 3}
    assert set(found.left_behind) == {sha(3)}
    assert history(bound=0).bases == {sha(5): 0}
    assert history(bound=99).bases == {sha(5): 0, sha(4): 1, sha(2): 3, sha(1): 4}


def test_history_looks_no_further_than_its_head() -> None:
    whole = chain()
    assert History.of(whole, whole.links[2], frozenset(), 1).bases == {sha(3): 0, sha(2): 1}


@given(st.binary(max_size=40), st.sampled_from(DeltaCodec))
def test_any_payload_has_a_verdict_and_no_other_effect(payload: bytes, coded: DeltaCodec) -> None:
    verdict = judge(delta(payload=payload, codec=coded))
    assert verdict in Verdict


@given(st.lists(st.tuples(st.integers(0, 2**62), st.text(max_size=9), st.sampled_from(Verdict)), max_size=9))
def test_a_manifest_comes_back_and_its_bytes_are_canonical(rows: list[tuple[int, str, Verdict]]) -> None:
    entries = [Entry(offset, DeltaId(name), verdict, 7) for offset, name, verdict in rows]
    manifest = Manifest.of(entries)
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.to_bytes() == manifest.to_bytes()
    assert len(manifest.refused) == sum(verdict is not Verdict.FOLDED for _, _, verdict in rows)


def test_a_manifest_tells_folded_from_refused() -> None:
    manifest = Manifest.of(
        [Entry(1, DeltaId("a"), Verdict.FOLDED, 5), Entry(2, DeltaId("b"), Verdict.STALE, 0)]
    )
    assert manifest.folded == {"a"}
    assert manifest.refused == (manifest.entries[1],)
    assert manifest.to_bytes() == b'{"entries":[[1,"a","folded",5],[2,"b","stale",0]]}'


def test_a_referred_payload_is_fetched_and_folded() -> None:
    asked: list[ObjectRef] = []

    def fetch(ref: ObjectRef) -> bytes:
        asked.append(ref)
        return raw(0.5, 0.5, 0.5, 0.5)

    one = in_store()
    assert window().add(10, one, fetch) is Verdict.FOLDED
    assert asked == [one.content]


@pytest.mark.parametrize("verdict", [Verdict.MISSING_CONTENT, Verdict.CHANGED_CONTENT])
def test_what_the_store_lacks_is_a_verdict_that_the_manifest_bears_witness_of(verdict: Verdict) -> None:
    into = window()
    assert into.add(10, in_store(), lambda _: verdict) is verdict
    assert into.add(11, delta(), nothing) is Verdict.FOLDED
    manifest = Manifest.from_bytes(Manifest.of(into.entries).to_bytes())
    assert manifest.witnessed == {10: verdict}
    assert into.add(12, in_store(), lambda _: raw(0.5, 0.5, 0.5, 0.5)) is Verdict.SEEN, "the ids are alike"


def test_a_delta_that_was_refused_for_its_content_is_judged_again() -> None:
    into = window()
    into.add(10, in_store(), lambda _: Verdict.MISSING_CONTENT)
    assert into.add(11, in_store(), lambda _: raw(0.5, 0.5, 0.5, 0.5)) is Verdict.FOLDED


@pytest.mark.parametrize(
    "one",
    [
        in_store(size=10**12),
        in_store(key="swipe-en/models/" + sha(7)),
        in_store(key="../../etc/passwd"),
        in_store(key=""),
        in_store(sha256="no hash"),
        in_store(sha256="A" * 64),
    ],
    ids=["huge", "another kind", "a path", "no name", "no hash", "capitals"],
)
def test_a_reference_that_no_trainer_writes_is_refused_unfetched(one: DeltaComputed) -> None:
    assert judge(one) is Verdict.MISSHAPEN


def test_a_refused_delta_is_not_fetched() -> None:
    assert judge(replace(in_store(), examples=0)) is Verdict.NO_EXAMPLES


@pytest.mark.parametrize("both", [True, False])
def test_two_payloads_or_none_are_unreadable(both: bool) -> None:
    one = replace(
        in_store(), payload=raw(1.0) if both else None, content=in_store().content if both else None
    )
    assert judge(one) is Verdict.UNREADABLE


def test_a_client_counts_once_in_a_private_window_and_in_any_other_as_often_as_it_likes() -> None:
    private = replace(RECIPE, noise=1.0, over_norm="clip")
    for recipe, again in ((RECIPE, Verdict.FOLDED), (private, Verdict.CLIENT_SEEN)):
        into = window(recipe)
        assert judge(delta(payload=b""), into) is Verdict.MISSHAPEN
        assert judge(delta(), into) is Verdict.FOLDED, "what was refused does not count"
        assert judge(delta(delta_id=DeltaId("2")), into) is again
        assert judge(delta(delta_id=DeltaId("3"), client_id=ClientId("other")), into) is Verdict.FOLDED
        assert judge(delta(), window(recipe)) is Verdict.FOLDED, "the next window is another one"


@pytest.mark.parametrize("coded", DeltaCodec)
def test_a_private_window_takes_no_codec_that_carries_one_clients_rest_to_the_next(coded: DeltaCodec) -> None:
    values = np.full(SIZE, 0.5, np.float32)
    one = delta(codec=coded, payload=encode_delta(values, coded, SIZES))
    mixed = coded not in (DeltaCodec.FP32, DeltaCodec.FP16)
    private = window(replace(RECIPE, noise=1.0, over_norm="clip"))
    assert judge(one, private) is (Verdict.MIXED_CLIENTS if mixed else Verdict.FOLDED)
    assert judge(one) is Verdict.FOLDED


def forgetting(*clients: str) -> Forgotten:
    return Forgotten(len(clients), {ClientId(client): at for at, client in enumerate(clients)})


def test_a_forgotten_clients_delta_does_not_count_whatever_else_is_wrong_with_it() -> None:
    into = Window(RECIPE, MODEL, SIZES, history(), forgotten=forgetting("client"))
    for one in (delta(), delta(examples=0), delta(model_id=ModelId("other")), in_store()):
        assert judge(one, into) is Verdict.FORGOTTEN
    assert judge(delta(client_id=ClientId("another")), into) is Verdict.FOLDED
    assert into.examples == 2
    assert into.manifest.clients_end == 1
    assert Manifest.from_bytes(into.manifest.to_bytes()) == into.manifest


def test_a_window_of_the_code_before_counts_everybody_and_says_nothing_of_clients() -> None:
    before = replace(RECIPE, code_version=5)
    into = Window(before, MODEL, SIZES, history(), forgotten=forgetting("client"))
    assert judge(delta(), into) is Verdict.FOLDED
    assert into.manifest.to_bytes() == b'{"entries":[[10,"delta","folded",2048]]}'


def test_only_a_refusal_that_somebody_has_to_deal_with_owes_a_letter() -> None:
    verdicts = (Verdict.FOLDED, Verdict.FORGOTTEN, Verdict.STALE)
    manifest = Manifest.of([Entry(at, DeltaId("a"), verdict, 0) for at, verdict in enumerate(verdicts)])
    assert manifest.lettered == {2: Verdict.STALE}
    assert len(manifest.refused) == 2


@pytest.mark.parametrize("end", ["-1", '"1"', "true", "1.5"])
def test_a_manifest_names_an_offset_of_the_clients_topic_or_none(end: str) -> None:
    with pytest.raises(FedswipeError, match="clients_end is"):
        Manifest.from_bytes(b'{"clients_end":' + end.encode() + b',"entries":[]}')


@given(
    st.lists(st.one_of(st.sampled_from(CLIENTS), st.tuples(st.sampled_from(CLIENTS))), max_size=12),
)
def test_a_window_goes_on_with_a_longer_prefix_just_where_it_would_have_judged_alike(
    log: list[ClientId | tuple[ClientId]],
) -> None:
    """A name is a delta of this client, a tuple forgets it; every other one is wrong in some way too."""
    known, written = forgetting(), list[DeltaComputed]()
    into = Window(RECIPE, MODEL, SIZES, history(), forgotten=known)
    for step in log:
        if isinstance(step, tuple):
            known = forgetting(*known.first, *(set(step) - known.first.keys()))
        else:
            name = DeltaId(f"{len(written)}")
            written.append(delta(client_id=step, delta_id=name, examples=len(written) % 2))
            judge(written[-1], into, len(written))
        anew = Window(RECIPE, MODEL, SIZES, history(), forgotten=known)
        for offset, one in enumerate(written, 1):
            judge(one, anew, offset)
        if into.forget(known):
            assert into.manifest == anew.manifest
            assert (into.sum.total == anew.sum.total).all()
        else:
            assert into.entries != anew.entries
            into = anew
