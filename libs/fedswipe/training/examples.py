"""Swipes as tensors, to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Candidates:
    """For n swipes K words each, the one that was meant first: (n, K, longest) classes and (n, K) lengths.

    priors: (n, K), what the search adds to a word's CTC score; -inf where a swipe has fewer words.
    """

    targets: Tensor
    lengths: Tensor
    priors: Tensor

    @classmethod
    def joined(cls, parts: Sequence["Candidates"]) -> "Candidates":
        """One after another."""
        longest = max(part.targets.shape[2] for part in parts)
        padded = [nn.functional.pad(part.targets, (0, longest - part.targets.shape[2])) for part in parts]
        return cls(
            torch.cat(padded),
            torch.cat([part.lengths for part in parts]),
            torch.cat([part.priors for part in parts]),
        )

    def take(self, rows: Tensor) -> "Candidates":
        """Those of these swipes."""
        return Candidates(self.targets[rows], self.lengths[rows], self.priors[rows])

    def to(self, device: str) -> "Candidates":
        """The same on another device."""
        return Candidates(self.targets.to(device), self.lengths.to(device), self.priors.to(device))


@dataclass(frozen=True, eq=False)
class Examples:
    """Swipes: features (n, 64, C), padded targets (n, longest), lengths (n,); what else they might mean."""

    features: Tensor
    targets: Tensor
    lengths: Tensor
    candidates: Candidates | None = None

    @classmethod
    def of(
        cls,
        features: NDArray[np.float32],
        targets: Sequence[NDArray[np.int64]],
        candidates: Candidates | None = None,
    ) -> "Examples":
        """From arrays. Raises ``ValueError`` for unequally many."""
        if len(features) != len(targets):
            raise ValueError(f"{len(features)} feature rows and {len(targets)} targets: give equally many")
        padded = nn.utils.rnn.pad_sequence([torch.from_numpy(target) for target in targets], batch_first=True)
        lengths = torch.tensor([len(target) for target in targets])
        return cls(torch.from_numpy(features), padded, lengths, candidates)

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> "Examples":
        """One after another; all of them have candidates, equally many a swipe, or none has."""
        targets = nn.utils.rnn.pad_sequence([row for part in parts for row in part.targets], batch_first=True)
        found = [part.candidates for part in parts if part.candidates is not None]
        return cls(
            torch.cat([part.features for part in parts]),
            targets,
            torch.cat([part.lengths for part in parts]),
            Candidates.joined(found) if found else None,
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: str) -> "Examples":
        """The same on another device."""
        candidates = None if self.candidates is None else self.candidates.to(device)
        return Examples(
            self.features.to(device), self.targets.to(device), self.lengths.to(device), candidates
        )

    def take(self, rows: Tensor) -> "Examples":
        """The examples of these row numbers."""
        candidates = None if self.candidates is None else self.candidates.take(rows)
        return Examples(self.features[rows], self.targets[rows], self.lengths[rows], candidates)
