"""Fetches the recipes that say when a window is full: they lie in the store, the links name them."""

import logging

from fedswipe.errors import FedswipeError, Retryable
from fedswipe.events import ModelId, ObjectRef, Sha256
from fedswipe.learning.recipe import Recipe
from fedswipe.modelstore.port import ModelStore
from fedswipe.topology import LINEAGES
from services.ingest.pipeline.board import Board

log = logging.getLogger(__name__)


class Recipes:
    """Keeps each lineage's newest recipe on the board."""

    def __init__(self, store: ModelStore, board: Board) -> None:
        self._store = store
        self._board = board
        self._known: dict[ModelId, Sha256] = {}

    def look(self) -> None:
        """Fetch what is new. Raises Retryable when the store does not answer."""
        for line in LINEAGES:
            with self._board.looking(line.model_id) as lineage:
                ref = lineage.recipe_ref
            if ref is not None and self._known.get(line.model_id) != ref.sha256:
                recipe = self._fetch(ref)
                with self._board.lineage(line.model_id) as lineage:
                    lineage.recipe = recipe
                self._known[line.model_id] = ref.sha256

    def _fetch(self, ref: ObjectRef) -> Recipe | None:
        try:
            return Recipe.from_bytes(self._store.get(ref))
        except Retryable:
            raise
        except FedswipeError as error:
            log.warning("the window's size is not shown: %s", error)
            return None
