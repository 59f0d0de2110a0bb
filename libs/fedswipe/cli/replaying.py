"""What `fedswipe replay` does and prints."""

from rich.console import Console

from fedswipe.cli.addresses import kafka_address
from fedswipe.cli.audit_verify import bars
from fedswipe.kafka.republish import Stretch, republish
from fedswipe.kafka.settings import KafkaSettings


def replay(
    *, topic: str, partition: int, first: int, end: int, into: str, into_kafka: str | None, rate: float | None
) -> None:
    """Publish it and say how many records it was."""
    source = KafkaSettings(kafka_address())
    target = KafkaSettings(into_kafka) if into_kafka else source
    stretch = Stretch(topic, partition, first, end)
    with bars() as progress:
        sent = republish(
            source, stretch, target, into, rate, lambda at: progress("replaying", at - first, end - first)
        )
    Console().print(f"{sent} records of {topic}[{partition}] [{first}, {end}) are in {into}[{partition}].")
