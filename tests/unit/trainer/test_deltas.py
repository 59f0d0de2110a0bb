from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fedswipe.events import ClientId, DeltaCodec, ObjectRef, OffsetRange, Sha256, Version
from fedswipe.kafka.record import Record
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.delta import decode_delta, encode_delta
from fedswipe.topology import LINEAGES, SWIPES
from fedswipe.training.augmentation import Augmentation
from fedswipe.training.client_trainer import ClientSwipes, Training
from fedswipe.training_examples import ClientExamples, Example
from services.trainer.deltas import LARGEST_PAYLOAD, ComputeDeltas, delta_id, seed_of
from services.trainer.letter import Letter

if TYPE_CHECKING:
    from fedswipe.events import SwipeRecorded

BASE = BaseModel(LINEAGES[0], Version(3), Sha256("ab" * 32), {})
SPAN = OffsetRange(2, 10, 20)


class Returns:
    """A training whose delta is given."""

    def __init__(self, delta: np.ndarray) -> None:
        self.delta = delta
        self.asked: list[ClientSwipes] = []

    def train(self, base: BaseModel, clients: Sequence[ClientSwipes]) -> Iterator[Training]:
        self.asked += clients
        return iter([Training(self.delta, 2.0, 1.0)] * len(clients))


@pytest.fixture
def client(make_swipe: "Callable[..., SwipeRecorded]") -> ClientExamples:
    from fedswipe.swipe_check import check_swipe

    gesture = check_swipe(make_swipe("ann", "1", "hello"))
    return ClientExamples(
        ClientId("ann"), (Example(Record(SWIPES.name, 2, 12, b"k", b"v"), "hello", gesture),)
    )


def never(payload: bytes) -> ObjectRef:
    raise AssertionError("not to be stored")


@pytest.mark.parametrize(
    "other",
    [
        delta_id(
            BaseModel(BASE.lineage, Version(3), Sha256("cd" * 32), {}),
            ClientExamples(ClientId("ann"), ()),
            SPAN,
        ),
        delta_id(BASE, ClientExamples(ClientId("bob"), ()), SPAN),
        delta_id(BASE, ClientExamples(ClientId("ann"), ()), OffsetRange(3, 10, 20)),
        delta_id(BASE, ClientExamples(ClientId("ann"), ()), OffsetRange(2, 11, 20)),
        delta_id(BASE, ClientExamples(ClientId("ann"), ()), OffsetRange(2, 10, 21)),
    ],
)
def test_a_delta_is_named_by_its_base_range_and_client(other: str) -> None:
    name = delta_id(BASE, ClientExamples(ClientId("ann"), ()), SPAN)
    assert name == delta_id(BASE, ClientExamples(ClientId("ann"), ()), SPAN)
    assert len(name) == 64
    assert name != other
    assert 0 <= seed_of(name) < 2**63


def test_a_delta_travels_in_the_record(client: ClientExamples) -> None:
    compute = ComputeDeltas(Returns(np.array([0.5, -2.0], np.float32)), DeltaCodec.FP16)
    (delta,) = compute.compute(BASE, [client], SPAN, never)
    assert not isinstance(delta, list)
    assert delta.payload is not None
    np.testing.assert_array_equal(decode_delta(delta.payload, DeltaCodec.FP16, [2]), [0.5, -2.0])
    assert (delta.content, delta.loss_before, delta.loss_after) == (None, 2.0, 1.0)


def test_a_delta_that_kafka_would_not_take_goes_to_the_store(client: ClientExamples) -> None:
    stored = []

    def store(payload: bytes) -> ObjectRef:
        stored.append(payload)
        return ObjectRef("swipe-en/deltas/x", Sha256("ef" * 32), len(payload))

    compute = ComputeDeltas(Returns(np.zeros(LARGEST_PAYLOAD // 4 + 1, np.float32)), DeltaCodec.FP32)
    (delta,) = compute.compute(BASE, [client], SPAN, store)
    assert not isinstance(delta, list)
    assert delta.payload is None
    assert delta.content == ObjectRef("swipe-en/deltas/x", Sha256("ef" * 32), len(stored[0]))


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "not_finite"), (1e9, "overflow")])
def test_a_delta_that_cannot_be_written_makes_letters(
    client: ClientExamples, value: float, reason: str
) -> None:
    compute = ComputeDeltas(Returns(np.array([value], np.float32)), DeltaCodec.FP16)
    (letters,) = compute.compute(BASE, [client], SPAN, never)
    assert isinstance(letters, list)
    assert [type(letter) for letter in letters] == [Letter]
    assert (letters[0].event.reason, letters[0].event.offset, letters[0].key) == (reason, 12, b"k")


def test_what_is_left_out_goes_on_with_the_ranges_next_delta_and_no_further(client: ClientExamples) -> None:
    size = 100
    base = BaseModel(BASE.lineage, BASE.version, BASE.link, {"weight": np.zeros(size, np.float32)})
    clients = [client, ClientExamples(ClientId("bob"), client.examples * 3)]
    given = np.linspace(0.1, 1.0, size, dtype=np.float32)
    compute = ComputeDeltas(Returns(given), DeltaCodec.TOPK, 0.2)

    def payloads() -> list[bytes | None]:
        deltas = list(compute.compute(base, clients, SPAN, never))
        assert not any(isinstance(delta, list) for delta in deltas)
        return [delta.payload for delta in deltas if not isinstance(delta, list)]

    first, second = payloads()
    assert first == encode_delta(given, DeltaCodec.TOPK, [size], 0.2)
    left = given - decode_delta(first or b"", DeltaCodec.TOPK, [size])
    assert second == encode_delta(given + left / 3, DeltaCodec.TOPK, [size], 0.2)
    assert second != first
    assert payloads() == [first, second], "the same range gives the same bytes"


def test_an_augmentation_changes_what_is_learnt_as_the_deltas_seed_has_it(client: ClientExamples) -> None:
    bob = ClientExamples(ClientId("bob"), client.examples)

    def learnt(augmentation: Augmentation | None) -> list[bytes]:
        trainer = Returns(np.zeros(2, np.float32))
        compute = ComputeDeltas(trainer, DeltaCodec.FP16, augmentation=augmentation)
        list(compute.compute(BASE, [client, bob], SPAN, never))
        return [one.features.tobytes() for one in trainer.asked]

    plain, changed = learnt(None), learnt(Augmentation())
    assert plain[0] == plain[1]
    assert len({plain[0], *changed}) == 3, "each client's swipes are changed in their own way"
    assert learnt(Augmentation()) == changed
