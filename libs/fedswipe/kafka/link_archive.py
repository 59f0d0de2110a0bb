"""Reads links of a chain again, however old: their whole events, and when the broker stored them."""

import hashlib
from collections.abc import Sequence

from fedswipe import codec
from fedswipe.chain import Link
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.errors import BrokerUnavailable
from fedswipe.kafka.log_range import read_messages, stored_at
from fedswipe.kafka.schemas import PublishedSchemas
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.serving.operator_log import ArchivedLink
from fedswipe.topology import GLOBAL_MODELS, Lineage


def read_links(settings: KafkaSettings, lineage: Lineage, links: Sequence[Link]) -> list[ArchivedLink]:
    """Return these accepted links of a chain (oldest first) with their events.

    Reads from the first one's place to the last one's. Raises BrokerUnavailable.
    """
    if not links:
        return []
    wanted = {link.offset: link for link in links}
    schemas = PublishedSchemas(settings)
    start, end = links[0].offset, links[-1].offset + 1
    found = []
    for message in read_messages(settings, GLOBAL_MODELS.name, lineage.partition, start, end):
        value, link = message.value(), wanted.get(message.offset() or 0)
        if link is not None and value is not None and hashlib.sha256(value).hexdigest() == link.sha256:
            event = codec.decode(GlobalModelPublished, value, schemas)
            found.append(ArchivedLink(link, event, stored_at(message)))
    schemas.close()
    if len(found) != len(links):
        raise BrokerUnavailable(
            f"{GLOBAL_MODELS.name}: {len(links) - len(found)} links are not where they were"
        )
    return found
