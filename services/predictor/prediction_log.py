"""Writes what was predicted to the log, beside the requests: it never makes one wait and never fails one."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager

from fedswipe.backoff import Stopped, retry_until_stopped
from fedswipe.event_log import EventSink
from fedswipe.events import PredictionServed
from fedswipe.kafka.partitioning import partition_of
from fedswipe.serving.state import in_share
from fedswipe.telemetry import meter
from fedswipe.topology import PREDICTIONS

WAITING = 10_000  # predictions that may wait for the broker; beyond them they are dropped
NOTICE_SECONDS = 0.2  # how long a stop may wait; a prediction never waits for it


class PredictionLog:
    """Takes predictions from any thread and sends them in one of its own; a worker of `lifecycle.serve`.

    `connect` opens a sink; it may raise Retryable. `share` in [0, 1] of the swipes is written: for one swipe
    the answer is the same at every predictor. `dropped` counts what found no room or no broker.
    """

    def __init__(
        self, connect: Callable[[], AbstractContextManager[EventSink]], share: float, waiting: int = WAITING
    ) -> None:
        self.written = 0
        self.dropped = 0
        self._connect = connect
        self._share = share
        self._queue: queue.Queue[PredictionServed] = queue.Queue(waiting)
        self._stopping = threading.Event()
        self._counting = threading.Lock()
        self._dropped = meter("fedswipe.predictor").create_counter("fedswipe.predictor.predictions_dropped")

    def offer(self, prediction: PredictionServed) -> None:
        """Take a prediction if it is of the share, and drop it if there is no room; returns at once."""
        if not in_share(self._share, prediction.client_id, prediction.swipe_id):
            return
        try:
            self._queue.put_nowait(prediction)
        except queue.Full:
            self._drop()

    def run(self) -> None:
        """Send what is offered until `stop`; a broker that is away only makes it drop."""
        try:
            opened = retry_until_stopped(self._connect, self._stopping)
        except Stopped:
            return
        with opened as sink:
            while not (self._stopping.is_set() and self._queue.empty()):
                try:
                    self._send(sink, self._queue.get(timeout=NOTICE_SECONDS))
                except queue.Empty:
                    continue

    def stop(self) -> None:
        """Make `run` send what it holds and return; what is offered from here on may be lost."""
        self._stopping.set()

    def __str__(self) -> str:
        return f"{self.written} written, {self.dropped} dropped"

    def _send(self, sink: EventSink, one: PredictionServed) -> None:
        partition = partition_of(one.client_id, PREDICTIONS.partitions)
        sent = sink.send(PREDICTIONS, one, key=one.client_id, partition=partition)
        sent.add_done_callback(self._done)

    def _done(self, sent: "Future[int]") -> None:
        if sent.exception() is not None:
            self._drop()
        else:
            with self._counting:
                self.written += 1

    def _drop(self) -> None:
        with self._counting:
            self.dropped += 1
        self._dropped.add(1)
