"""From the sorted swipes of a range and a base model to one delta a client. Pure but for the port."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise

import numpy as np
import orjson

from fedswipe.errors import InvalidMessage
from fedswipe.events import DeltaCodec, DeltaComputed, DeltaId, ObjectRef, OffsetRange
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.error_feedback import ErrorFeedback
from fedswipe.learning.top_k import SHARE
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.training.augmentation import Augmentation
from fedswipe.training.client_trainer import ClientSwipes, ClientTrainer, Training
from fedswipe.training_examples import ClientExamples
from services.trainer.letter import Letter

LARGEST_PAYLOAD = 900_000  # bytes; beyond them a delta goes to the model store, Kafka takes 1 MB a record
Store = Callable[[bytes], ObjectRef]


class ComputeDeltas:
    """Turns clients' examples into deltas; `store` keeps payloads that are too large for a record.

    What a lossy codec leaves out of one client's delta goes on with the next one's of the same range, and no
    further: the same range gives the same bytes, and a crash loses nothing else. TOPK sends `share`.
    With an `augmentation` clients learn from their swipes changed a little, as their deltas' seeds have it.
    """

    def __init__(
        self,
        trainer: ClientTrainer,
        delta_codec: DeltaCodec,
        share: float = SHARE,
        augmentation: Augmentation | None = None,
    ) -> None:
        self._trainer = trainer
        self._codec = delta_codec
        self._share = share
        self._augmentation = augmentation

    def compute(
        self, base: BaseModel, clients: Sequence[ClientExamples], swipes: OffsetRange, store: Store
    ) -> Iterator[DeltaComputed | list[Letter]]:
        """Yield each client's delta, or the letters of its swipes when it alone cannot be trained.

        All clients of a range share one base. Features are extracted in one batch.
        """
        layout = load_layout(base.lineage.layout)
        bounds = np.cumsum([0, *(len(client.examples) for client in clients)])
        names = [delta_id(base, client, swipes) for client in clients]
        learnt = [self._learnt(layout, *pair) for pair in zip(clients, names, strict=True)]
        features = extract(layout, list(chain.from_iterable(learnt)))
        asked = [
            ClientSwipes(features[start:end], [example.word for example in client.examples], seed_of(name))
            for client, name, (start, end) in zip(clients, names, pairwise(bounds.tolist()), strict=True)
        ]
        sizes = [tensor.size for tensor in base.weights.values()]
        feedback = ErrorFeedback(self._codec, sizes, self._share)
        trainings = self._trainer.train(base, asked)
        for client, name, training in zip(clients, names, trainings, strict=True):
            try:
                yield self._delta(base, client, name, _valid(training), swipes, feedback, store)
            except InvalidMessage as error:
                yield [Letter.of(example.record, error) for example in client.examples]

    def _learnt(self, layout: Layout, client: ClientExamples, name: DeltaId) -> list[Gesture]:
        gestures = [example.gesture for example in client.examples]
        if self._augmentation is None:
            return gestures
        return self._augmentation.apply(layout, gestures, np.random.default_rng(seed_of(name)))

    def _delta(
        self,
        base: BaseModel,
        client: ClientExamples,
        name: DeltaId,
        training: Training,
        swipes: OffsetRange,
        feedback: ErrorFeedback,
        store: Store,
    ) -> DeltaComputed:
        payload = feedback.encode(training.delta, len(client.examples))
        fits = len(payload) <= LARGEST_PAYLOAD
        return DeltaComputed(
            delta_id=name,
            model_id=base.lineage.model_id,
            base_version=base.version,
            base_link=base.link,
            client_id=client.client_id,
            swipes=swipes,
            swipe_offsets=tuple(example.record.offset for example in client.examples),
            examples=len(client.examples),
            loss_before=training.loss_before,
            loss_after=training.loss_after,
            codec=self._codec,
            payload=payload if fits else None,
            content=None if fits else store(payload),
        )


def _valid(training: Training | InvalidMessage) -> Training:
    if isinstance(training, InvalidMessage):
        raise training
    return training


def delta_id(base: BaseModel, client: ClientExamples, swipes: OffsetRange) -> DeltaId:
    """Return the SHA-256 that names a delta: the same base, range and client are the same delta."""
    parts = [base.lineage.model_id, base.link, swipes.partition, swipes.start, swipes.end, client.client_id]
    return DeltaId(hashlib.sha256(orjson.dumps(parts)).hexdigest())


def seed_of(name: DeltaId) -> int:
    """Return the 63-bit seed of a delta's training."""
    return int(name[:16], 16) >> 1
