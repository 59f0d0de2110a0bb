"""Creates the flow's topics and the groups' first positions, and tells how far they are."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import tenacity
from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from fedswipe.errors import FedswipeError
from fedswipe.events import Event
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.settings import Config, KafkaSettings
from fedswipe.topology import FOREVER, GROUPS, SCHEMAS, TOPICS, Group, Topic

T = TypeVar("T")
NEW_LEADER_SECONDS = 10.0
BY_BROKER = {"message.timestamp.type": "LogAppendTime"}


class NoLeader(BrokerUnavailable):
    """A broker answers, and a partition has no leader there, as for a moment after a start."""


class Admin:
    """The operator's hand on the cluster. Every method raises BrokerUnavailable when none answers in time.

    Each question has a client of its own, which has nothing to remember and nothing to forget; thread-safe.
    Offsets are asked by a consumer: the admin client's two calls for them can crash the process, see
    docs/adr/0037.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._timeout = settings.request_timeout_ms / 1000

    def create_topics(self, replication: int = 1) -> list[str]:
        """Create what is missing, commit each group's first position, return the new topics' names.

        A topic that exists keeps its settings; another partition count than the topology's is refused
        with a FedswipeError. Safe to run again, also after a crash in the middle.
        """
        wanted = [_new_topic(topic, replication) for topic in TOPICS] + [_schema_topic(replication)]
        client = AdminClient(self._settings.client())
        self._check_partitions(client, {topic.topic: topic.num_partitions for topic in wanted})
        answers = client.create_topics(wanted, operation_timeout=self._timeout)
        created = [name for name, answer in answers.items() if self._created(answer)]
        for group in GROUPS:
            _patiently(partial(self._commit_first_positions, group))
        return created

    def ends(self, topic: Topic[Event]) -> dict[int, int]:
        """Return, for each partition, the offset behind its last record, transactions' markers included."""
        latest = [TopicPartition(topic.name, p, OFFSET_END) for p in range(topic.partitions)]
        with self._asking("fedswipe.ends", {"isolation.level": "read_uncommitted"}) as consumer:
            answers = consumer.offsets_for_times(latest, self._timeout)
        for at in answers:
            if at.error is not None or at.offset < 0:
                raise NoLeader(f"{at.topic} [{at.partition}]: {at.error or 'the broker tells no offset'}")
        return {at.partition: at.offset for at in answers}

    def retention_ms(self, topic: Topic[Event]) -> int | None:
        """Return how long the broker keeps a topic's records, by its real configuration; None: for ever."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic.name)
        client = AdminClient(self._settings.client())
        (answer,) = client.describe_configs([resource], request_timeout=self._timeout).values()
        milliseconds = int(self._result(answer)["retention.ms"].value)
        return None if milliseconds < 0 else milliseconds

    def committed(self, group: Group) -> dict[tuple[str, int], int]:
        """Return a group's committed offset for each of its topics' partitions that has one."""
        with self._asking(group.name) as consumer:
            found = consumer.committed(_partitions(group), self._timeout)
        return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}

    def _commit_first_positions(self, group: Group) -> None:
        """Commit 0 where the group has no position and nothing was ever written: there is nothing to skip."""
        known = self.committed(group)
        empty = [
            TopicPartition(topic.name, partition, 0)
            for topic in group.topics
            for partition, end in self.ends(topic).items()
            if end == 0 and (topic.name, partition) not in known
        ]
        if empty:
            with self._asking(group.name) as consumer:
                consumer.commit(offsets=empty, asynchronous=False)

    @contextmanager
    def _asking(self, group: str, special: Config | None = None) -> Iterator[Consumer]:
        """Speak for a group without joining it."""
        consumer = Consumer(self._settings.reader(group) | (special or {}))
        try:
            yield consumer
        except KafkaException as error:
            none = error.args[0].code() == KafkaError._UNKNOWN_PARTITION  # no partition has one
            raise (NoLeader if none else BrokerUnavailable)(f"Kafka: {error}") from error
        finally:
            consumer.close()

    def _check_partitions(self, client: AdminClient, wanted: Mapping[str, int]) -> None:
        try:
            topics = client.list_topics(timeout=self._timeout).topics
        except KafkaException as error:
            raise BrokerUnavailable(f"Kafka: {error}") from error
        for name, count in wanted.items():
            if name in topics and len(topics[name].partitions) != count:
                have = len(topics[name].partitions)
                raise FedswipeError(f"{name}: has {have} partitions, the topology says {count}; "
                                    "partition counts never change, use a new topic version")  # fmt: skip

    def _created(self, answer: "Future[None]") -> bool:
        try:
            answer.result(self._timeout)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                return False
            raise BrokerUnavailable(f"Kafka: {error}") from error
        except FutureTimeout as error:
            raise BrokerUnavailable(f"Kafka: no answer within {self._timeout:g} s") from error
        return True

    def _result(self, answer: "Future[T]") -> T:
        try:
            return answer.result(self._timeout)
        except (KafkaException, FutureTimeout) as error:
            raise BrokerUnavailable(f"Kafka: {error or 'no answer in time'}") from error


def _patiently(operation: Callable[[], None]) -> None:
    """Repeat for a while: the leaders of new partitions take a moment to know that they lead."""
    tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(BrokerUnavailable),
        wait=tenacity.wait_random_exponential(multiplier=0.05, max=0.5),
        stop=tenacity.stop_after_delay(NEW_LEADER_SECONDS),
        reraise=True,
    )(operation)


def _partitions(group: Group) -> list[TopicPartition]:
    return [TopicPartition(topic.name, p) for topic in group.topics for p in range(topic.partitions)]


def _new_topic(topic: Topic[Event], replication: int) -> NewTopic:
    retention = -1 if topic.retention is FOREVER else int(topic.retention.total_seconds() * 1000)
    config = {
        "cleanup.policy": "delete",
        "retention.ms": str(retention),
        "max.message.bytes": str(topic.max_bytes),
    }
    return NewTopic(topic.name, topic.partitions, replication, config=BY_BROKER | config)


def _schema_topic(replication: int) -> NewTopic:
    return NewTopic(
        SCHEMAS.name, SCHEMAS.partitions, replication, config=BY_BROKER | {"cleanup.policy": "compact"}
    )
