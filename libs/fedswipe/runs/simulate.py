"""The federation in one process: people as clients, trained and folded by the services' own code."""

from collections.abc import Callable

import numpy as np
import orjson
from safetensors import numpy as safetensors

from fedswipe.errors import FedswipeError
from fedswipe.learning.federation import Federation, Step
from fedswipe.learning.folding import Counted
from fedswipe.learning.optimizer import Trained
from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People
from fedswipe.runs.simulated_clients import SimulatedClients
from fedswipe.topology import Lineage
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer

Progress = Callable[[int, int, float], None]  # rounds done, rounds in all, mean loss before training


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
    clients = SimulatedClients(told, judge.architecture, people.clients, trainer)
    federation = _begin(config, line, base, judge, folder)
    for number in range(_rounds(folder), told.rounds):
        losses = []
        for delta in clients.deltas(federation.head, np.random.default_rng([config.seed, number])):
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


def _begin(config: Config, line: Lineage, base: Weights, judge: Judge, folder: RunFolder) -> Federation:
    architecture, recipe = judge.architecture, config.simulate.window
    how = (b"simulated noise %d" % config.seed, counting(config))
    if (saved := folder.state()) is None:
        return Federation(line, architecture, recipe, Trained(architecture.join(base), {}), *how)
    if config.simulate.scaffold:
        raise FedswipeError(f"{folder.path}: a run with scaffold cannot go on; give another folder")
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
    old = len(federation.steps) - federation.recipe.staleness_bound
    rows = [(s.link, [] if n < old else sorted(s.folded)) for n, s in enumerate(federation.steps)]
    steps = np.frombuffer(orjson.dumps(rows), np.uint8)
    trained = federation.trained
    return safetensors.save({**trained.state, "weights": trained.weights, "steps": steps})


def _rounds(folder: RunFolder) -> int:
    return int(folder.metrics[-1]["step"]) if folder.metrics else 0
