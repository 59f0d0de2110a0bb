"""Where a delta's numbers are: in its event, or in the model store when they are too large for one."""

from collections.abc import Callable

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaComputed, ObjectRef


def payload_of(delta: DeltaComputed, get: Callable[[ObjectRef], bytes]) -> bytes:
    """Return the delta's encoded numbers; `get` fetches an object, and what it raises passes through.

    Raises InvalidMessage unless just one of `payload` and `content` is set.
    """
    if (delta.payload is None) == (delta.content is None):
        raise InvalidMessage("payload", "just one of payload and content must be set")
    return delta.payload or (get(delta.content) if delta.content else b"")
