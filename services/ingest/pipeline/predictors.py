"""Asks the predictors which version they serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
import urllib3

from services.ingest.pipeline.board import Board
from services.ingest.pipeline.shapes import ShownPredictor

SECONDS = 1.0  # an answer takes no longer, or there is none
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """A predictor's lineage and base URL."""

    model_id: str
    url: str


class Predictors:
    """Looks at each in turn."""

    def __init__(self, asked: Sequence[Asked], board: Board) -> None:
        self._asked = asked
        self._board = board
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=SECONDS, read=SECONDS), retries=False
        )

    def look(self) -> None:
        """Write what they answer to the board."""
        self._board.take_predictors(
            [_shown(one, self._get(f"{one.url}/api/v1/model")) for one in self._asked]
        )

    def _get(self, url: str) -> Mapping[str, Any] | None:
        """Return the JSON object of an answer with 200, None for any other answer or for none."""
        try:
            with self._pool.request("GET", url, preload_content=False, redirect=False) as answer:
                content = orjson.loads(answer.read(MOST_BYTES)) if answer.status == HTTPStatus.OK else None
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return None
        return content if isinstance(content, dict) else None


def _shown(asked: Asked, answer: Mapping[str, Any] | None) -> ShownPredictor:
    version, instance = (answer or {}).get("version"), (answer or {}).get("instance")
    ready = type(version) is int
    return ShownPredictor(
        model_id=asked.model_id,
        url=asked.url,
        version=version if ready else None,
        ready=ready,
        instance=instance if ready and isinstance(instance, str) else None,
    )
