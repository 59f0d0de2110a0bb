"""The port: content-addressed objects, verified by every reader, never deleted by a publisher."""

import hashlib
import re
from typing import Protocol

from fedswipe.errors import FedswipeError, Retryable
from fedswipe.events import ObjectRef, Sha256

_KIND = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_SUFFIXES = {"models": ".safetensors", "optimisers": ".safetensors", "manifests": ".json", "recipes": ".json"}
_SUFFIXES |= {"evidence": ".avro", "swipe-references": ".json", "archives": ".json"}


class StoreUnavailable(Retryable):
    """The store did not answer within its bound, answered with a server's error, or its circuit is open."""


class ObjectMissing(Retryable):
    """No object of this name. A pointer is published after its content, so it can still appear."""


class ContentMismatch(FedswipeError):
    """An object is not what its reference says. Never retried in silence: someone changed the store."""


class StoreMisconfigured(FedswipeError):
    """The store refuses us: wrong keys, no such bucket, no right to it. Waiting does not help."""


class ModelStore(Protocol):
    """Content-addressed storage. Implementations are safe to use from several threads."""

    def put(self, kind: str, data: bytes) -> ObjectRef:
        """Store `data` as `<kind>/<sha256><suffix>`, return its reference; the same data is the same object.

        `kind` is a path of lower-case words, such as `swipe-en/models`. Raises ValueError for another kind,
        StoreUnavailable, StoreMisconfigured.
        """
        ...

    def get(self, ref: ObjectRef) -> bytes:
        """Return the bytes that `ref` names, their size and SHA-256 verified.

        Raises ObjectMissing, ContentMismatch, StoreUnavailable, StoreMisconfigured.
        """
        ...

    def check(self) -> None:
        """Make one real request; StoreUnavailable or StoreMisconfigured when the store cannot be used now."""
        ...


def reference(kind: str, data: bytes) -> ObjectRef:
    """Name `data`: what `put` returns. ValueError when `kind` is not a path of lower-case words."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind is {kind!r}: use lower-case words, digits and hyphens with / between")
    digest = Sha256(hashlib.sha256(data).hexdigest())
    return ObjectRef(f"{kind}/{digest}{_SUFFIXES.get(kind.rpartition('/')[2], '')}", digest, len(data))


def verified(ref: ObjectRef, data: bytes) -> bytes:
    """Return `data` when it is what `ref` says, else raise ContentMismatch."""
    if len(data) != ref.size:
        raise ContentMismatch(f"{ref.key}: {len(data)} bytes read, {ref.size} expected")
    digest = hashlib.sha256(data).hexdigest()
    if digest != ref.sha256:
        raise ContentMismatch(f"{ref.key}: SHA-256 is {digest}, {ref.sha256} expected")
    return data
