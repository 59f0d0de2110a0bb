"""What our simulation has run, written down for Flower: each round's clients, their swipes and seeds."""

import hashlib
from pathlib import Path

import numpy as np
import orjson
from flower_app.course import Course
from safetensors import numpy as safetensors

from fedswipe.errors import FedswipeError
from fedswipe.learning.weights import Weights
from fedswipe.runs.config import Config
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People
from fedswipe.swipe.features import extract
from fedswipe.topology import lineage
from fedswipe.training.client_trainer import ClientSwipes


def write_course(
    config: Config, base: Weights, people: People, judge: Judge, ours: RunFolder, folder: Path
) -> Course:
    """Draw the clients as the simulation did; FedswipeError where its own record says that it did otherwise.

    The seed of a client's order comes from its delta's id, which names the model that it was trained from:
    the ids are checked against those that the simulation folded, as far back as it keeps them.
    """
    told, layout = config.simulate, judge.architecture.layout
    line = lineage(config.lineage)
    course = Course(folder, line.model_id, layout.name, told.rounds, told.clients, told.local)
    course.write(base, judge.decoder.lexicon)
    steps = orjson.loads(safetensors.load(ours.state() or b"")["steps"].tobytes())
    if len(steps) != told.rounds + 1 or told.augmentation is not None:
        raise FedswipeError(
            "rows.flower: give simulate.window.deltas = simulate.clients, and no augmentation"
        )
    names = sorted(name for name, one in people.clients.items() if len(one.words) >= told.fewest)
    for number in range(told.rounds):
        random = np.random.default_rng([config.seed, number])
        chosen = sorted(random.choice(names, told.clients, replace=False))
        ids = [_delta_id(line.model_id, steps[number][0], name) for name in chosen]
        folded = steps[number + 1][1]
        if folded and set(folded) != set(ids):
            raise FedswipeError(
                f"rows.flower: round {number + 1} of ours had other clients than those drawn here"
            )
        for place, (name, id_) in enumerate(zip(chosen, ids, strict=True)):
            swipes = people.clients[name]
            rows = random.permutation(len(swipes.words))[: told.most]
            features = extract(layout, [swipes.gestures[row] for row in rows])
            words = [swipes.words[row] for row in rows]
            course.write_client(number + 1, place, ClientSwipes(features, words, int(id_[:16], 16) >> 1))
    return course


def _delta_id(model_id: str, link: str, name: str) -> str:
    return hashlib.sha256(orjson.dumps([model_id, link, name])).hexdigest()
