"""What training minimises, a number a swipe."""

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from fedswipe.training.examples import Candidates, Examples

SPELLING = 0.3  # share of the CTC loss a letter beside the loss of the word


def swipe_losses(log_probs: Tensor, examples: Examples, spelling: float = SPELLING) -> Tensor:
    """The loss of each swipe (N,), from log probabilities (N, T, classes).

    Without candidates it is the CTC loss divided by the word's length (Graves et al., ICML 2006). With them
    it is how unlikely the right word is among them, as the search ranks them, and a share of the former: what
    is wanted of the whole is trained, as by maximum mutual information (Povey et al., Interspeech 2016) or
    minimum word error rate (Prabhavalkar et al. 2018, arXiv 1712.01818) in speech.
    """
    if examples.candidates is None:
        return spelling_losses(log_probs, examples)
    likelihoods = _likelihoods(log_probs, examples.candidates)
    scores = likelihoods + examples.candidates.priors
    words = torch.logsumexp(scores, dim=1) - scores[:, 0]
    return words - spelling * likelihoods[:, 0] / examples.lengths


def spelling_losses(log_probs: Tensor, examples: Examples) -> Tensor:
    """The CTC loss of each swipe a letter, (N,)."""
    steps = torch.full((len(log_probs),), log_probs.shape[1])
    losses = ctc_loss(log_probs.transpose(0, 1), examples.targets, steps, examples.lengths, reduction="none")
    return losses / examples.lengths


def _likelihoods(log_probs: Tensor, candidates: Candidates) -> Tensor:
    """Natural logarithms of the candidates' CTC probabilities, (N, K)."""
    swipes, words, longest = candidates.targets.shape
    steps = torch.full((swipes * words,), log_probs.shape[1])
    each = log_probs.transpose(0, 1).repeat_interleave(words, dim=1)
    losses = ctc_loss(
        each, candidates.targets.view(-1, longest), steps, candidates.lengths.flatten(), reduction="none"
    )
    return -losses.view(swipes, words)
