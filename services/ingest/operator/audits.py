"""What the audit says of one version: what it is made of, and whether it can be made again."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fedswipe.audit.archive import archives
from fedswipe.audit.archived import ArchivedEvidence
from fedswipe.audit.evidence import Evidence
from fedswipe.audit.explain import Explanation, explain
from fedswipe.audit.scope import Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.audit.verify import verify
from fedswipe.backoff import Stopped
from fedswipe.errors import FedswipeError
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import Lineage
from services.ingest.operator.desk import Desk

KEPT = 20  # verifications whose outcome is remembered
Key = tuple[str, int]  # model id and version


@dataclass(frozen=True)
class Verification:
    """How far a verification is: `state` is waiting, running, done or failed."""

    state: str = "waiting"
    doing: str | None = None
    done: int = 0
    of: int = 0
    report: dict[str, Any] | None = None
    error: str | None = None

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.state in ("done", "failed")


class Audits:
    """Explains and verifies versions from Kafka and the store; what verifies works at a desk."""

    def __init__(self, kafka: KafkaSettings, store: S3ModelStore, desk: Desk) -> None:
        self._kafka = kafka
        self._store = store
        self._desk = desk
        self._known: OrderedDict[Key, Verification] = OrderedDict()
        self._lock = threading.Lock()

    def explain(self, line: Lineage, version: int) -> tuple[Explanation, dict[str, Any]]:
        """Return what a version is made of, and its recipe's fields. It blocks.

        Raises NoSuchVersion.
        """
        found = explain(line, _architecture(line), self._evidence(line), self._store, version)
        return found, orjson.loads(self._store.get(found.event.recipe))

    def state(self, line: Lineage, version: int) -> Verification | None:
        """Return how far a verification is, None when there was none of late."""
        return self._known.get((line.model_id, version))

    def start(self, line: Lineage, version: int) -> Verification:
        """Have a version verified, unless that is under way. Raises Problem (503) when many wait."""
        key = (line.model_id, version)
        with self._lock:
            known = self._known.get(key)
            if known is not None and not known.over:
                return known
            self._desk.submit(lambda: self._verify(line, version))
            self._known[key] = Verification()
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return self._known[key]

    def _verify(self, line: Lineage, version: int) -> None:
        key = (line.model_id, version)
        self._note(key, lambda was: replace(was, state="running"))
        try:
            report = self._report(key, line)
        except Exception as error:
            said = str(error) if isinstance(error, FedswipeError) else repr(error)
            self._note(key, lambda was: replace(was, state="failed", error=said))
            raise
        self._note(key, lambda was: replace(was, state="done", report=report))

    def _report(self, key: Key, line: Lineage) -> dict[str, Any]:
        def progress(what: str, done: int, of: int) -> None:
            if self._desk.stopping.is_set():
                raise Stopped("ingest stops")
            self._note(key, lambda was: replace(was, doing=what, done=done, of=of))

        scope = Scope(key[1], key[1])
        report = verify(line, _architecture(line), self._evidence(line), self._store, scope, progress)
        plain: dict[str, Any] = orjson.loads(orjson.dumps(report.as_json()))
        return plain

    def _note(self, key: Key, change: Callable[[Verification], Verification]) -> None:
        with self._lock:
            if key in self._known:
                self._known[key] = change(self._known[key])

    def _evidence(self, line: Lineage) -> Evidence:
        return ArchivedEvidence(TopicEvidence(self._kafka), self._store, archives(self._store, line.model_id))


def _architecture(line: Lineage) -> Architecture:
    return Architecture(load_layout(line.layout))
