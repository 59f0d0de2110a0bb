from hypothesis import given
from hypothesis import strategies as st

from fedswipe import codec
from fedswipe.events import ClientForgotten, ClientId, TrainingRequested
from fedswipe.forgotten_clients import NOBODY, ForgottenClients

NAMES = [ClientId(name) for name in ("ann", "bob", "eve")]


@given(st.lists(st.one_of(st.sampled_from(NAMES), st.none()), max_size=12), st.integers(0, 14))
def test_a_prefix_says_the_same_whatever_was_read_since(log: list[ClientId | None], end: int) -> None:
    """None is a record that nobody can read, or of another event: it forgets nobody and has an offset."""
    clients = ForgottenClients()
    for offset, client in enumerate(log):
        other = codec.encode(TrainingRequested("r", None, 0, 0)) if offset % 2 else None
        value = other if client is None else codec.encode(ClientForgotten(client))
        clients.add(offset, value, codec.PackagedSchemas())
    found = clients.until(end)
    assert found.end == min(end, len(log))
    for name in NAMES:
        places = [offset for offset, client in enumerate(log[:end]) if client == name]
        assert found.offset(name) == (places[0] if places else None)
        assert found.has(name) == bool(places)


def test_at_the_topics_beginning_nobody_is_forgotten() -> None:
    assert ForgottenClients().until(0) == NOBODY
