"""Which Kafka and which object store a command speaks to."""

import os

from fedswipe.local.addresses import KAFKA, Addresses, kafka_from_env
from fedswipe.local.state import State, default_folder
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings


def addresses() -> Addresses:
    """Return those of the environment, else of the stack that is up; FedswipeError when there is neither."""
    given = KAFKA in os.environ
    return Addresses.from_env(os.environ) if given else State.load(default_folder(os.environ)).addresses


def kafka() -> str:
    """Return Kafka's address alone; FedswipeError when neither the environment nor a stack gives one."""
    return kafka_from_env(os.environ) or State.load(default_folder(os.environ)).addresses.kafka


def store(servers: Addresses, bucket: str) -> S3ModelStore:
    """Return a bucket of the object store."""
    s3 = servers.s3
    return S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, bucket, s3.region))
