from dataclasses import dataclass

from fedswipe.events import Sha256, Version
from fedswipe.learning.weights import Weights
from fedswipe.topology import Lineage


@dataclass(frozen=True, eq=False)
class BaseModel:
    """A head of a lineage, to train from: the link that published it and the model's verified weights."""

    lineage: Lineage
    version: Version
    link: Sha256
    weights: Weights
