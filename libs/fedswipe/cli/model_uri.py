"""Where the commands find a model: in the package, or in a file."""

from pathlib import Path

from fedswipe.errors import FedswipeError
from fedswipe.learning.factory import factory_bytes

FACTORY_URI = "factory"


class ModelNotFoundError(FedswipeError):
    """No model has this URI; the message names the kinds of URI there are."""


def resolve_model(uri: str, model_id: str) -> bytes:
    """The bytes of a model: ``factory`` (of the lineage ``model_id``), or the path of a safetensors file."""
    if uri == FACTORY_URI:
        return factory_bytes(model_id)
    path = Path(uri.removeprefix("file://"))
    if not path.is_file():
        raise ModelNotFoundError(f"model {uri!r} is neither {FACTORY_URI!r} nor a file; give one of these")
    return path.read_bytes()
