"""Which clients are forgotten, by a prefix of the clients' topic. Pure: records in, an answer out.

A forgotten id stays forgotten: who comes back takes another one. Equal prefixes give equal answers.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from fedswipe import codec
from fedswipe.errors import InvalidMessage
from fedswipe.events import ClientForgotten, ClientId
from fedswipe.topology import CLIENTS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Who is forgotten by the records before offset `end` of the clients' topic."""

    end: int
    first: Mapping[ClientId, int] = field(repr=False)  # may hold later records too

    def offset(self, client_id: ClientId) -> int | None:
        """Return the record that forgot this client first, None where none did."""
        offset = self.first.get(client_id)
        return offset if offset is not None and offset < self.end else None

    def has(self, client_id: ClientId) -> bool:
        """Tell whether this client is forgotten."""
        return self.offset(client_id) is not None


NOBODY = Forgotten(0, {})


class ForgottenClients:
    """The clients' topic as far as it was read, up to `end`: one entry in memory a forgotten client."""

    def __init__(self) -> None:
        self.end = 0
        self._first: dict[ClientId, int] = {}

    def add(self, offset: int, value: bytes | None, schemas: codec.SchemaSource) -> None:
        """Take the topic's next record; one that cannot be read forgets nobody."""
        try:
            event = codec.decode(ClientForgotten, value, schemas)
        except InvalidMessage as error:
            log.warning("%s offset %d forgets nobody: %s", CLIENTS.name, offset, error)
        else:
            self._first.setdefault(event.client_id, offset)
        self.end = offset + 1

    def until(self, end: int) -> Forgotten:
        """Return what the records before `end` say, at most those that were read."""
        return Forgotten(min(end, self.end), self._first)
