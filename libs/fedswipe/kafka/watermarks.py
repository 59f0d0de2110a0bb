"""Where a partition begins and ends for a consumer."""

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from fedswipe.kafka.errors import reason


def watermarks(consumer: Consumer, topic: str, partition: int, seconds: float) -> tuple[int, int]:
    """Return the first kept offset and the one behind the last that this consumer may read.

    A client that asks while its broker shuts down is told that the partition has no leader, and believes so
    for minutes: every later question fails at once, unasked, and leaks some bytes. Reading the topic's
    metadata again ends that. Raises KafkaException when no broker answers in time.
    """
    at = TopicPartition(topic, partition)
    try:
        return consumer.get_watermark_offsets(at, seconds)
    except KafkaException as error:
        if reason(error).code() != KafkaError._UNKNOWN_PARTITION:
            raise
        consumer.list_topics(topic, seconds)
        return consumer.get_watermark_offsets(at, seconds)
