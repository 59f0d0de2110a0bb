"""What a person's own swipes are worth: trained on the first two thirds of them, judged on the last third."""

from typing import Any

import numpy as np
from bench_data import Data

from fedswipe.errors import InvalidMessage
from fedswipe.events import Sha256, Version
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.evaluation import Model
from fedswipe.learning.targets import is_trainable
from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import Swipes
from fedswipe.swipe.features import extract
from fedswipe.topology import lineage
from fedswipe.training.client_trainer import ClientSwipes
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer

FEWEST = 12  # swipes of a person who takes part


def personal_figures(config: Config, base: Weights, data: Data, judge: Judge) -> dict[str, Any]:
    """Top-1 and top-3 in percent on the same swipes, before and after; all these people are unseen ones."""
    people = [one for one in data.unseen.values() if len(one.words) >= FEWEST]
    parts = [_split(one) for one in people]
    asked = [_asked(judge.architecture, first, seed) for seed, (first, _) in enumerate(parts)]
    line = lineage(config.lineage)
    lines = {line.model_id: Apparatus(judge.architecture, judge.decoder)}
    trainer = TorchTrainer(lines, config.simulate.local, config.threads, config.simulate.stack)
    model = BaseModel(line, Version(1), Sha256("0" * 64), base)
    before, after = [], []
    flat = judge.architecture.join(base)
    common = Model(judge.architecture, base, judge.decoder)
    for (_, last), training in zip(parts, trainer.train(model, asked), strict=True):
        if isinstance(training, InvalidMessage):
            raise training
        own = Model(judge.architecture, judge.architecture.split(flat + training.delta), judge.decoder)
        before.append(common.places(last.words, last.gestures))
        after.append(own.places(last.words, last.gestures))
    figures = {
        f"{name}{when}": round(100 * float(np.concatenate(places)[:, column].mean()), 2)
        for when, places in (("", after), ("_before", before))
        for column, name in enumerate(("top1", "top3", "greedy"))
    }
    return figures | {"people": len(people), "swipes": sum(map(len, after))}


def _split(swipes: Swipes) -> tuple[Swipes, Swipes]:
    """The first two thirds and the last third, as they were made."""
    cut = 2 * len(swipes.words) // 3
    first, last = slice(None, cut), slice(cut, None)
    return (
        Swipes(swipes.words[first], swipes.gestures[first]),
        Swipes(swipes.words[last], swipes.gestures[last]),
    )


def _asked(architecture: Architecture, swipes: Swipes, seed: int) -> ClientSwipes:
    rows = [row for row, word in enumerate(swipes.words) if is_trainable(architecture.layout, word)]
    features = extract(architecture.layout, [swipes.gestures[row] for row in rows])
    return ClientSwipes(features, [swipes.words[row] for row in rows], seed)
