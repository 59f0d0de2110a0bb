"""Where models, optimiser states and manifests lie: content first, then the pointer in Kafka."""

from fedswipe.events import ObjectRef
from fedswipe.modelstore.port import (
    ContentMismatch,
    ModelStore,
    ObjectMissing,
    StoreMisconfigured,
    StoreUnavailable,
    reference,
    verified,
)

__all__ = [
    "ContentMismatch",
    "ModelStore",
    "ObjectMissing",
    "ObjectRef",
    "StoreMisconfigured",
    "StoreUnavailable",
    "reference",
    "verified",
]
