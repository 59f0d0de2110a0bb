"""Wires the pipeline: topics, broker, store and predictors -> board; and the operator's routes beside it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self

from fedswipe.chain import Link
from fedswipe.clock import MonotonicClock
from fedswipe.events import GlobalModelPublished
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.operator_log import open_operator_log
from fedswipe.kafka.outcome_reader import read_outcomes
from fedswipe.modelstore.patience import Patience
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.topology import LINEAGES, Lineage, lineage_of_layout
from fedswipe.worker import Worker
from services.ingest.following import Following
from services.ingest.operator.acts import Acts
from services.ingest.operator.audits import Audits
from services.ingest.operator.desk import Desk
from services.ingest.operator.operator import Operator
from services.ingest.pipeline.board import Board
from services.ingest.pipeline.counting import Counting
from services.ingest.pipeline.delta_following import DeltaFollowing
from services.ingest.pipeline.letter_following import LetterFollowing
from services.ingest.pipeline.outcome_following import OutcomeFollowing
from services.ingest.pipeline.periodic import Periodic
from services.ingest.pipeline.predictors import Asked, Predictors
from services.ingest.pipeline.recipes import Recipes
from services.ingest.pipeline.serving_following import ServingFollowing
from services.ingest.settings import Settings

LOOK_MS = 1_000  # a look at the broker, so that a stop does not wait for it
LOOKING = Patience(total=0.0)  # the next look comes by itself
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wired:
    """The board, who writes to it, and the operator. `followings` are workers too."""

    board: Board
    followings: Sequence[Following]
    workers: Sequence[Worker]
    operator: Operator

    @classmethod
    def of(cls, settings: Settings, s3: S3Settings | None) -> Self:
        """Wire it; without a store windows have no size, and nothing is rolled back or audited."""
        since = datetime.now(UTC) - timedelta(hours=settings.judged_hours)
        board = Board(judged_since_ms=int(since.timestamp() * 1000))
        followings = [Following(settings.kafka, line, partial(_publish, board)) for line in LINEAGES]
        readers = _readers(settings, followings, board, since)
        operator, desks = _operator(settings, s3)
        looks = [*readers, *_store_looks(settings, s3, board)]
        return cls(board, followings, [*looks, *desks], operator)


def _publish(board: Board, line: Lineage, link: Link, event: GlobalModelPublished) -> None:
    with board.lineage(line.model_id) as lineage:
        lineage.take_link(link, event)


def _readers(
    settings: Settings, followings: Sequence[Following], board: Board, since: datetime
) -> list[Worker]:
    kafka = settings.kafka
    deltas = [DeltaFollowing(kafka, following, board) for following in followings]
    letters = LetterFollowing(kafka, board)
    outcomes = OutcomeFollowing(lambda at: read_outcomes(kafka, at, follow=True), since, board)
    servings = [ServingFollowing(kafka, following, board) for following in followings]

    def caught_up() -> bool:
        return letters.caught_up and all(one.caught_up for one in deltas)

    admin = Admin(replace(kafka, request_timeout_ms=LOOK_MS))
    counting = Counting(admin, MonotonicClock(), board, caught_up)
    predictors = Predictors(_asked(settings), board)
    looks = [Periodic(work, settings.look_seconds) for work in (counting.look, predictors.look)]
    return [*deltas, letters, outcomes, *servings, *looks]


def _store_looks(settings: Settings, s3: S3Settings | None, board: Board) -> list[Worker]:
    if s3 is None:
        log.info("no object store is given: windows are shown without their size, nothing can be audited")
        return []
    quick = S3ModelStore(replace(s3, connect_timeout=1.0, read_timeout=2.0), LOOKING)
    return [Periodic(Recipes(quick, board).look, settings.look_seconds)]


def _operator(settings: Settings, s3: S3Settings | None) -> tuple[Operator, list[Worker]]:
    """Acts, looks and verifications have a desk each: a rollback waits for no other kind."""
    kafka, (acting, reading, verifying) = settings.kafka, (Desk(), Desk(), Desk())
    store = None if s3 is None else S3ModelStore(s3)
    audits = None if store is None else Audits(kafka, store, verifying)
    acts = Acts(partial(open_operator_log, kafka))
    operator = Operator(acts, acting, reading, store, audits, settings.operator_peers())
    return operator, [acting, reading, verifying]


def _asked(settings: Settings) -> list[Asked]:
    lines = {layout: lineage_of_layout(layout) for layout in settings.predictor_addresses()}
    urls = settings.predictor_addresses()
    return [Asked(line.model_id, urls[layout]) for layout, line in lines.items() if line is not None]
