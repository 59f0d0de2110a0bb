"""Reads the clients' topic on demand, each time from where it stood to the end that there is now."""

from fedswipe import codec
from fedswipe.forgotten_clients import Forgotten, ForgottenClients
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.log_range import kept_range, read_range
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import CLIENTS


class ClientsReader:
    """Keeps what it has read. One thread's, as `schemas` are."""

    def __init__(self, settings: KafkaSettings, schemas: codec.SchemaSource) -> None:
        self._settings = settings
        self._schemas = schemas
        self._clients = ForgottenClients()

    def forgotten(self, least: int = 0) -> Forgotten:
        """Return who is forgotten at this moment: everybody whose record was acknowledged before the call.

        Raises BrokerUnavailable, also when the broker has fewer than `least` records.
        """
        start, end = self._clients.end, kept_range(self._settings, CLIENTS.name, 0)[1]
        for record in read_range(self._settings, CLIENTS, 0, start, end) if start < end else ():
            self._clients.add(record.offset, record.value, self._schemas)
        if self._clients.end < least:
            raise BrokerUnavailable(f"{CLIENTS.name}: ends at {self._clients.end}, others read {least}")
        return self._clients.until(self._clients.end)
