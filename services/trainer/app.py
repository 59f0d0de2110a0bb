"""The trainer, wired from top to bottom: swipes and train requests in, deltas out.

chain reader -> head follower -> heads --+
consume loop -> collect swipes -> closed ranges -> train ranges -> one transaction a range
"""

import os
from collections.abc import Mapping
from functools import partial

from fedswipe import telemetry
from fedswipe.clock import MonotonicClock
from fedswipe.errors import FedswipeError
from fedswipe.events import DeltaCodec
from fedswipe.exit import run_and_exit
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.clients_reader import ClientsReader
from fedswipe.kafka.consume_loop import ConsumeLoop
from fedswipe.kafka.log_range import read_range, read_to_end
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.kafka.transaction import TransactionalProducer
from fedswipe.lifecycle import serve
from fedswipe.modelstore import ModelStore
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.topology import LINEAGES, SWIPES, TRAINERS, Lineage, dead_letters
from fedswipe.training.augmentation import Augmentation
from fedswipe.training.local import LocalRecipe
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer, device_named
from fedswipe.worker import Worker
from services.trainer.api import Readiness, create_app
from services.trainer.closed_ranges import ClosedRanges
from services.trainer.deltas import ComputeDeltas
from services.trainer.handlers import CollectSwipes, LogEnd
from services.trainer.heads import HeadFollower, Heads, Published
from services.trainer.memory import SwipeMemory
from services.trainer.settings import Settings
from services.trainer.train_ranges import TrainRanges


def main(environ: Mapping[str, str]) -> None:
    """Run the trainer until SIGTERM."""
    telemetry.configure_logging("trainer")
    settings = Settings.from_env(environ)
    kafka = settings.kafka
    store = S3ModelStore(settings.store(), settings.patience())
    heads, closed, schemas = Heads(), ClosedRanges(), PublishedSchemas(kafka)
    collect = CollectSwipes(
        settings.collecting, closed, MonotonicClock(), PublishedSchemas(kafka), _log_end(kafka)
    )
    lineages = {str(line.model_id): Apparatus.of(line) for line in LINEAGES}
    trainer = TorchTrainer(lineages, local_recipe(settings), settings.threads, settings.stack)
    train = TrainRanges(
        closed,
        heads,
        _compute(settings, trainer),
        store,
        TransactionalProducer(kafka, settings.transactional_id),
        schemas,
        SwipeMemory(
            partial(read_range, kafka, SWIPES),
            partial(read_to_end, kafka, dead_letters(SWIPES)),
            schemas,
            settings.repeat_span,
        ),
        ClientsReader(kafka, schemas).forgotten,
    )
    loop = ConsumeLoop(kafka, TRAINERS, collect)
    followers = [worker for line in LINEAGES for worker in _followers(kafka, line, store, heads)]
    readiness = Readiness(collect, heads, LINEAGES, lambda: store.breaker_state)
    serve(create_app(readiness), settings.http_host, settings.http_port, [loop, train, *followers])


def _followers(kafka: KafkaSettings, line: Lineage, store: ModelStore, heads: Heads) -> list[Worker]:
    follower = HeadFollower(line, store, heads)
    reader = ChainReader(
        kafka, line, lambda link: follower.followed(Published(link, reader.chain.event(link.version)))
    )
    return [reader, follower]


def _compute(settings: Settings, trainer: TorchTrainer) -> ComputeDeltas:
    augmentation = Augmentation() if settings.augmentation else None
    return ComputeDeltas(trainer, DeltaCodec(settings.codec), settings.topk_share, augmentation)


def local_recipe(settings: Settings) -> LocalRecipe:
    """How clients train; FedswipeError when the device is not there."""
    try:
        device = device_named(settings.device)
    except ValueError as error:
        raise FedswipeError(f"DEVICE={settings.device!r}: {error}") from error
    return LocalRecipe(
        epochs=settings.epochs,
        optimizer="sgd" if settings.optimizer == "sgd" else "adam",
        learning_rate=settings.learning_rate,
        decay=settings.rate_decay,
        batch_size=settings.batch_size,
        candidates=settings.candidates,
        spelling=settings.spelling,
        calibrates=settings.calibration,
        clip_norm=settings.clip_norm,
        fedprox_mu=settings.fedprox_mu,
        device=device,
    )


def _log_end(kafka: KafkaSettings) -> LogEnd:
    admin = Admin(kafka)
    return lambda partition: admin.ends(SWIPES)[partition]


if __name__ == "__main__":
    run_and_exit(partial(main, os.environ))
