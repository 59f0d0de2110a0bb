"""The clients' topic as an audit reads it: on to wherever a link says that it was known."""

from fedswipe.audit.evidence import Evidence
from fedswipe.errors import FedswipeError
from fedswipe.forgotten_clients import Forgotten, ForgottenClients
from fedswipe.topology import CLIENTS


class ClientsEvidence:
    """Methods raise FedswipeError when the topic's beginning is gone, BrokerUnavailable when it is away."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._clients = ForgottenClients()

    def until(self, end: int) -> Forgotten:
        """Return who is forgotten by the records before this offset, at most those that there are."""
        if end > self._clients.end:
            self._read_on()
        return self._clients.until(end)

    def now(self) -> Forgotten:
        """Return who is forgotten by everything that there is."""
        self._read_on()
        return self._clients.until(self._clients.end)

    def _read_on(self) -> None:
        kept = self._evidence.kept(CLIENTS, 0)
        if kept.start > 0:
            raise FedswipeError(
                f"{CLIENTS.name}: offsets [0, {kept.start}) are gone, and with them who was forgotten there; "
                "the topic must be kept for ever (retention.ms=-1): audit an export of before"
            )
        for record in self._evidence.read(CLIENTS, 0, self._clients.end, kept.end):
            self._clients.add(record.offset, record.value, self._evidence.schemas)
