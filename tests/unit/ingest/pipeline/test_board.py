from typing import TYPE_CHECKING

import pytest

from fedswipe.events import CanaryBy, LinkRef, Sha256, Version
from fedswipe.learning.recipe import Recipe
from fedswipe.serving.state import Canary, ServingState
from fedswipe.topology import LINEAGES
from services.ingest.pipeline.board import OTHER, REASONS, Board
from services.ingest.pipeline.lineage_board import DELTAS, OPEN, VERSIONS
from services.ingest.pipeline.shapes import Pipeline, ShownLineage, ShownPredictor

if TYPE_CHECKING:
    from conftest import Flow

EN = LINEAGES[0].model_id


def shown(flow: "Flow", now_ms: int = 0) -> ShownLineage:
    return flow.board.snapshot(now_ms).lineages[EN]


def test_before_anything_happened_everything_is_there_and_empty() -> None:
    snapshot = Board().snapshot(5)
    assert set(snapshot.lineages) == {line.model_id for line in LINEAGES}
    assert (snapshot.at_ms, snapshot.swipes.total, snapshot.deltas.latest) == (5, 0, [])
    lineage = snapshot.lineages[EN]
    assert (lineage.head, lineage.versions, lineage.window.wanted) == (None, [], None)
    assert set(snapshot.lag) == {"fedswipe.trainer", *(f"fedswipe.aggregator.{x.model_id}" for x in LINEAGES)}
    assert Pipeline.model_validate_json(snapshot.model_dump_json()) == snapshot


def test_the_window_holds_what_no_link_has_settled(flow: "Flow") -> None:
    flow.publish(records=3)
    for offset in (0, 2, 4, 6, 8):  # the first three lie in the link's range: ingest began before its end
        flow.delta(offset, stored_ms=1_000 + offset)
    assert (shown(flow).window.folded, flow.board.snapshot(0).deltas.total) == (2, 5)
    assert flow.board.snapshot(0).lag[f"fedswipe.aggregator.{EN}"].behind == 2
    flow.publish(records=2)
    assert (shown(flow).window.folded, flow.board.snapshot(0).deltas.total) == (0, 5)


def test_a_window_says_how_full_it_is_and_when_time_closes_it(flow: "Flow") -> None:
    flow.publish()
    with flow.board.lineage(EN) as lineage:
        lineage.recipe = Recipe(deltas=4, seconds=30.0)
    assert (shown(flow).window.wanted, shown(flow).window.seconds_left) == (4, None)
    flow.delta(100, stored_ms=50_000)
    window = shown(flow, now_ms=60_000).window
    assert (window.folded, window.seconds_left, window.opened_ms) == (1, 20.0, 50_000)
    assert shown(flow, now_ms=990_000).window.seconds_left == 0


def test_a_version_shows_what_it_holds_and_how_it_reads(flow: "Flow") -> None:
    event = flow.publish(records=5, refused=2)
    flow.judge("s1", 1, "tea", "tea", "ten")
    flow.judge("s2", 1, "ten", "tea", "ten")
    flow.judge("s3", 1, "toe", "tea", "ten", "tee", "toe")
    flow.judge("s3", 1, "tea", "tea")  # sent again: judged once
    (version,) = shown(flow).versions
    assert (version.version, version.closed_by, version.deltas) == (1, "DELTAS", 3)
    assert (version.judged, version.right, version.among_few) == (3, 1, 2)
    head = shown(flow).head
    assert head is not None
    assert (head.version, head.model_sha256, head.link_sha256) == (1, event.model.sha256, "link 1")


def test_words_of_another_layout_are_not_judged_here(flow: "Flow") -> None:
    flow.publish()
    flow.judge("s1", 1, "чай", "чай", layout="jcuken-ru")
    assert shown(flow).versions[0].judged == 0


