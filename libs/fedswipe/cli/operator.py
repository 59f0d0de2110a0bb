"""What the commands work on: one lineage's log and store, of the stack that is up or of the environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fedswipe import topology
from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.errors import FedswipeError
from fedswipe.kafka.operator_log import open_operator_log
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.modelstore.port import ModelStore
from fedswipe.serving.operator_log import OperatorLog
from fedswipe.topology import Lineage


@dataclass(frozen=True)
class Operator:
    """A lineage's log, read to the end it has now, and the store of its objects."""

    log: OperatorLog
    store: ModelStore


@contextmanager
def open_operator(model_id: str) -> Iterator[Operator]:
    """Open them for a command. FedswipeError for an unknown lineage, or when nothing answers."""
    line, addresses = _lineage(model_id), current_addresses()
    with open_operator_log(KafkaSettings(addresses.kafka), line) as log:
        yield Operator(log, model_store(addresses))


def _lineage(model_id: str) -> Lineage:
    try:
        return topology.lineage(model_id)
    except KeyError as error:
        raise FedswipeError(f"--model {error.args[0]}") from error
