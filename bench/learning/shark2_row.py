"""The row of SHARK2: its weights are set on held-out people, then it reads the unseen ones' swipes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from bench_data import Data
from numpy.typing import NDArray
from shark2 import Distances, Templates

from fedswipe.runs.config import Config
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import Swipes

HELD_OUT = 1_000  # swipes at most that set the weights
REACHES = (1.0, 1.5, 2.0)  # key widths
SHAPES = (0.0, *np.geomspace(0.1, 300.0, 12).tolist())
UNIGRAMS = (0.0, *np.geomspace(0.001, 3.0, 16).tolist())
RANKS = 3


@dataclass(frozen=True)
class Weighing:
    """A word's score is unigram * log unigram - location^2 - shape * shape^2."""

    reach: float
    shape: float
    unigram: float

    def best(self, found: Distances, log_unigram: NDArray[np.float32]) -> NDArray[np.int64]:
        """The first RANKS words, as places in the lexicon."""
        score = self.unigram * log_unigram[found.words] - found.location**2 - self.shape * found.shape**2
        return found.words[np.argsort(-score, kind="stable")[:RANKS]]


def shark2_figures(config: Config, data: Data, judge: Judge) -> dict[str, Any]:
    """Top-1 and top-3 in percent on all unseen swipes, and the weights that were set."""
    held_out = data.people.held_out.spread(HELD_OUT)
    aspect = float(np.median([one.height / one.width for one in held_out.gestures]))
    templates = Templates.of(judge.decoder.lexicon, judge.architecture.layout, aspect)
    with ThreadPoolExecutor(config.threads) as pool:
        weighing = _weighed(templates, held_out, judge, pool)
        found = _found(templates, judge.unseen, weighing.reach, pool)
    ranks = _ranks(found, weighing, judge, judge.unseen)
    figures = {"top1": ranks[:, 0].mean(), "top3": ranks.any(axis=1).mean()}
    return {name: round(100 * float(share), 2) for name, share in figures.items()} | {
        "swipes": len(ranks),
        "reach": weighing.reach,
        "shape": weighing.shape,
        "unigram": weighing.unigram,
    }


def _weighed(templates: Templates, held_out: Swipes, judge: Judge, pool: ThreadPoolExecutor) -> Weighing:
    best, most = Weighing(REACHES[0], 0.0, 0.0), -1.0
    for reach in REACHES:
        found = _found(templates, held_out, reach, pool)
        ways = [Weighing(reach, *weights) for weights in product(SHAPES, UNIGRAMS)]
        shares = pool.map(lambda way, found=found: _ranks(found, way, judge, held_out)[:, 0].mean(), ways)
        share, way = max(zip(shares, ways, strict=True), key=lambda pair: pair[0])
        if share > most:
            best, most = way, share
    return best


def _found(templates: Templates, swipes: Swipes, reach: float, pool: ThreadPoolExecutor) -> list[Distances]:
    return list(pool.map(partial(templates.distances, reach=reach), templates.swiped(swipes.gestures)))


def _ranks(found: list[Distances], way: Weighing, judge: Judge, swipes: Swipes) -> NDArray[np.bool_]:
    """For each swipe whether its word stands first, second, third: (N, RANKS)."""
    logs = judge.decoder.lexicon.log_unigram
    ranks = np.zeros((len(found), RANKS), bool)
    for row, (one, place) in enumerate(zip(found, judge.decoder.places(swipes.words).tolist(), strict=True)):
        words = way.best(one, logs)
        ranks[row, : len(words)] = words == place
    return ranks