def test_reading_again_counts_nothing_twice(flow: "Flow") -> None:
    flow.publish()
    for _ in range(2):
        with flow.board.lineage(EN) as lineage:
            lineage.forget_outcomes()
        flow.judge("s1", 1, "tea", "tea")
    assert shown(flow).versions[0].judged == 1


def test_only_the_newest_is_kept_however_old_the_process_is(flow: "Flow") -> None:
    for _ in range(3 * VERSIONS):
        flow.publish(records=1)
        flow.judge(f"s{flow.version}", flow.version, "tea", "tea")
    for n in range(OPEN + 50):
        flow.delta(flow.end + 2 * n, stored_ms=n)
    for n in range(3 * REASONS):
        flow.board.take_letter(f"reason {n}")
    snapshot = flow.board.snapshot(0)
    lineage = snapshot.lineages[EN]
    assert [one.version for one in lineage.versions] == list(range(2 * VERSIONS + 1, 3 * VERSIONS + 1))
    assert all(one.judged == 1 for one in lineage.versions)
    assert [one.stored_ms for one in snapshot.deltas.latest] == list(range(OPEN + 49, OPEN + 49 - DELTAS, -1))
    assert lineage.window.folded == OPEN
    assert snapshot.dead_letters.total == 3 * REASONS
    assert len(snapshot.dead_letters.by_reason) == REASONS + 1
    assert snapshot.dead_letters.by_reason[OTHER] == 2 * REASONS
    with flow.board.looking(EN) as kept:
        assert len(kept._join.tallies) == VERSIONS


def test_reading_begins_a_little_before_the_newest_deltas(flow: "Flow") -> None:
    with flow.board.looking(EN) as lineage:
        assert lineage.start_of_latest() == 0
    for _ in range(10):
        flow.publish(records=5)
    with flow.board.looking(EN) as lineage:
        settled = {one.version: one.end for one in lineage._published}
        assert lineage.start_of_latest() == settled[7], "three windows of five hold the newest twelve"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ServingState(), (None, False, None, None)),
        (ServingState(LinkRef(Version(4), Sha256("a")), pinned=True), (4, True, None, None)),
        (
            ServingState(
                LinkRef(Version(4), Sha256("a")),
                canary=Canary(LinkRef(Version(5), Sha256("b")), 0.1, CanaryBy.CLIENT, 7),
            ),
            (4, False, 5, 0.1),
        ),
    ],
)
def test_it_says_what_is_served(flow: "Flow", state: ServingState, expected: tuple[object, ...]) -> None:
    with flow.board.lineage(EN) as lineage:
        lineage.serving = state
    serving = shown(flow).serving
    assert (serving.stable, serving.pinned, serving.canary, serving.share) == expected


def test_only_what_differs_is_a_change(flow: "Flow") -> None:
    board, one = flow.board, ShownPredictor(model_id=EN, url="u", version=1, ready=True, instance="i")
    for change in (
        lambda: board.take_counts(1.0, 10, 2, 0),
        lambda: board.take_predictors([one]),
        lambda: board.set_caught_up(caught_up=True),
    ):
        before = board.changes.count
        change()
        assert board.changes.count == before + 1
        change()
        assert board.changes.count == before + 1
    with board.looking(EN):
        pass
    assert board.changes.count == 3


def test_rates_begin_once_everything_has_been_read(flow: "Flow") -> None:
    flow.publish(records=1_000)
    flow.board.take_counts(0.0, 0, 0, None)
    flow.publish(records=1_000)
    flow.board.take_counts(1.0, 50, 0, None)
    assert flow.board.snapshot(0).deltas.per_second == 0
    assert flow.board.snapshot(0).swipes.per_second == 50
    flow.board.set_caught_up(caught_up=True)
    flow.board.take_counts(2.0, 50, 0, None)
    flow.publish(records=3)
    flow.board.take_counts(3.0, 50, 0, None)
    assert flow.board.snapshot(0).deltas.per_second == 3
