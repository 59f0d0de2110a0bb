"""The aggregator: deltas in, global models out. `python -m services.aggregator.app`."""

import asyncio
import os
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Any, cast

import faust

from fedswipe.clock import MonotonicClock
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.consume_loop import ConsumeLoop
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_bytes
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.telemetry import configure_logging
from fedswipe.topology import AGGREGATORS, Lineage, lineage
from services.aggregator.agents import Folding, Running, add_agents, add_pages, add_threads, without_kafka
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.kafka_log import KafkaLineageLog
from services.aggregator.mailbox import HeadMoved, Mail
from services.aggregator.objects import Objects
from services.aggregator.settings import Settings


def create_app(settings: Settings, kafka: KafkaSettings, s3: S3Settings, line: Lineage) -> faust.App:
    """Wire one lineage's folding, source to sink."""
    app = faust.App(
        "fedswipe-aggregator",
        broker=f"kafka://{kafka.bootstrap}",
        store="memory://",
        autodiscover=False,
        datadir=Path(tempfile.gettempdir()) / "fedswipe-aggregator",  # Faust wants one; nothing is kept there
        web_host=settings.host,
        web_bind=settings.host,
        web_port=settings.port,
    )
    without_kafka(app)
    mailbox = app.channel()
    stopping = threading.Event()

    def post(mail: Mail) -> None:
        """Put mail into the app's channel from another thread, in order."""
        if not stopping.is_set():
            asyncio.run_coroutine_threadsafe(mailbox.put(cast(Any, mail)), app.loop).result()

    store = S3ModelStore(s3)
    producer = EventProducer(kafka)
    chain_reader = ChainReader(kafka, line, lambda _: post(HeadMoved()))
    delta_reader = DeltaReader(line, chain_reader, post)
    loop = ConsumeLoop(kafka, AGGREGATORS, delta_reader)
    recipe = settings.recipe()
    architecture = Architecture(load_layout(line.layout))
    aggregation = Aggregation(
        chain_reader.chain,
        Objects(store, line, architecture, recipe, partial(factory_bytes, line.model_id)),
        KafkaLineageLog(kafka, line, producer, chain_reader, delta_reader),
        store,
        PublishedSchemas(kafka),
        recipe,
        MonotonicClock(),
        stopping,
    )
    add_agents(app, mailbox, Folding(aggregation, delta_reader))
    add_threads(app, stopping, [Running("chain", chain_reader), Running("deltas", loop)])
    add_pages(
        app,
        lambda: {
            "chain": "ok" if chain_reader.wait_caught_up(0) else "not read to its end yet",
            "store": "ok" if store.breaker_state == "closed" else f"circuit {store.breaker_state}",
        },
    )
    return app


def main() -> None:
    """Run until SIGTERM; a crash ends the process with another code than 0."""
    configure_logging("aggregator")
    settings = Settings.from_env(os.environ)
    kafka, s3 = KafkaSettings.from_env(os.environ), S3Settings.from_env(os.environ)
    app = create_app(settings, kafka, s3, lineage("swipe-en"))
    faust.Worker(app, override_logging=False, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
