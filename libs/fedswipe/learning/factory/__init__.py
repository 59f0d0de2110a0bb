"""The models that come with the package, ``fedswipe pretrain`` made them from synthetic swipes only."""

from importlib import resources

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights, from_bytes


def factory_bytes(model_id: str) -> bytes:
    """The lineage's first model as it is published; ``ValueError`` names the known lineages."""
    known = factory_model_ids()
    if model_id not in known:
        raise ValueError(f"no factory model for {model_id!r}; there are {', '.join(known)}")
    return resources.files(__package__).joinpath(f"{model_id}.safetensors").read_bytes()


def factory_weights(model_id: str, architecture: Architecture) -> Weights:
    """The lineage's first model, verified."""
    return from_bytes(factory_bytes(model_id), architecture)


def factory_model_ids() -> tuple[str, ...]:
    """The lineages that have a factory model."""
    names = (file.name for file in resources.files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".safetensors") for name in names if name.endswith(".safetensors")))
