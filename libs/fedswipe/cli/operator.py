"""What the commands work on: one lineage's log and store, of the stack that is up or of the environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.cli.known_lineage import known_lineage
from fedswipe.kafka.operator_log import open_operator_log
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.modelstore.port import ModelStore
from fedswipe.serving.operator_log import OperatorLog


@dataclass(frozen=True)
class Operator:
    """A lineage's log, read to the end it has now, and the store of its objects."""

    log: OperatorLog
    store: ModelStore


@contextmanager
def open_operator(model_id: str) -> Iterator[Operator]:
    """Open them for a command. FedswipeError for an unknown lineage, or when nothing answers."""
    line, addresses = known_lineage(model_id), current_addresses()
    with open_operator_log(KafkaSettings(addresses.kafka), line) as log:
        yield Operator(log, model_store(addresses))
