from datetime import timedelta
from pathlib import Path

import pytest

from fedswipe import topology
from fedswipe.events import DeadLettered
from fedswipe.swipe.layout import load_layout
from fedswipe.topology import (
    CLIENTS,
    FOREVER,
    GLOBAL_MODELS,
    GROUPS,
    LINEAGES,
    ONLOOKERS,
    PREDICTIONS,
    SERVINGS,
    SOURCES,
    SWIPES,
    TOPICS,
    TRAIN_REQUESTS,
    WEIGHT_DELTAS,
    WITHOUT_LETTERS,
    Key,
    Role,
    dead_letters,
    lineage,
    lineage_of_layout,
)


def test_names_are_plural_versioned_and_unique() -> None:
    names = [topic.name for topic in TOPICS] + [topology.SCHEMAS.name]
    assert len(set(names)) == len(names)
    assert all(name.startswith("fedswipe.") for name in names)
    assert all(name.removesuffix(".dlq").endswith("s.v1") for name in names)


def test_requests_lie_beside_their_clients_swipes() -> None:
    assert (TRAIN_REQUESTS.partitions, TRAIN_REQUESTS.key) == (SWIPES.partitions, SWIPES.key)
    assert SWIPES.key is Key.CLIENT


def test_links_lie_in_the_partition_of_their_deltas_and_are_kept_for_ever() -> None:
    assert GLOBAL_MODELS.partitions == WEIGHT_DELTAS.partitions
    assert GLOBAL_MODELS.retention is FOREVER


def test_what_decides_is_kept_for_ever_and_nothing_else() -> None:
    for_ever = {topic.name for topic in TOPICS if topic.retention is FOREVER}
    assert for_ever == {GLOBAL_MODELS.name, SERVINGS.name, CLIENTS.name}
    assert all(topic.retention > timedelta(days=1) for topic in TOPICS if topic.name not in for_ever)


def test_a_lineages_servings_lie_in_its_partition_and_predictions_beside_their_swipes() -> None:
    assert (SERVINGS.partitions, SERVINGS.key) == (GLOBAL_MODELS.partitions, Key.MODEL)
    assert (PREDICTIONS.partitions, PREDICTIONS.key) == (SWIPES.partitions, Key.CLIENT)
    assert PREDICTIONS.retention <= SWIPES.retention


def test_a_letter_holds_a_whole_record_of_any_size_and_lies_in_its_partition() -> None:
    for source in SOURCES:
        letters = dead_letters(source)
        assert letters.event is DeadLettered
        assert letters.max_bytes > source.max_bytes
        assert letters.partitions == source.partitions
        assert set(letters.producers) == {*source.consumers, Role.OPERATOR} - {*ONLOOKERS}
        assert (letters in TOPICS) is (source not in WITHOUT_LETTERS)


def test_a_group_reads_what_its_role_consumes() -> None:
    for group in GROUPS:
        assert all(group.role in topic.consumers for topic in group.topics)


def test_every_topic_has_someone_who_writes_and_someone_who_reads() -> None:
    assert all(topic.producers and topic.consumers for topic in TOPICS)


def test_a_lineage_has_a_partition_and_a_layout_of_its_own() -> None:
    assert len({line.partition for line in LINEAGES}) == len(LINEAGES)
    for line in LINEAGES:
        assert 0 <= line.partition < GLOBAL_MODELS.partitions
        assert load_layout(line.layout).name == line.layout
        assert lineage(line.model_id) is line
        assert lineage_of_layout(line.layout) is line
    assert lineage_of_layout("no-such-layout") is None
    with pytest.raises(KeyError, match="no-such-model: unknown model; there are swipe-en"):
        lineage("no-such-model")


def test_the_whole_flow_stands_in_one_short_file() -> None:
    source = topology.__file__
    assert source is not None
    assert Path(source).read_text("utf-8").count("\n") <= 166 + len(LINEAGES) + 4
