import pytest

from fedswipe.runs.config import Config, Simulate
from fedswipe.runs.simulate import counting


def test_a_simulation_masks_its_sums_when_it_is_told_to() -> None:
    masked_sum = pytest.importorskip("fedswipe.learning.secure_sum.masked_sum", exc_type=ImportError)
    assert counting(Config(simulate=Simulate(secure=True))) is masked_sum.MaskedSum
    assert counting(Config()) is None
