"""`fedswipe replay`: a stretch of a partition, published again into another topic or cluster."""

from rich.console import Console

from fedswipe.cli.audit_verify import bars
from fedswipe.cli.servers import kafka
from fedswipe.kafka.republish import Stretch, republish
from fedswipe.kafka.settings import KafkaSettings


def replay(
    *, topic: str, partition: int, first: int, end: int, into: str, into_kafka: str | None, rate: float | None
) -> None:
    """Publish it and say how many records it was."""
    source = KafkaSettings(kafka())
    target = KafkaSettings(into_kafka) if into_kafka else source
    stretch = Stretch(topic, partition, first, end)
    with bars() as progress:
        sent = republish(
            source, stretch, target, into, rate, lambda at: progress("replaying", at - first, end - first)
        )
    Console().print(f"{sent} records of {topic}[{partition}] [{first}, {end}) are in {into}[{partition}].")
