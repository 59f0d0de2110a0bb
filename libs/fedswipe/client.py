"""For gateways that write swipes straight to Kafka: the same validation as ingest, the same topic."""

from concurrent.futures import Future

from numpy.typing import ArrayLike

from fedswipe.event_log import EventSink
from fedswipe.kafka.partitioning import partition_of
from fedswipe.swipe_check import recorded
from fedswipe.topology import SWIPES


class SwipeClient:
    """Records swipes; thread-safe. The sink stays the caller's:

    with EventProducer(KafkaSettings("host:9092")) as producer:
        SwipeClient(producer).record_swipe(...).result()
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink

    def record_swipe(
        self,
        *,
        client_id: str,
        swipe_id: str,
        layout: str,
        word: str | None,
        width: float,
        height: float,
        points: ArrayLike,
    ) -> "Future[int]":
        """Send one swipe; the future is done when it is stored with acks=all, or gives BrokerUnavailable.

        swipe_id: yours, the same again when you send the swipe again. points: rows (x, y, t), x and y in the
        keyboard's pixels, t in ms. width, height: of the keyboard in pixels. Raises InvalidSwipe at once.
        """
        swipe = recorded(
            client_id=client_id,
            swipe_id=swipe_id,
            layout=layout,
            word=word,
            width=width,
            height=height,
            points=points,
        )
        partition = partition_of(client_id, SWIPES.partitions)
        return self._sink.send(SWIPES, swipe, key=client_id, partition=partition)
