from dataclasses import replace

import pytest

from fedswipe.events import ClosedBy, GlobalModelPublished, ModelId, ObjectRef, PrivacySpent, Sha256, Version
from fedswipe.learning.privacy import cost, epsilon, spent
from fedswipe.learning.recipe import Recipe

REF = ObjectRef("key", Sha256("00" * 32), 1)
PLAIN, PRIVATE = Recipe(), Recipe(noise=2.0, over_norm="clip", privacy_delta=1e-5)


def parent(version: int = 1, privacy: PrivacySpent | None = None) -> GlobalModelPublished:
    return GlobalModelPublished(
        *(ModelId("swipe-en"), Version(version), "", (), REF, REF, REF, REF),
        *(1, 0, 1, ClosedBy.DELTAS, None, None, privacy),
    )


# What dp-accounting 0.6.0 says of so many Gaussian mechanisms: by its RDP accountant, and by its PLD
# accountant, which is nearly exact and so a bound from below.
@pytest.mark.parametrize(
    ("noise", "windows", "delta", "rdp", "pld"),
    [
        (1.0, 100, 1e-5, 96.11630842505602, 91.81728962407377),
        (0.5, 1, 1e-6, 11.68862679916635, 10.997151218387838),
        (4.0, 1_000, 1e-6, 71.21610010057353, 68.04757806335225),
        (10.0, 5, 1e-8, 1.2172826550839542, 1.1488169606913332),
    ],
)
def test_epsilon_is_what_others_compute(
    noise: float, windows: int, delta: float, rdp: float, pld: float
) -> None:
    found = epsilon(windows * cost(noise), delta)
    assert pld < found <= rdp * 1.0001


@pytest.mark.parametrize("rho", [1e-9, 1e-3, 0.5, 50.0, 5e4])
def test_epsilon_is_the_closed_forms_or_less(rho: float) -> None:
    """rho + 2 sqrt(rho ln(1/delta)) is the plain conversion of Bun and Steinke, arXiv 1605.02658."""
    plain = rho + 2 * (rho * 13.815510557964274) ** 0.5
    assert 0 <= epsilon(rho, 1e-6) <= plain * 1.000001


def test_windows_add_up() -> None:
    first = spent(parent(), PRIVATE, folded=3)
    assert first == PrivacySpent(0.125, epsilon(0.125, 1e-5), 1e-5, Version(0))
    second = spent(parent(2, first), replace(PRIVATE, noise=1.0), folded=1)
    assert second == PrivacySpent(0.625, epsilon(0.625, 1e-5), 1e-5, Version(0))
    assert second.epsilon > first.epsilon


def test_who_was_folded_without_noise_is_told_of() -> None:
    assert spent(parent(7), PLAIN, folded=3) is None
    first = spent(parent(7), PRIVATE, folded=3)
    assert first is not None
    assert first.unprotected == 7
    after = spent(parent(8, first), PLAIN, folded=3)
    assert after == replace(first, unprotected=Version(9))


def test_a_window_that_folds_nothing_costs_nothing_and_gives_nothing_back() -> None:
    before = PrivacySpent(3.0, 9.0, 1e-5, Version(2))
    for recipe in (PLAIN, PRIVATE):
        assert spent(parent(9, before), recipe, folded=0) == before
    assert spent(parent(9), PRIVATE, folded=0) is None
