"""Which Kafka and object store a command means: the environment's, else those of the stack that is up."""

import os

from fedswipe.local.addresses import KAFKA, Addresses
from fedswipe.local.state import State, default_folder


def addresses() -> Addresses:
    """Return both addresses; FedswipeError when there is neither an environment nor a stack."""
    return Addresses.from_env(os.environ) if KAFKA in os.environ else _of_stack()


def kafka_address() -> str:
    """Return the bootstrap servers alone; FedswipeError as `addresses`."""
    return os.environ.get(KAFKA) or _of_stack().kafka


def _of_stack() -> Addresses:
    return State.load(default_folder(os.environ)).addresses
