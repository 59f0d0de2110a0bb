"""A lineage's log on Kafka."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from confluent_kafka import Consumer, KafkaException, TopicPartition

from fedswipe.forgotten_clients import Forgotten
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.clients_reader import ClientsReader
from fedswipe.kafka.consume_loop import read_batch
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.record import Record
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.verdict import EXPLANATIONS, Verdict
from fedswipe.topology import GLOBAL_MODELS, WEIGHT_DELTAS, Lineage, dead_letters
from services.aggregator.delta_reader import DeltaReader

SERVICE = "aggregator"


class KafkaLineageLog:
    """Implements `LineageLog`. The loop and the chain reader run in threads of their own."""

    def __init__(
        self,
        settings: KafkaSettings,
        lineage: Lineage,
        producer: EventProducer,
        reader: ChainReader,
        deltas: DeltaReader,
        clients: ClientsReader,
    ) -> None:
        self._settings = settings
        self._lineage = lineage
        self._producer = producer
        self._reader = reader
        self._deltas = deltas
        self._clients = clients
        self._timeout = settings.request_timeout_ms / 1000

    def append_link(self, data: bytes) -> None:
        """Send it, wait for its offset, wait until our chain has read past it; see `LineageLog`."""
        model, partition = self._lineage.model_id, self._lineage.partition
        sent = self._producer.send_bytes(GLOBAL_MODELS.name, data, key=model, partition=partition)
        offset = sent.result()
        if not self._reader.wait_past(offset, self._timeout):
            raise BrokerUnavailable(f"{GLOBAL_MODELS.name}: offset {offset} could not be read back")

    def read_deltas(self, offsets: Sequence[int]) -> list[Record]:
        """Look each offset up; those that retention has deleted are left out."""
        with self._one_off_consumer() as consumer:
            found = map(partial(self._lookup, consumer), offsets)
            return [record for record in found if record is not None]

    def write_letters(self, refused: Sequence[tuple[Record, Verdict]]) -> None:
        """Send the letters and wait for all acknowledgements."""
        topic, key = dead_letters(WEIGHT_DELTAS), self._lineage.model_id
        letters = [r.dead_letter(verdict, EXPLANATIONS[verdict], SERVICE) for r, verdict in refused]
        sent = [self._producer.send(topic, letter, key=key, partition=letter.partition) for letter in letters]
        for acknowledged in sent:
            acknowledged.result()

    def forgotten(self, least: int) -> Forgotten:
        """Read the clients' topic on; see `LineageLog`."""
        return self._clients.forgotten(least)

    def seek(self, offset: int) -> int:
        """Have the reader read on at `offset`; see `LineageLog`."""
        return self._deltas.seek(offset)

    def _lookup(self, consumer: Consumer, offset: int) -> Record | None:
        partition = TopicPartition(WEIGHT_DELTAS.name, self._lineage.partition, offset)
        try:
            first, _ = consumer.get_watermark_offsets(partition, self._timeout)
            if offset < first:
                return None
            consumer.assign([partition])
            records = read_batch(consumer, 1, self._timeout)
        except KafkaException as error:
            raise BrokerUnavailable(f"{WEIGHT_DELTAS.name}: {error}") from error
        if not records:
            raise BrokerUnavailable(f"{WEIGHT_DELTAS.name}: offset {offset} could not be read")
        return records[0] if records[0].offset == offset else None

    @contextmanager
    def _one_off_consumer(self) -> Iterator[Consumer]:
        consumer = Consumer(self._settings.reader("fedswipe.letters"))
        try:
            yield consumer
        finally:
            consumer.close()
