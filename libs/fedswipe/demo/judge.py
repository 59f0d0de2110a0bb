"""How good the served words are: top-1 and top-3 over HTTP, on swipes whose word is known."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fedswipe.demo.gateway import PREDICT_BATCH, Gateway
from fedswipe.swipe.gesture import LabelledGesture

AT_ONCE = 2  # requests under way
WORDS = 3


@dataclass(frozen=True)
class Accuracy:
    """Shares in percent of `swipes` whose word came first, or among the first three."""

    top1: float
    top3: float
    swipes: int


def judge(
    gateway: Gateway, swipes: Sequence[LabelledGesture], advance: Callable[[int], None] = lambda _: None
) -> Accuracy:
    """Ask the predictor for every swipe; `advance` learns how many more are done."""
    batches = [swipes[at : at + PREDICT_BATCH] for at in range(0, len(swipes), PREDICT_BATCH)]
    first = third = 0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = threads.map(lambda batch: gateway.predict(batch, WORDS), batches)
        for batch, words in zip(batches, answers, strict=True):
            first += sum(swipe.word == found[0] for swipe, found in zip(batch, words, strict=True) if found)
            third += sum(swipe.word in found for swipe, found in zip(batch, words, strict=True))
            advance(len(batch))
    return Accuracy(100 * first / len(swipes), 100 * third / len(swipes), len(swipes))
