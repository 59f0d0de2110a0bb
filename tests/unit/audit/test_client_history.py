"""What ingest tells a client of its deltas, from the topics alone, is what the manifests say."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fedswipe import codec
from fedswipe.events import ClientId, DeltaComputed
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.verdict import Verdict
from fedswipe.topology import SWIPES, WEIGHT_DELTAS
from services.ingest.clients.history import History, history_of

if TYPE_CHECKING:
    from conftest import Lineage

NAMES = ("ann", "bob", "eve")
steps = st.one_of(
    st.tuples(st.just("train"), st.sampled_from(NAMES), st.integers(0, 2)),
    st.tuples(st.just("forget"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.sampled_from(["close", "roll back"]), st.just(""), st.just(0)),
)


def told(lineage: "Lineage", client: str) -> History:
    return history_of(ClientId(client), lineage.evidence, lambda: None)


def written(lineage: "Lineage") -> dict[int, tuple[str, str, int]]:
    """Client, verdict and version of every settled delta, from the manifests."""
    found = {}
    for version in range(1, lineage.head + 1):
        manifest = Manifest.from_bytes(lineage.store.get(lineage.event(version).manifest))
        for entry in manifest.entries:
            record = lineage.evidence.records[WEIGHT_DELTAS.name, 0][entry.offset]
            delta = codec.decode(DeltaComputed, record.value, codec.PackagedSchemas())
            found[entry.offset] = (str(delta.client_id), str(entry.verdict), version)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, max_size=25))
@example(
    [("forget", "eve", 0), ("train", "bob", 1), ("train", "eve", 1), ("close", "", 0), ("forget", "bob", 0)]
)
def test_verdicts_told_from_topics_are_those_of_the_manifests(
    make_lineage: "type[Lineage]", log: list[tuple[str, str, int]]
) -> None:
    lineage = make_lineage()
    for what, client, examples in log:
        if what == "train":
            lineage.train([], client_id=ClientId(client), examples=examples)
            lineage.fold()
        elif what == "forget":
            lineage.forget(client)
        elif what == "close":
            lineage.close_by_time()
        elif lineage.head > 1:
            lineage.roll_back(1)
    lineage.close_by_time()
    settled = written(lineage)
    for name in NAMES:
        for one in told(lineage, name).deltas:
            client, verdict, version = settled.pop(one.offset)
            assert (client, verdict) == (name, one.verdict)
            assert one.folded_in == (version if verdict == Verdict.FOLDED else None)
    assert settled == {}


def test_swipes_and_words_of_one_client_alone_are_counted(make_lineage: "type[Lineage]") -> None:
    lineage = make_lineage()
    for client, word in (("ann", "hello"), ("bob", "there"), ("ann", "hello"), ("ann", None)):
        lineage.swipe(client, f"{client} {word}", word)
    lineage.raw_swipe(b"no swipe")
    assert lineage.evidence.ends[SWIPES.name, 3] == 5
    lineage.move_swipes("ann")
    found = told(lineage, "ann")
    assert (found.swipes_by_layout, found.words, found.forgotten) == ({"qwerty-en": 3}, 1, None)


def test_a_delta_that_is_not_settled_has_no_verdict(make_lineage: "type[Lineage]") -> None:
    lineage = make_lineage()
    lineage.train([])
    lineage.forget("ann")
    found = told(lineage, "ann")
    assert [(one.verdict, one.folded_in) for one in found.deltas] == [(None, None)]
    assert found.forgotten == 0


def test_reading_ends_when_it_has_to(lineage: "Lineage") -> None:
    def check() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        history_of(ClientId("ann"), lineage.evidence, check)
