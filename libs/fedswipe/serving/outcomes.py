"""Right or wrong: a swipe's first prediction joined with the word it meant, counted per version. Pure."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from fedswipe.events import ClientId, ModelId, PredictionServed, SwipeId, SwipeRecorded, Version

WINDOW = 200_000  # swipes whose other half may still come, and those judged of late; about 100 MB
FEW = 3  # words that count as "among the first"
Key = tuple[ClientId, SwipeId]


@dataclass(frozen=True, slots=True)
class Tally:
    """Judged swipes, and how many of them had their word first, or among the first FEW."""

    judged: int = 0
    right: int = 0
    among_few: int = 0

    def plus(self, right: bool, among_few: bool) -> "Tally":
        """Count one more."""
        return Tally(self.judged + 1, self.right + right, self.among_few + among_few)


@dataclass(slots=True)
class _Pair:
    prediction: PredictionServed | None = None
    word: str | None = None
    judged: bool = False


class OutcomeJoin:
    """Joins both streams, in whatever order they come, by (client id, swipe id).

    Of a swipe's predictions the first counts, of its records the first with a word; each swipe is judged once
    at most. It remembers `window` swipes, the oldest falls out: `unjoined` counts those that fell out with
    one half only.
    """

    def __init__(self, model_id: ModelId, window: int = WINDOW) -> None:
        self.tallies: dict[Version, Tally] = {}
        self.unjoined = 0
        self._model_id = model_id
        self._window = window
        self._pairs: OrderedDict[Key, _Pair] = OrderedDict()

    def add(self, events: Iterable[PredictionServed | SwipeRecorded]) -> None:
        """Take the next events of either stream."""
        for event in events:
            if isinstance(event, PredictionServed):
                self._add_prediction(event)
            elif event.word is not None:
                self._add_word(event, event.word)

    def tally(self, version: Version) -> Tally:
        """Return a version's counts."""
        return self.tallies.get(version, Tally())

    def _add_prediction(self, event: PredictionServed) -> None:
        if event.model_id != self._model_id:
            return
        pair = self._pair((event.client_id, event.swipe_id))
        if not pair.judged and pair.prediction is None:
            pair.prediction = event
            self._judge(pair)

    def _add_word(self, event: SwipeRecorded, word: str) -> None:
        pair = self._pair((event.client_id, event.swipe_id))
        if not pair.judged and pair.word is None:
            pair.word = word
            self._judge(pair)

    def _pair(self, key: Key) -> _Pair:
        pair = self._pairs.setdefault(key, _Pair())
        if len(self._pairs) > self._window:
            _, oldest = self._pairs.popitem(last=False)
            self.unjoined += not oldest.judged
        return pair

    def _judge(self, pair: _Pair) -> None:
        prediction, word = pair.prediction, pair.word
        if prediction is None or word is None:
            return
        right, among_few = word in prediction.words[:1], word in prediction.words[:FEW]
        self.tallies[prediction.version] = self.tally(prediction.version).plus(right, among_few)
        pair.prediction, pair.word, pair.judged = None, None, True
