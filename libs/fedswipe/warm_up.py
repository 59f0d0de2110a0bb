"""Compiles every compiled function for its real arguments: `python -m fedswipe.warm_up`.

Numba keeps the code beside the sources, or in NUMBA_CACHE_DIR. `make setup` and the images' build do it, so
that nothing is compiled at a start.
"""

import numpy as np

from fedswipe.datasets.touch_log import HEADER, find_runs, read_touch_log
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.paths import Paths
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.steps import STEPS

LAYOUT, LEXICON = "qwerty-en", "en-10k"  # any: the code is the same for all
SEARCH = SearchWeights(0.25, 1.0, 1.0)


def warm_up() -> None:
    """Read a log, describe a gesture, and find words."""
    find_runs(read_touch_log(HEADER + b"\n"))
    layout = load_layout(LAYOUT)
    path = np.array([[10.0, 10.0, 0.0], [200.0, 120.0, 300.0]], dtype=np.float32)
    gestures = [Gesture(path, 360.0, 216.0)]
    extract(layout, gestures)
    decoder = Decoder(load_lexicon(LEXICON), layout)
    even = np.full((STEPS // 2, layout.classes), -np.log(layout.classes), dtype=np.float32)
    decoder.decode(even, SEARCH, top_k=3, paths=Paths.of(layout, gestures))


if __name__ == "__main__":
    warm_up()
