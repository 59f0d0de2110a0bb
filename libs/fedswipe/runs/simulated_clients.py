"""People as clients: who takes part in a round, and the deltas of their training."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import orjson
from numpy.random import Generator
from numpy.typing import NDArray

from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.error_feedback import ErrorFeedback
from fedswipe.runs.config import Simulate
from fedswipe.runs.people import Swipes
from fedswipe.swipe.features import extract
from fedswipe.training.client_trainer import ClientSwipes, ClientTrainer, Training
from fedswipe.training.scaffold import Scaffold

NOWHERE = OffsetRange(0, 0, 0)  # simulated swipes stand in no log


class SimulatedClients:
    """The people with enough swipes. FedswipeError when a round needs more, or SCAFFOLD other steps."""

    def __init__(
        self, told: Simulate, architecture: Architecture, people: dict[str, Swipes], trainer: ClientTrainer
    ) -> None:
        self._told, self._architecture, self._trainer = told, architecture, trainer
        self._people = able(told, people)
        if told.scaffold and told.local.optimizer != "sgd":
            raise FedswipeError("simulate.local.optimizer: SCAFFOLD corrects plain SGD; set it to sgd")
        self._scaffold = (
            Scaffold(architecture.size, len(self._people), told.local.rate) if told.scaffold else None
        )

    def deltas(self, base: BaseModel, random: Generator) -> Iterator[DeltaComputed]:
        """Draw a round's clients and train them from ``base``.

        A client whose training diverged has no part in it, as in the services, where it becomes dead letters.
        """
        told = self._told
        drawn = draw_round(told, self._people, random)
        asked = [self._asked(base, name, swipes) for name, swipes in drawn.items()]
        codec = DeltaCodec(told.codec)
        feedback = ErrorFeedback(codec, self._architecture.sizes, told.top_k_share)  # as within a range
        for name, client, training in zip(drawn, asked, self._trainer.train(base, asked), strict=True):
            if isinstance(training, InvalidMessage):
                continue
            examples = len(client.words)
            self._learn_correction(name, examples, training)
            payload = feedback.encode(training.delta, examples)
            yield _event(base, name, examples, training, codec, payload)
        if self._scaffold is not None:
            self._scaffold.close_round()

    def _asked(self, base: BaseModel, name: str, swipes: Swipes) -> ClientSwipes:
        correction = None if self._scaffold is None else self._scaffold.correction(name)
        seed = int(_delta_id(base, name)[:16], 16) >> 1
        return ClientSwipes(self._features(swipes, seed), swipes.words, seed, correction)

    def _features(self, swipes: Swipes, seed: int) -> NDArray[np.float32]:
        layout, change = self._architecture.layout, self._told.augmentation
        gestures = swipes.gestures
        if change is not None:
            gestures = change.apply(layout, gestures, np.random.default_rng(seed))
        return extract(layout, gestures)

    def _learn_correction(self, name: str, examples: int, training: Training) -> None:
        if self._scaffold is not None:
            local = self._told.local
            steps = local.epochs * -(-examples // local.batch_size)
            self._scaffold.trained(name, training.delta, steps)


def able(told: Simulate, people: Mapping[str, Swipes]) -> dict[str, Swipes]:
    """The people with enough swipes to take part, by name; FedswipeError when a round needs more of them."""
    found = {name: one for name, one in sorted(people.items()) if len(one.words) >= told.fewest}
    if len(found) < told.clients:
        raise FedswipeError(f"simulate.clients: {told.clients} a round, {len(found)} people are there")
    return found


def draw_round(told: Simulate, people: Mapping[str, Swipes], random: Generator) -> dict[str, Swipes]:
    """Who takes part in a round, and with which swipes: at most ``most``, in an order of their own."""
    names = sorted(random.choice(list(people), told.clients, replace=False).tolist())
    return {name: _some(people[name], told.most, random) for name in names}


def _some(swipes: Swipes, most: int, random: Generator) -> Swipes:
    rows = random.permutation(len(swipes.words))[:most]
    return Swipes([swipes.words[row] for row in rows], [swipes.gestures[row] for row in rows])


def _event(
    base: BaseModel, name: str, examples: int, training: Training, codec: DeltaCodec, payload: bytes
) -> DeltaComputed:
    return DeltaComputed(
        delta_id=_delta_id(base, name),
        model_id=base.lineage.model_id,
        base_version=base.version,
        base_link=base.link,
        client_id=ClientId(name),
        swipes=NOWHERE,
        swipe_offsets=(),
        examples=examples,
        loss_before=training.loss_before,
        loss_after=training.loss_after,
        codec=codec,
        payload=payload,
        content=None,
    )


def _delta_id(base: BaseModel, name: str) -> DeltaId:
    parts: Sequence[str] = [base.lineage.model_id, base.link, name]
    return DeltaId(hashlib.sha256(orjson.dumps(parts)).hexdigest())
