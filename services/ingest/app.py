"""The ingest service: HTTP in, swipes and train requests out. `python -m services.ingest.app`."""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from fedswipe.audit.topics import TopicEvidence
from fedswipe.errors import FedswipeError
from fedswipe.exit import run_and_exit
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.producer import EventProducer
from fedswipe.lifecycle import serve
from fedswipe.modelstore.s3 import S3Settings
from fedswipe.telemetry import configure_logging
from fedswipe.topology import LINEAGES, SWIPES
from fedswipe.worker import Worker
from services.ingest.api import create_app
from services.ingest.clients.handlers import Clients
from services.ingest.connection import Connection
from services.ingest.following import Following
from services.ingest.handlers import Ingest
from services.ingest.pipeline.wiring import Wired
from services.ingest.settings import Settings

PROBE_MS = 1_000  # a readiness probe wants an answer sooner than a request does


def main() -> None:
    """Run until SIGTERM."""
    configure_logging("ingest")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every request that is handed on
    try:
        settings = Settings.from_env(os.environ)
        s3 = S3Settings.from_env(os.environ) if os.environ.get("FEDSWIPE_S3") else None
    except FedswipeError as error:
        sys.exit(f"ingest: {error}")
    run(settings, s3)


def run(settings: Settings, s3: S3Settings | None) -> None:
    """Wire the service: HTTP -> handlers -> Kafka, and Kafka -> the pipeline's board -> HTTP."""
    connection = Connection(lambda: EventProducer(settings.kafka))
    shown = Wired.of(settings, s3) if settings.pipeline else None
    followings = shown.followings if shown else [Following(settings.kafka, line) for line in LINEAGES]
    probe = Admin(replace(settings.kafka, request_timeout_ms=PROBE_MS))

    def checks() -> Mapping[str, str]:
        if not connection.connected:
            return {"kafka": "not connected yet"}
        try:
            probe.ends(SWIPES)
        except BrokerUnavailable as error:
            return {"kafka": str(error)}
        return {"kafka": "ok"}

    ingest = Ingest(
        connection,
        Admin(settings.kafka),
        heads=lambda: {following.lineage.model_id: following.head for following in followings},
        seconds=settings.answer_seconds,
    )
    evidence = TopicEvidence(settings.kafka)
    workers: list[Worker] = [connection, *followings, *(shown.workers if shown else ())]
    app = create_app(
        settings,
        ingest,
        checks,
        clients=Clients(connection, evidence, settings.answer_seconds, settings.history_seconds),
        board=shown.board if shown else None,
        operator=shown.operator if shown else None,
    )
    closing = shown.board.changes.close if shown else lambda: None
    serve(app, settings.http_host, settings.http_port, workers, closing)


if __name__ == "__main__":
    run_and_exit(main)
