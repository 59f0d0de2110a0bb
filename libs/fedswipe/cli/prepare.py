"""Topics and the models' bucket, made before the first service starts; safe to run again."""

import os
from collections.abc import Mapping

from minio import Minio

from fedswipe.kafka.admin import Admin
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.services import SERVICES

BUCKET = "FEDSWIPE_S3_BUCKET"
DEFAULT_BUCKET = "fedswipe"


def prepare(addresses: Addresses) -> None:
    """Create what is missing. BrokerUnavailable when Kafka does not answer."""
    Admin(KafkaSettings(addresses.kafka)).create_topics()
    _make_bucket(addresses.s3, bucket_name(os.environ))


def services() -> dict[str, dict[str, str]]:
    """Return the services that `up` starts, each with the variables it needs beside the addresses."""
    return {name: {BUCKET: bucket_name(os.environ)} for name in SERVICES}


def bucket_name(environ: Mapping[str, str]) -> str:
    """Return the bucket of the models."""
    return environ.get(BUCKET) or DEFAULT_BUCKET


def _make_bucket(s3: S3Address, bucket: str) -> None:
    scheme, _, host = s3.url.partition("://")
    client = Minio(host, s3.access_key, s3.secret_key, secure=scheme == "https", region=s3.region)
    if not client.bucket_exists(bucket):
        client.make_bucket(bucket)
