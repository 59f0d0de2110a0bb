"""The trainer as a process, on a real broker and a real object store: swipes in, deltas out, a clean stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from minio import Minio

from fedswipe import codec
from fedswipe.events import (
    ClosedBy,
    DeltaCodec,
    DeltaComputed,
    GlobalModelPublished,
    OffsetRange,
    TrainingRequested,
    Version,
)
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.partitioning import partition_of
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import decode_delta
from fedswipe.learning.weights import to_bytes, with_search
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.services import start_service
from fedswipe.local.stack import OwnStack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.typists import Typist, simulate_typists
from fedswipe.swipe_check import recorded
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import GLOBAL_MODELS, LINEAGES, SWIPES, TRAIN_REQUESTS, TRAINERS, WEIGHT_DELTAS
from fedswipe.training.network import fresh_weights

LINE = LINEAGES[0]
LAYOUT = load_layout(LINE.layout)
DEADLINE = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    """A stack of its own: deltas of an untrained network have no place among others' records."""
    with own_stack(tmp_path_factory.mktemp("trainer")) as running:
        yield running


def publish_models(stack: OwnStack, producer: EventProducer) -> None:
    """Every lineage's first model: the trainer is ready with all of them."""
    s3 = stack.s3
    Minio(s3.url.partition("://")[2], s3.access_key, s3.secret_key, secure=False).make_bucket("fedswipe")
    store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url))
    for line in LINEAGES:
        fresh = fresh_weights(Architecture(load_layout(line.layout)), seed=0)
        weights = with_search(fresh, SearchWeights(0.25, 1.5, 1.0))
        ref, start = (
            store.put(f"{line.model_id}/models", to_bytes(weights)),
            OffsetRange(line.partition, 0, 0),
        )
        first = GlobalModelPublished(
            *(line.model_id, Version(1), "", (start,), ref, ref, ref, ref, 0, 0, 0), ClosedBy.FACTORY, None
        )
        producer.send(GLOBAL_MODELS, first, key=line.model_id, partition=line.partition).result()


def send_swipes(producer: EventProducer, typist: Typist) -> tuple[int, list[int], int]:
    """Send swipes and a train request behind them; return partition, the swipes' offsets, the request's."""
    client, at = typist.client_id, partition_of(typist.client_id, SWIPES.partitions)
    offsets = []
    for number, (word, gesture) in enumerate(zip(typist.words, typist.gestures, strict=True)):
        swipe = recorded(
            client_id=client,
            swipe_id=str(number),
            layout=LINE.layout,
            word=word,
            width=gesture.width,
            height=gesture.height,
            points=gesture.points,
        )
        offsets.append(producer.send(SWIPES, swipe, key=client, partition=at).result())
    request = TrainingRequested("r", None, at, offsets[-1] + 1)
    return at, offsets, producer.send(TRAIN_REQUESTS, request, key=client, partition=at).result()


def deltas(kafka: KafkaSettings) -> list[DeltaComputed]:
    end = Admin(kafka).ends(WEIGHT_DELTAS)[LINE.partition]
    records = read_range(kafka, WEIGHT_DELTAS, LINE.partition, 0, end)
    return [codec.decode(DeltaComputed, record.value, codec.PackagedSchemas()) for record in records]


def test_each_client_gets_one_delta_also_over_a_kill_and_sigterm_ends_the_process_cleanly(
    stack: OwnStack, tmp_path: Path
) -> None:
    kafka = KafkaSettings(stack.kafka)
    admin = Admin(kafka)
    admin.create_topics()
    one, two = simulate_typists(LAYOUT, load_lexicon("en-10k"), people=2, swipes_each=8, seed=1)
    environ = {
        **stack.addresses.environ(),
        "TRAINER_RANGE_SECONDS": "3600",
        "FEDSWIPE_KAFKA_SESSION_TIMEOUT_MS": "6000",
    }
    with EventProducer(kafka) as producer, Leash() as leash:
        publish_models(stack, producer)
        log = tmp_path / "trainer.log"
        trainer = start_service("trainer", FreePorts().take("trainer"), environ, log, leash)
        trainer.wait_ready()

        _, offsets, _ = send_swipes(producer, one)
        until(lambda: admin.ends(WEIGHT_DELTAS)[LINE.partition] > 0)
        (delta,) = deltas(kafka)
        assert (delta.client_id, delta.swipe_offsets, delta.examples) == (one.client_id, tuple(offsets), 8)
        assert (delta.base_version, delta.codec) == (1, DeltaCodec.FP16)
        assert decode_delta(delta.payload or b"", delta.codec, Architecture(LAYOUT).sizes).any()

        partition, offsets, request = send_swipes(producer, two)
        trainer.kill()
        trainer.restart()
        settled = (TRAIN_REQUESTS.name, partition)
        until(lambda: admin.committed(TRAINERS)[settled] == request + 1)
        found = [delta.swipe_offsets for delta in deltas(kafka) if delta.client_id == two.client_id]
        assert found == [tuple(offsets)]

        assert trainer.stop(grace=10.0) == 0, log.read_text()
