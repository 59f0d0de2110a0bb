"""Every model of a run is judged alike: at its own search weights, on people whose swipes took no part."""

from dataclasses import dataclass

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Accuracy, Model, accuracy
from fedswipe.learning.weights import Weights, search_weights
from fedswipe.runs.people import People, Swipes
from fedswipe.swipe.bigrams import load_bigrams
from fedswipe.swipe.context import Before
from fedswipe.swipe.layout import Layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder


@dataclass(frozen=True, eq=False)
class Judge:
    """A lexicon that holds every word of the data set, and the swipes to be judged on."""

    architecture: Architecture
    decoder: Decoder
    unseen: Swipes
    threads: int

    @classmethod
    def of(cls, layout: Layout, lexicon: str, people: People, threads: int) -> "Judge":
        """Put the data set's words in place of the lexicon's rarest."""
        known = load_lexicon(lexicon).with_words(people.words).smoothed()
        decoder = Decoder(known, layout, bigrams=load_bigrams(lexicon))
        return cls(Architecture(layout), decoder, people.unseen, threads)

    def on_the_way(self, weights: Weights, most: int) -> dict[str, float]:
        """Judge on some of the swipes, in percent."""
        return _percent(self._accuracy(weights, self.unseen.spread(most)))

    def whole(self, weights: Weights) -> dict[str, float]:
        """Judge on all of them, in percent, also with the words before where those are known."""
        search = search_weights(weights)
        weighed = {"unigram": search.unigram, "length": search.length, "scale": search.scale}
        found = _percent(self._accuracy(weights, self.unseen))
        if self.unseen.before is not None:
            told = _percent(self._accuracy(weights, self.unseen, self.unseen.before))
            found |= {"top1_context": told["top1"], "top3_context": told["top3"]}
        return {**found, "swipes": len(self.unseen.words), **weighed}

    def _accuracy(self, weights: Weights, swipes: Swipes, before: Before = None) -> Accuracy:
        model = Model(self.architecture, weights, self.decoder)
        known = frozenset(self.decoder.lexicon.words)
        return accuracy(model, swipes.words, swipes.gestures, known, self.threads, lambda done: None, before)


def _percent(found: Accuracy) -> dict[str, float]:
    return {
        "top1": round(100 * found.top1, 2),
        "top3": round(100 * found.top3, 2),
        "greedy": round(100 * found.greedy, 2),
    }
