"""Federated training as it is in production: swipes over HTTP, Kafka, the trainer, the aggregator, MinIO.

The same rounds as a simulation's: who takes part and with which swipes is drawn alike. A person who comes
again sends the swipes under new ids. Ranges of swipes end at train requests, so a client makes one delta a
round, and as many deltas as clients close a window.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console

from fedswipe.cli.addresses import model_store
from fedswipe.cli.prepare import prepare, services
from fedswipe.cli.stack import ConsoleReporter
from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.weights import Weights, from_bytes
from fedswipe.local.addresses import Addresses
from fedswipe.local.down import take_down
from fedswipe.local.up import bring_up
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People, Swipes
from fedswipe.runs.simulated_clients import able, draw_round
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.topology import lineage
from services.aggregator.settings import Settings as AggregatorSettings
from services.trainer.app import local_recipe
from services.trainer.settings import Settings as TrainerSettings

MODEL_SECONDS = 120.0  # within which a round's model is there
WINDOW = ("deltas", "records", "seconds", "max_examples", "max_norm", "over_norm", "rule", "byzantine")
OPTIMIZER = ("optimizer", "momentum", "beta1", "beta2", "tau", "noise", "privacy_delta")
LOCAL = ("epochs", "optimizer", "learning_rate", "batch_size", "candidates", "spelling", "clip_norm")
Progress = Callable[[int, int, float], None]  # rounds done, rounds in all, nothing


def through_the_loop(
    config: Config, people: People, judge: Judge, folder: RunFolder, progress: Progress
) -> Weights:
    """Bring a stack up in the folder, send every round's swipes, take the last model; leave nothing up."""
    told, line = config.simulate, lineage(config.lineage)
    if told.scaffold or told.secure:
        raise FedswipeError("simulate.scaffold, simulate.secure: the services have neither; leave them out")
    _check_told(config)
    clients = able(told, people.clients)
    with (
        running(folder.path / "stack", config) as (addresses, gateway),
        LineageWatch(KafkaSettings(addresses.kafka), line) as watch,
        ThreadPoolExecutor(1) as sender,
    ):
        store = model_store(addresses)

        def head() -> Weights:
            return from_bytes(store.get(watch.event(watch.version).model), judge.architecture)

        def record(number: int) -> None:
            if number < told.rounds:
                drawn = draw_round(told, clients, np.random.default_rng([config.seed, number]))
                gateway.record(_senders(drawn, number * told.most))

        recorded = sender.submit(record, 0)
        watch.wait_for(1, MODEL_SECONDS)
        for number in range(told.rounds):
            recorded.result()
            version = watch.version
            gateway.train()
            recorded = sender.submit(record, number + 1)  # people swipe on while a round is learnt
            watch.wait_for(version + 1, MODEL_SECONDS)
            figures = {}
            if (number + 1) % config.judge_every == 0:
                figures = judge.on_the_way(head(), config.judged_swipes)
            folder.note(number + 1, **figures)
            progress(number + 1, told.rounds, float("nan"))
        return head()


@contextmanager
def running(folder: Path, config: Config) -> Iterator[tuple[Addresses, Gateway]]:
    """A stack whose services are told what a simulation is told."""
    reporter = ConsoleReporter(Console(stderr=True))
    parts = services([config.lineage])
    parts["trainer"] = parts["trainer"] | trainer_variables(config)
    parts["aggregator"] = parts["aggregator"] | aggregator_variables(config)
    try:
        state = bring_up(folder, environ=os.environ, services=parts, prepare=prepare, reporter=reporter)
        address = {part.name: part.address for part in state.running}
        gateway = Gateway(address["ingest"], "", lineage(config.lineage).layout)
        yield state.addresses, gateway
        gateway.close()
    finally:
        take_down(folder, keep_data=False, reporter=reporter)


def trainer_variables(config: Config) -> dict[str, str]:
    """What a simulation's clients are told, for the trainer."""
    told = config.simulate
    local = {name: getattr(told.local, name) for name in LOCAL}
    more = {
        "rate_decay": told.local.decay,
        "fedprox_mu": told.local.fedprox_mu,
        "augmentation": told.augmentation is not None,
        "calibration": told.local.calibrates,
        "codec": told.codec,
        "topk_share": told.top_k_share,
        "stack": told.stack,
        "threads": config.threads,
        "range_swipes": 4096,
        "range_seconds": MODEL_SECONDS,  # train requests end ranges
        "held_swipes": 65536,
        "held_bytes": 1_000_000_000,
    }
    named = {
        f"TRAINER_{name.upper()}": "" if value is None else str(value)
        for name, value in {**local, **more}.items()
    }
    return named | {"DEVICE": told.local.device}


def aggregator_variables(config: Config) -> dict[str, str]:
    """What a simulation's window is told, for the aggregator."""
    window = config.simulate.window
    told = {name: getattr(window, name) for name in (*WINDOW, *OPTIMIZER)}
    told |= {"learning_rate": window.server_learning_rate, "rate_decay": window.server_decay}
    return {f"AGGREGATOR_{name.upper()}": str(value) for name, value in told.items()}


def _check_told(config: Config) -> None:
    told, keys = config.simulate, {"FEDSWIPE_S3_ACCESS_KEY": "-", "FEDSWIPE_S3_SECRET_KEY": "-"}
    local = local_recipe(TrainerSettings.from_env(keys | trainer_variables(config)))
    window = AggregatorSettings.from_env(keys | aggregator_variables(config)).recipe()
    for name, wanted, found in (("local", told.local, local), ("window", told.window, window)):
        if wanted != found:
            raise FedswipeError(f"simulate.{name}: {wanted}; the services can only be told {found}")


def _senders(round_: dict[str, Swipes], first: int) -> list[Client]:
    return [
        Client(name, tuple(map(LabelledGesture, swipes.words, swipes.gestures)), first)
        for name, swipes in round_.items()
    ]
