"""Topics and the models' bucket, made before the first service starts; safe to run again."""

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import tenacity
from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from fedswipe.cli.known_lineage import known_lineage
from fedswipe.environment import secret
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.addresses import S3_SECRET_KEY, Addresses, S3Address
from fedswipe.local.services import SERVICES
from fedswipe.topology import LINEAGES

BUCKET = "FEDSWIPE_S3_BUCKET"
DEFAULT_BUCKET = "fedswipe"
PREDICTOR, MODEL = "predictor", "PREDICTOR_MODEL"
INGEST, PREDICTORS = "ingest", "INGEST_PREDICTORS"


def prepare(addresses: Addresses) -> None:
    """Create what is missing. BrokerUnavailable when Kafka does not answer."""
    Admin(KafkaSettings(addresses.kafka)).create_topics()
    _make_bucket(addresses.s3, bucket_name(os.environ))


def prepare_given(environ: Mapping[str, str], seconds: float) -> Addresses:
    """Prepare the servers of the environment, which may still be starting for so many seconds.

    StackError when an address is not set; BrokerUnavailable, or the store's own error, when none answers.
    """
    addresses = Addresses.from_env(environ)
    tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((BrokerUnavailable, MinioException, HTTPError)),
        wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
        stop=tenacity.stop_after_delay(seconds),
        reraise=True,
    )(prepare, addresses)
    return addresses


def write_secret_key(file: Path, environ: Mapping[str, str]) -> None:
    """Write the object store's secret key into a file for its server and its clients to read.

    It is the environment's, or else a new random one. A file that has one is left alone.
    """
    if not file.exists():
        key = secret(environ, S3_SECRET_KEY) or secrets.token_urlsafe(24)
        fresh = file.with_suffix(".new")
        fresh.write_text(key)
        fresh.replace(file)


def services(models: Sequence[str] = (LINEAGES[0].model_id,)) -> dict[str, dict[str, str]]:
    """Return what `up` starts, each part with the variables it needs beside the addresses.

    Ingest, trainer and aggregator work for all lineages; each of `models` has a predictor of its own.
    """
    bucket = {BUCKET: bucket_name(os.environ)}
    parts = {name: bucket for name in SERVICES if name != PREDICTOR}
    return parts | {predictor_of(model): {**bucket, MODEL: model} for model in models}


def wiring(urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what services are told of each other: ingest where predictors are. `urls` are by part."""
    parts = {line.model_id: predictor_of(line.model_id) for line in LINEAGES}
    known = ",".join(f"{model}={urls[part]}" for model, part in parts.items() if part in urls)
    return {INGEST: {PREDICTORS: known}}


def predictor_of(model: str) -> str:
    """Return the name of the part that serves a model: the first lineage's is plainly the predictor."""
    return PREDICTOR if known_lineage(model) == LINEAGES[0] else f"{PREDICTOR}-{model}"


def bucket_name(environ: Mapping[str, str]) -> str:
    """Return the bucket of the models."""
    return environ.get(BUCKET) or DEFAULT_BUCKET


def _make_bucket(s3: S3Address, bucket: str) -> None:
    scheme, _, host = s3.url.partition("://")
    client = Minio(host, s3.access_key, s3.secret_key, secure=scheme == "https", region=s3.region)
    if not client.bucket_exists(bucket):
        client.make_bucket(bucket)
