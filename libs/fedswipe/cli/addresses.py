"""Where the commands find Kafka and the object store: what the environment says, or the stack that is up."""

import os

from fedswipe.cli.prepare import bucket_name
from fedswipe.local.addresses import KAFKA, Addresses
from fedswipe.local.state import State, default_folder
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings


def current_addresses() -> Addresses:
    """Return those of the environment, else of the stack that is up; StackError when there is neither."""
    given = KAFKA in os.environ
    return Addresses.from_env(os.environ) if given else State.load(default_folder(os.environ)).addresses


def kafka_address() -> str:
    """Return the bootstrap servers alone; StackError as `current_addresses`."""
    return os.environ.get(KAFKA) or State.load(default_folder(os.environ)).addresses.kafka


def model_store(addresses: Addresses, bucket: str | None = None) -> S3ModelStore:
    """Return the store of a bucket, by default of the models'."""
    s3 = addresses.s3
    name = bucket or bucket_name(os.environ)
    return S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, name, s3.region))
