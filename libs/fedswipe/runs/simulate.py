"""The federation in one process: people as clients, trained and folded by the services' own code."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import orjson
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors import numpy as safetensors

from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.client_trainer import BaseModel, ClientSwipes, Training
from fedswipe.learning.error_feedback import ErrorFeedback
from fedswipe.learning.federation import Federation, Step
from fedswipe.learning.folding import Counted
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.torch_trainer import Apparatus, TorchTrainer
from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People, Swipes
from fedswipe.swipe.features import extract
from fedswipe.swipe.layout import Layout
from fedswipe.topology import Lineage

Progress = Callable[[int, int, float], None]  # rounds done, rounds in all, mean loss before training
NOWHERE = OffsetRange(0, 0, 0)  # simulated swipes stand in no log


def simulate(
    config: Config,
    line: Lineage,
    base: Weights,
    people: People,
    judge: Judge,
    folder: RunFolder,
    progress: Progress,
) -> Weights:
    """Federate from ``base``; the folder's state is taken up and kept."""
    told = config.simulate
    apparatus = Apparatus(judge.architecture, judge.decoder)
    trainer = TorchTrainer({line.model_id: apparatus}, told.local, config.threads, told.stack)
    federation = _begin(config, line, base, judge, folder)
    clients = {name: one for name, one in people.clients.items() if len(one.words) >= told.fewest}
    if len(clients) < told.clients:
        raise FedswipeError(f"simulate.clients: {told.clients} a round, {len(clients)} people are there")
    for number in range(_rounds(folder), told.rounds):
        random = np.random.default_rng([config.seed, number])
        chosen = sorted(random.choice(sorted(clients), told.clients, replace=False))
        swipes = [_part(clients[name], told.most, random) for name in chosen]
        losses = []
        features = [_features(config, judge.architecture.layout, one, random) for one in swipes]
        for delta in _deltas(config, trainer, judge.architecture, federation.head, chosen, swipes, features):
            federation.fold(delta)
            losses.append(delta.loss_before)
        federation.publish()
        figures = {"loss": float(np.mean(losses))} if losses else {}
        if (number + 1) % config.judge_every == 0:
            figures |= judge.on_the_way(federation.head.weights, config.judged_swipes)
        folder.note(number + 1, **figures)
        folder.save(_state_to_bytes(federation), number + 1)
        progress(number + 1, told.rounds, figures.get("loss", float("nan")))
    return federation.head.weights


def _deltas(
    config: Config,
    trainer: TorchTrainer,
    architecture: Architecture,
    base: BaseModel,
    names: Sequence[str],
    swipes: Sequence[Swipes],
    features: Sequence[NDArray[np.float32]],
) -> Iterator[DeltaComputed]:
    codec = DeltaCodec(config.simulate.codec)
    feedback = ErrorFeedback(codec, architecture.sizes, config.simulate.top_k_share)  # as within a range
    ids = [_delta_id(base, name) for name in names]
    asked = [
        ClientSwipes(described, one.words, int(id_[:16], 16) >> 1)
        for described, one, id_ in zip(features, swipes, ids, strict=True)
    ]
    for name, id_, one, training in zip(names, ids, swipes, trainer.train(base, asked), strict=True):
        if isinstance(training, InvalidMessage):
            continue  # as in the services, where it becomes dead letters: it has no part in the model
        payload = feedback.encode(training.delta, len(one.words))
        yield _event(base, name, id_, len(one.words), training, codec, payload)


def _event(
    base: BaseModel,
    name: str,
    id_: DeltaId,
    examples: int,
    training: Training,
    codec: DeltaCodec,
    payload: bytes,
) -> DeltaComputed:
    return DeltaComputed(
        delta_id=id_,
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


def _features(config: Config, layout: Layout, swipes: Swipes, random: Generator) -> NDArray[np.float32]:
    change = config.simulate.augmentation
    gestures = swipes.gestures if change is None else change.apply(layout, swipes.gestures, random)
    return extract(layout, gestures)


def _part(swipes: Swipes, most: int, random: Generator) -> Swipes:
    """At most so many of a person's swipes, in an order of their own."""
    rows = random.permutation(len(swipes.words))[:most]
    return Swipes([swipes.words[row] for row in rows], [swipes.gestures[row] for row in rows])


def _delta_id(base: BaseModel, name: str) -> DeltaId:
    return DeltaId(hashlib.sha256(orjson.dumps([base.lineage.model_id, base.link, name])).hexdigest())


def _begin(config: Config, line: Lineage, base: Weights, judge: Judge, folder: RunFolder) -> Federation:
    architecture, recipe = judge.architecture, config.simulate.window
    how = (b"simulated noise %d" % config.seed, counting(config))
    if (saved := folder.state()) is None:
        return Federation(line, architecture, recipe, Trained(architecture.join(base), {}), *how)
    tensors = safetensors.load(saved)
    rows = orjson.loads(tensors.pop("steps").tobytes())
    weights = tensors.pop("weights")
    steps = [Step(link, frozenset(folded)) for link, folded in rows]
    return Federation(line, architecture, recipe, Trained(weights, tensors), *how, steps)


def counting(config: Config) -> Callable[[int], Counted] | None:
    """Return what makes a window's sum, None for the recipe's rule. FedswipeError where it is missing."""
    if not config.simulate.secure:
        return None
    try:
        from fedswipe.learning.secure_sum.masked_sum import MaskedSum  # here: it needs an extra
    except ImportError as error:
        raise FedswipeError("simulate.secure: pip install 'fedswipe[secure-sum]' first") from error
    return MaskedSum


def _state_to_bytes(federation: Federation) -> bytes:
    # The ids of old steps are never asked for again.
    bound = federation.recipe.staleness_bound
    old = len(federation.steps) - bound
    rows = [(s.link, [] if n < old else sorted(s.folded)) for n, s in enumerate(federation.steps)]
    steps = np.frombuffer(orjson.dumps(rows), np.uint8)
    trained = federation.trained
    return safetensors.save({**trained.state, "weights": trained.weights, "steps": steps})


def _rounds(folder: RunFolder) -> int:
    return int(folder.metrics[-1]["step"]) if folder.metrics else 0
