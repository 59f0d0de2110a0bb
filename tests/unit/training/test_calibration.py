import numpy as np

from fedswipe.swipe.candidate import Candidate
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.training.calibration import RankedSwipe, calibrate

TRUE = SearchWeights(unigram=0.5, length=1.5, scale=1.2)
BASE = SearchWeights(unigram=0.3, length=0.0, scale=1.0)


def swipes_of(truth: SearchWeights, n: int, seed: int = 0) -> list[RankedSwipe]:
    """Candidates at random, the right one drawn with the probabilities that ``truth`` gives."""
    random = np.random.default_rng(seed)
    swipes = []
    for _ in range(n):
        ctc, unigram = random.normal(-5, 3, 10), random.normal(-10, 2, 10)
        lengths = random.integers(2, 9, 10)
        scores = truth.scale * (ctc + truth.unigram * unigram + truth.length * lengths)
        shares = np.exp(scores - scores.max())
        rows = zip(ctc.tolist(), unigram.tolist(), lengths.tolist(), strict=True)
        candidates = [Candidate(str(i), 0.0, *row) for i, row in enumerate(rows)]
        swipes.append(RankedSwipe(candidates, int(random.choice(10, p=shares / shares.sum()))))
    return swipes


def distance(one: SearchWeights, other: SearchWeights) -> float:
    return float(
        np.linalg.norm([one.unigram - other.unigram, one.length - other.length, one.scale - other.scale])
    )


def test_many_swipes_find_the_weights_that_made_them() -> None:
    found = calibrate(swipes_of(TRUE, 3000), BASE)
    assert distance(found, TRUE) < 0.15


def test_few_swipes_move_little() -> None:
    few, many = (distance(calibrate(swipes_of(TRUE, n), BASE), BASE) for n in (2, 200))
    assert few < 0.5 * many


def test_the_mean_of_clients_comes_nearer_to_the_truth_round_by_round() -> None:
    search = BASE
    for round_ in range(8):
        clients = [calibrate(swipes_of(TRUE, 20, seed=100 * round_ + client), search) for client in range(15)]
        mean = np.mean([(c.unigram, c.length, c.scale) for c in clients], axis=0)
        search = SearchWeights(*mean.tolist())
    assert distance(search, TRUE) < 0.25 * distance(BASE, TRUE)


def test_no_swipes_change_nothing() -> None:
    assert calibrate([], BASE) == BASE


def test_candidates_that_are_all_alike_change_nothing() -> None:
    alike = [Candidate(str(i), 0.0, -3.0, -9.0, 4) for i in range(10)]
    assert distance(calibrate([RankedSwipe(alike, 0)] * 20, BASE), BASE) < 1e-9


def test_weights_stay_in_their_range_whatever_the_swipes_say() -> None:
    backwards = SearchWeights(unigram=0.5, length=1.5, scale=1.2)
    swipes = [RankedSwipe(s.candidates[::-1], s.right) for s in swipes_of(backwards, 300)]
    worst = [
        RankedSwipe(s.candidates, int(np.argmin([c.ctc + c.log_unigram for c in s.candidates])))
        for s in swipes
    ]
    found = calibrate(worst, BASE)
    assert found.scale > 0
    assert found.unigram >= 0
    assert np.isfinite(found.length)


def test_a_swipe_whose_word_is_not_among_the_candidates_says_nothing() -> None:
    candidates = swipes_of(TRUE, 1)[0].candidates
    assert RankedSwipe.of(candidates, "elsewhere") is None
    found = RankedSwipe.of(candidates, "7")
    assert found is not None
    assert found.right == 7
