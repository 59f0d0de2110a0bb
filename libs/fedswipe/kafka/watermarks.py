"""Where a partition begins and ends for a consumer."""

import tenacity
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from fedswipe.kafka.errors import reason

AGAIN_SECONDS = 0.05


def watermarks(consumer: Consumer, topic: str, partition: int, seconds: float) -> tuple[int, int]:
    """Return the first kept offset and the one behind the last that this consumer may read.

    A client that asks while its broker shuts down, or right after a topic was made, is told that there is no
    leader, and believes so for minutes: every later question fails at once, unasked, and leaks some bytes.
    Reading the topic's metadata again ends that. Raises KafkaException when nobody answers in time.
    """

    def look_again(_: tenacity.RetryCallState) -> None:
        consumer.list_topics(topic, seconds)

    patiently = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_has_no_leader),
        before_sleep=look_again,
        wait=tenacity.wait_fixed(AGAIN_SECONDS),
        stop=tenacity.stop_after_delay(seconds),
        reraise=True,
    )
    return patiently(consumer.get_watermark_offsets, TopicPartition(topic, partition), seconds)


def _has_no_leader(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and reason(error).code() == KafkaError._UNKNOWN_PARTITION
