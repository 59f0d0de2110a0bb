"""Fetches the payloads that lie in the store, and bears witness of what the store lacks (ADR 0020)."""

import threading

from fedswipe.backoff import retry_until_stopped
from fedswipe.errors import Retryable
from fedswipe.events import ObjectRef
from fedswipe.learning.verdict import Verdict
from fedswipe.modelstore.port import ContentMismatch, ModelStore, ObjectMissing

TRIES = 8  # with the waits between them about 6 s: a payload is stored before the event that names it


class NotThere(Retryable):
    """The object is missing or changed; what a slow replica shows now may mend itself."""


class Contents:
    """What `Window.add` fetches with. A store that does not answer at all is waited for without end."""

    def __init__(self, store: ModelStore, stopping: threading.Event) -> None:
        self._store = store
        self._stopping = stopping

    def fetch(self, ref: ObjectRef) -> bytes | Verdict:
        """Return the object, or the verdict after TRIES answers without it. Raises Stopped."""
        answers: list[Verdict] = []

        def get() -> bytes | Verdict:
            try:
                return self._store.get(ref)
            except (ObjectMissing, ContentMismatch) as error:
                missing = isinstance(error, ObjectMissing)
                answers.append(Verdict.MISSING_CONTENT if missing else Verdict.CHANGED_CONTENT)
                if len(answers) == TRIES:
                    return answers[-1]
                raise NotThere(str(error)) from error

        return retry_until_stopped(get, self._stopping)
