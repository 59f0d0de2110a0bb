"""The aggregator: deltas in, global models out. `python -m services.aggregator.app`."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import faust

from fedswipe.clock import MonotonicClock
from fedswipe.exit import run_and_exit
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.clients_reader import ClientsReader
from fedswipe.kafka.consume_loop import ConsumeLoop
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.recipe import Recipe
from fedswipe.modelstore.port import ModelStore
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.telemetry import configure_logging
from fedswipe.topology import AGGREGATORS, Lineage
from services.aggregator.agents import Folding, Running, add_agents, add_pages, add_threads, without_kafka
from services.aggregator.delta_reader import DeltaReader
from services.aggregator.handlers import Aggregation
from services.aggregator.kafka_log import KafkaLineageLog
from services.aggregator.mailbox import HeadMoved, Mail
from services.aggregator.objects import Objects
from services.aggregator.settings import Settings


@dataclass(frozen=True)
class Shared:
    """What all lineages use; each has its consumers, its mailbox and its threads to itself."""

    kafka: KafkaSettings
    store: ModelStore
    producer: EventProducer
    recipe: Recipe
    noise_key: bytes | None
    stopping: threading.Event


def create_app(
    settings: Settings, kafka: KafkaSettings, s3: S3Settings, lineages: Sequence[Lineage]
) -> faust.App:
    """Wire the lineages' folding; none waits for another."""
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
    store = S3ModelStore(s3)
    producer, recipe, key = EventProducer(kafka), settings.recipe(), settings.checked_noise_key()
    shared = Shared(kafka, store, producer, recipe, key, threading.Event())
    chains = {line.model_id: add_lineage(app, line, shared) for line in lineages}

    def unread() -> list[str]:
        return [model for model, chain in chains.items() if not chain.wait_caught_up(0)]

    add_pages(
        app,
        lambda: {
            "chain": f"not read to its end yet: {', '.join(late)}" if (late := unread()) else "ok",
            "store": "ok" if store.breaker_state == "closed" else f"circuit {store.breaker_state}",
        },
    )
    return app


def add_lineage(app: faust.App, line: Lineage, shared: Shared) -> ChainReader:
    """Wire one lineage's folding, source to sink; return the reader of its chain."""
    mailbox = app.channel()

    def post(mail: Mail) -> None:
        """Put mail into the app's channel from another thread, in order."""
        if not shared.stopping.is_set():
            asyncio.run_coroutine_threadsafe(mailbox.put(cast(Any, mail)), app.loop).result()

    kafka, architecture = shared.kafka, Architecture(load_layout(line.layout))
    schemas = PublishedSchemas(kafka)
    chain_reader = ChainReader(kafka, line, lambda _: post(HeadMoved()))
    delta_reader = DeltaReader(line, chain_reader, post)
    loop = ConsumeLoop(kafka, AGGREGATORS[line.model_id], delta_reader)
    aggregation = Aggregation(
        chain_reader.chain,
        Objects(
            *(shared.store, line, architecture, shared.recipe),
            partial(factory_bytes, line.model_id),
            shared.noise_key,
        ),
        KafkaLineageLog(
            *(kafka, line, shared.producer, chain_reader, delta_reader, ClientsReader(kafka, schemas))
        ),
        shared.store,
        schemas,
        shared.recipe,
        MonotonicClock(),
        shared.stopping,
    )
    add_agents(app, line.model_id, mailbox, Folding(aggregation, delta_reader))
    running = [Running(f"chain {line.model_id}", chain_reader), Running(f"deltas {line.model_id}", loop)]
    add_threads(app, shared.stopping, running)
    return chain_reader


def main() -> None:
    """Run until SIGTERM; a crash ends the process with another code than 0."""
    configure_logging("aggregator")
    settings = Settings.from_env(os.environ)
    kafka, s3 = KafkaSettings.from_env(os.environ), S3Settings.from_env(os.environ)
    app = create_app(settings, kafka, s3, settings.lineages())
    faust.Worker(app, override_logging=False, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    run_and_exit(main)
