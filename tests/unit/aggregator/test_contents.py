import threading

import pytest

from fedswipe.backoff import Stopped
from fedswipe.events import ObjectRef
from fedswipe.learning.verdict import Verdict
from fedswipe.modelstore.port import ContentMismatch, ModelStore, ObjectMissing, StoreUnavailable
from fedswipe.testing.modelstore import InMemoryModelStore
from services.aggregator.contents import TRIES, Contents


class NoWait(threading.Event):
    """Waits for nothing."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Moody(InMemoryModelStore):
    """Answers with these errors first."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)

    def get(self, ref: ObjectRef) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        return super().get(ref)


def fetch(store: ModelStore, ref: ObjectRef) -> bytes | Verdict:
    return Contents(store, NoWait()).fetch(ref)


def test_a_whole_object_is_fetched() -> None:
    store = Moody()
    assert fetch(store, store.put("swipe-en/deltas", b"payload")) == b"payload"


@pytest.mark.parametrize("error", [ObjectMissing("not yet"), ContentMismatch("not yet")])
def test_what_a_slow_replica_lacks_for_a_moment_is_fetched(error: Exception) -> None:
    store = Moody(*[error] * (TRIES - 1))
    assert fetch(store, store.put("swipe-en/deltas", b"payload")) == b"payload"


def test_what_stays_away_is_missing() -> None:
    store = Moody()
    ref = store.put("swipe-en/deltas", b"payload")
    store.objects.clear()
    assert fetch(store, ref) is Verdict.MISSING_CONTENT


@pytest.mark.parametrize("stored", [b"", b"another", b"tampered with, and longer"])
def test_what_stays_another_is_changed(stored: bytes) -> None:
    store = Moody()
    ref = store.put("swipe-en/deltas", b"payload")
    store.objects[ref.key] = stored
    assert fetch(store, ref) is Verdict.CHANGED_CONTENT


def test_a_store_that_does_not_answer_is_no_verdict() -> None:
    store = Moody(*[StoreUnavailable("away")] * (3 * TRIES))
    assert fetch(store, store.put("swipe-en/deltas", b"payload")) == b"payload"


def test_a_stop_ends_the_wait() -> None:
    stopping = NoWait()
    stopping.set()
    store = Moody(ObjectMissing("not yet"))
    with pytest.raises(Stopped):
        Contents(store, stopping).fetch(store.put("swipe-en/deltas", b"payload"))
