"""Where the commands find a model: in the package, in a file, or in the stack that is up."""

from pathlib import Path

from fedswipe.cli.addresses import current_addresses, model_store
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.factory import factory_bytes
from fedswipe.topology import lineage

FACTORY, LATEST, S3 = "factory", "latest", "s3://"
HEAD_SECONDS = 10.0


class ModelNotFoundError(FedswipeError):
    """No model has this URI; the message names the kinds of URI there are."""


def resolve_model(uri: str, model_id: str) -> bytes:
    """Return the bytes of a model of this lineage, verified where its name holds its hash.

    `factory` is the packaged one, `latest` the head of the chain, `s3://bucket/key` any published one (both
    in the stack that is up, or that the environment gives), anything else a file's path.
    """
    if uri == FACTORY:
        return factory_bytes(model_id)
    if uri == LATEST:
        return _latest(model_id)
    if uri.startswith(S3):
        bucket, _, key = uri.removeprefix(S3).partition("/")
        store = model_store(current_addresses(), bucket)
        return store.get(store.ref(key))
    path = Path(uri.removeprefix("file://"))
    if not path.is_file():
        raise ModelNotFoundError(f"--model {uri}: not a file; or give {FACTORY}, {LATEST} or s3://bucket/key")
    return path.read_bytes()


def _latest(model_id: str) -> bytes:
    addresses = current_addresses()
    with LineageWatch(KafkaSettings(addresses.kafka), lineage(model_id)) as watch:
        watch.wait_for(1, HEAD_SECONDS)
        ref = watch.event(watch.version).model
    return model_store(addresses).get(ref)
