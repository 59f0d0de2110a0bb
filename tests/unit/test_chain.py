from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe import codec
from fedswipe.chain import RECENT, Chain
from fedswipe.events import ClosedBy, GlobalModelPublished, ModelId, ObjectRef, OffsetRange, Sha256, Version
from fedswipe.serving.rollback import rollback
from fedswipe.testing.lineage_log import add_link

MODEL, PARTITION = ModelId("swipe-en"), 0
SHA = Sha256("0" * 64)
REF = ObjectRef(f"swipe-en/models/{SHA}.safetensors", SHA, 1_000_000)


def child(chain: Chain, settles: int = 3, **changed: Any) -> GlobalModelPublished:
    """The event that the head's publisher would write."""
    head = chain.head
    start = head.end if head else 3
    settles = settles if head else 0
    event = GlobalModelPublished(
        *(MODEL, Version(head.version + 1 if head else 1), head.sha256 if head else ""),
        (OffsetRange(PARTITION, start, start + settles),),
        *(REF, REF, REF, REF, settles, 0, settles, ClosedBy.DELTAS, None),
    )
    return replace(event, **changed)


def of(length: int) -> Chain:
    chain = Chain(MODEL, PARTITION)
    for number in range(length):
        assert add_link(chain, codec.encode(child(chain)), number) is not None
    return chain


RANGE = OffsetRange(PARTITION, 6, 9)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"model_id": ModelId("swipe-ru")}, "other_model"),
        ({"ranges": ()}, "other_partition"),
        ({"ranges": (RANGE, RANGE)}, "other_partition"),
        ({"ranges": (replace(RANGE, partition=1),)}, "other_partition"),
        ({"version": 2}, "not_the_next_version"),
        ({"version": 4}, "not_the_next_version"),
        ({"parent": ""}, "other_parent"),
        ({"parent": SHA}, "other_parent"),
        ({"ranges": (replace(RANGE, start=5),)}, "does_not_start_at_the_heads_end"),
        ({"ranges": (replace(RANGE, start=7),)}, "does_not_start_at_the_heads_end"),
        ({"ranges": (replace(RANGE, end=5),)}, "range_runs_backwards"),
        ({"rollback_to": 1}, "not_a_rollback"),
        ({"rollback_to": 1, "ranges": (replace(RANGE, end=6),)}, None),
        ({"rollback_to": 2, "ranges": (replace(RANGE, end=6),)}, None),
        ({"rollback_to": 3, "ranges": (replace(RANGE, end=6),)}, "not_a_rollback"),
        ({"rollback_to": 0, "ranges": (replace(RANGE, end=6),)}, "not_a_rollback"),
        ({}, None),
    ],
)
def test_only_the_heads_child_is_accepted(changed: dict[str, Any], why: str | None) -> None:
    chain = of(2)
    record = codec.decode_record(
        GlobalModelPublished, data := codec.encode(child(chain, **changed)), codec.PackagedSchemas()
    )
    assert chain.refusal(record) == why
    link = chain.add(data, record, 2)
    assert (link is None) is (why is not None)
    assert len(chain.links) == (2 if why else 3)


def test_version_1_needs_no_parent_and_its_range_is_empty() -> None:
    chain = Chain(MODEL, PARTITION)
    assert add_link(chain, codec.encode(child(chain, ranges=(OffsetRange(0, 4, 5),))), 0) is None
    assert add_link(chain, codec.encode(child(chain, ranges=(OffsetRange(0, 4, 4),))), 0) is not None


def test_of_two_children_the_first_in_the_log_wins() -> None:
    chain = of(2)
    one, other = (codec.encode(child(chain, examples=examples)) for examples in (1, 2))
    first = add_link(chain, one, 2)
    assert first is not None
    assert add_link(chain, other, 3) is None
    assert add_link(chain, one, 4) is None
    assert chain.head == first


@given(st.lists(st.sampled_from(["child", "again", "orphan", "junk"]), max_size=12), st.integers(0, 12))
def test_equal_prefixes_give_equal_chains(kinds: list[str], cut: int) -> None:
    chain, log = Chain(MODEL, PARTITION), list[bytes]()
    for kind in kinds:
        data = {"junk": b"junk", "again": log[-1] if log else b""}.get(kind)
        event = child(chain, parent=SHA) if kind == "orphan" else child(chain)
        log.append(codec.encode(event) if data is None else data)
        add_link(chain, log[-1], len(log) - 1)
    prefix = Chain(MODEL, PARTITION)
    for offset, data in enumerate(log[:cut]):
        add_link(prefix, data, offset)
    assert prefix.links == chain.links[: len(prefix.links)]
    assert [link.version for link in chain.links] == list(range(1, len(chain.links) + 1))


def test_a_line_leaves_out_what_was_rolled_back_and_settling_looks_under_rollbacks() -> None:
    chain = of(3)
    for target in (1, 2):
        newest, old = chain.event(len(chain.links)), chain.event(target)
        add_link(chain, codec.encode(rollback(chain.links[-1], newest, old, REF)), 9)
    head = chain.head
    assert head is not None
    assert [link.version for link in chain.line(head)] == [5, 2, 1]
    assert chain.settling(head).version == 3
    assert chain.settling(chain.links[1]).version == 2
    add_link(chain, codec.encode(child(chain)), 10)
    assert [link.version for link in chain.line(chain.links[-1])] == [6, 5, 2, 1]
    assert chain.settling(chain.links[-1]).version == 6


def test_the_newest_events_are_kept_whole() -> None:
    chain = of(RECENT + 2)
    newest = chain.event(RECENT + 2)
    assert (newest.version, newest.ranges[0].end) == (RECENT + 2, chain.links[-1].end)
    assert chain.event(RECENT + 2) == newest
    assert chain.event(3).version == 3
    with pytest.raises(KeyError):
        chain.event(2)
    assert chain.link(0) is None
    assert chain.link(RECENT + 3) is None


def test_a_link_is_small() -> None:
    chain = of(1)
    biggest = child(chain, folded=2**31 - 1, refused=2**31 - 1, examples=2**63 - 1)
    assert len(codec.encode(biggest)) < 1_000
