"""The chain reader on a broker of its own: a long chain, and records that are no links."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedswipe import codec
from fedswipe.chain import Link
from fedswipe.events import ClosedBy, GlobalModelPublished, ObjectRef, OffsetRange, Sha256, Version
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.testing.stacks import own_stack
from fedswipe.topology import GLOBAL_MODELS, LINEAGES

LINE = LINEAGES[0]
LINKS = 100_000
REF = ObjectRef(f"{LINE.model_id}/models/{'0' * 64}.safetensors", Sha256("0" * 64), 1_000_000)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with own_stack(tmp_path_factory.mktemp("chain")) as stack:
        found = KafkaSettings(stack.kafka)
        Admin(found).create_topics()
        yield found


def link(version: int, parent: str) -> bytes:
    settles = (
        OffsetRange(LINE.partition, 3 * version - 3, 3 * version) if version > 1 else OffsetRange(0, 3, 3)
    )
    return codec.encode(
        GlobalModelPublished(
            *(LINE.model_id, Version(version), parent, (settles,), REF, REF, REF, REF),
            *(3, 0, 3, ClosedBy.DELTAS, None),
        )
    )


@contextmanager
def reading(settings: KafkaSettings, heads: list[Link]) -> Iterator[ChainReader]:
    reader = ChainReader(settings, LINE, heads.append)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        yield reader
    finally:
        reader.stop()
        thread.join()


def test_a_chain_of_many_links_is_read_and_junk_between_them_is_counted(settings: KafkaSettings) -> None:
    junk, heads, parent = 50_000, list[Link](), ""
    with EventProducer(settings) as producer, reading(settings, heads) as early:
        assert early.wait_caught_up(30)
        sent = []
        for version in range(1, LINKS + 1):
            data = link(version, parent)
            parent = hashlib.sha256(data).hexdigest()
            sent += [
                producer.send_bytes(GLOBAL_MODELS.name, one, key=LINE.model_id, partition=LINE.partition)
                for one in ([b"junk", data, data] if version == junk else [data])
            ]
        last = max(one.result() for one in sent)
        assert last == LINKS + 1
        assert early.wait_past(last, 120)
        with reading(settings, []) as late:
            assert late.wait_caught_up(120)
            for reader in (early, late):
                assert (len(reader.chain.links), reader.unreadable, reader.fallen) == (LINKS, 1, 1)
            assert late.chain.links == early.chain.links
    assert heads[-1].sha256 == parent
    versions = [head.version for head in heads]
    assert versions == sorted(versions)


def test_waiting_ends_in_time_and_at_a_stop(settings: KafkaSettings) -> None:
    with reading(settings, []) as reader:
        assert reader.wait_caught_up(60)
        assert not reader.wait_past(10**9, 0.05)
        waiting = threading.Thread(target=reader.wait_past, args=(10**9, 600))
        waiting.start()
        reader.stop()
        waiting.join(30)
        assert not waiting.is_alive()
        assert not reader.wait_past(10**9, 600), "stopped is not read"
