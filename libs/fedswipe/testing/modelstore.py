"""The model store's in-memory twin."""

import threading

from fedswipe.events import ObjectRef, Sha256
from fedswipe.modelstore.port import ObjectMissing, StoreUnavailable, reference, verified


class InMemoryModelStore:
    """A `ModelStore` in a dict. While `available` is False every call raises StoreUnavailable.

    `objects` maps keys to bytes; tests may look at it, remove from it and tamper with it.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.available = True
        self._lock = threading.Lock()

    def put(self, kind: str, data: bytes) -> ObjectRef:
        """Store `data`; see `ModelStore.put`."""
        ref = reference(kind, data)
        self.check()
        with self._lock:
            self.objects[ref.key] = bytes(data)
        return ref

    def get(self, ref: ObjectRef) -> bytes:
        """Return verified bytes; see `ModelStore.get`."""
        self.check()
        with self._lock:
            data = self.objects.get(ref.key)
        if data is None:
            raise ObjectMissing(f"{ref.key}: no such object")
        return verified(ref, data)

    def refs(self, kind: str) -> list[ObjectRef]:
        """Return the references of all objects of a kind, by key."""
        self.check()
        found = [key for key in sorted(self.objects) if key.rpartition("/")[0] == kind]
        names = {key: Sha256(key.rpartition("/")[2].partition(".")[0]) for key in found}
        return [ObjectRef(key, names[key], len(self.objects[key])) for key in found]

    def unverified(self, ref: ObjectRef) -> bytes:
        """Return what is stored under the key; as `get` otherwise."""
        self.check()
        if ref.key not in self.objects:
            raise ObjectMissing(f"{ref.key}: no such object")
        return self.objects[ref.key]

    def check(self) -> None:
        """Raise StoreUnavailable while `available` is False."""
        if not self.available:
            raise StoreUnavailable("made unavailable by a test")
