import numpy as np
import pytest
import torch
from torch import Tensor

from fedswipe.learning.targets import target
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.training.examples import Candidates, Examples
from fedswipe.training.gradient_steps import Sgd
from fedswipe.training.losses import SPELLING, spelling_losses, swipe_losses
from fedswipe.training.rivals import find_candidates

LAYOUT = load_layout("qwerty-en")
DECODER = Decoder(load_lexicon("en-10k"), LAYOUT)
SEARCH = SearchWeights(0.3, 1.5, 1.0)
WORDS = ["hello", "of", "letter"]


def outputs(n: int, seed: int = 0) -> Tensor:
    return torch.randn(n, 32, LAYOUT.classes, generator=torch.Generator().manual_seed(seed)).log_softmax(-1)


def examples(candidates: Candidates | None = None) -> Examples:
    features = np.zeros((len(WORDS), 64, 8 + len(LAYOUT.alphabet)), np.float32)
    return Examples.of(features, [target(LAYOUT, word) for word in WORDS], candidates)


def test_without_rivals_it_is_the_ctc_loss_a_letter() -> None:
    found = outputs(3)
    exact = DECODER.ctcs(found.numpy(), DECODER.places(WORDS)[:, None])[:, 0]
    expected = [-ctc / len(word) for ctc, word in zip(exact, WORDS, strict=True)]
    np.testing.assert_allclose(swipe_losses(found, examples()).numpy(), expected, rtol=1e-4)


def test_with_rivals_it_is_how_unlikely_the_search_finds_the_right_word() -> None:
    found = outputs(3)
    candidates = find_candidates(DECODER, found.numpy(), WORDS, SEARCH, 4)
    ranking = DECODER.rank(found.numpy(), SEARCH, 4)
    meant = DECODER.places(WORDS)
    for row in range(3):
        rivals = [word for word in ranking.words[row] if word != meant[row]][:3]
        places = np.array([[meant[row], *rivals]], np.int32)
        names = [DECODER.lexicon.words[place] for place in places[0]]
        logs = DECODER.lexicon.log_unigram[places[0]]
        lengths = np.array([len(name) for name in names])
        ctcs = DECODER.ctcs(found[row : row + 1].numpy(), places)[0]
        scores = ctcs + SEARCH.unigram * logs + SEARCH.length * lengths
        word = np.logaddexp.reduce(scores) - scores[0]
        spelling = -ctcs[0] / lengths[0]
        losses = swipe_losses(found, examples(candidates))
        assert float(losses[row]) == pytest.approx(word + SPELLING * spelling, rel=1e-4)


def test_spelling_weighs_beside_words_as_much_as_it_is_told() -> None:
    found = outputs(3)
    both = examples(find_candidates(DECODER, found.numpy(), WORDS, SEARCH, 4))
    words, spelt = swipe_losses(found, both, 0.0), swipe_losses(found, examples())
    np.testing.assert_allclose(swipe_losses(found, both, 2.0), words + 2 * spelt, rtol=1e-4)
    assert torch.equal(swipe_losses(found, both), swipe_losses(found, both, SPELLING))


def test_a_step_down_the_loss_lifts_the_right_word_over_its_rivals() -> None:
    logits = outputs(3).requires_grad_()
    candidates = find_candidates(DECODER, logits.detach().numpy(), WORDS, SEARCH, 8)
    batch = examples(candidates)
    optimizer = Sgd([logits])
    for _ in range(30):
        loss = swipe_losses(logits.log_softmax(-1), batch).sum()
        optimizer.step(torch.autograd.grad(loss, [logits]), 3.0)
    best = DECODER.decode_batch(logits.detach().log_softmax(-1).numpy(), SEARCH, 1)
    assert [found[0].word for found in best] == WORDS


def test_fewer_rivals_than_asked_for_do_not_count() -> None:
    found = outputs(3)
    candidates = find_candidates(DECODER, found.numpy(), WORDS, SEARCH, 3)
    padded = Candidates(
        torch.cat([candidates.targets, candidates.targets[:, :1]], dim=1),
        torch.cat([candidates.lengths, candidates.lengths[:, :1]], dim=1),
        torch.cat([candidates.priors, torch.full((3, 1), -torch.inf)], dim=1),
    )
    np.testing.assert_allclose(
        swipe_losses(found, examples(padded)), swipe_losses(found, examples(candidates)), rtol=1e-5
    )


def test_a_word_that_the_lexicon_lacks_has_rivals_too() -> None:
    found = outputs(1)
    candidates = find_candidates(DECODER, found.numpy(), ["zqxj"], SEARCH, 4)
    rarest = float(DECODER.lexicon.log_unigram[-1])
    assert candidates.lengths[0, 0] == 4
    assert float(candidates.priors[0, 0]) == pytest.approx(SEARCH.unigram * rarest + SEARCH.length * 4)
    assert torch.isfinite(candidates.priors).all()


def test_joined_examples_are_those_of_both() -> None:
    found = outputs(3)
    few = examples(find_candidates(DECODER, found.numpy(), WORDS, SEARCH, 3))
    joined = Examples.joined([few.take(torch.tensor([0])), few.take(torch.tensor([2, 1]))])
    order = torch.tensor([0, 2, 1])
    for losses in (swipe_losses, spelling_losses):
        np.testing.assert_allclose(losses(found[order], joined), losses(found, few)[order], rtol=1e-5)
