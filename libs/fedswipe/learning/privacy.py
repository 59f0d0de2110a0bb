"""What noise costs: the account of a lineage's private windows, in zero-concentrated differential privacy.

A window with noise multiplier z is 1/(2 z^2)-zCDP for a client (Canonne, Kamath and Steinke, arXiv
2004.00010; Bun and Steinke, arXiv 1605.02658), and windows add up. No window's cost is lowered for a chance
that a client was not in it.
"""

import math

import numpy as np

from fedswipe.events import GlobalModelPublished, PrivacySpent, Version
from fedswipe.learning.recipe import Recipe

ORDERS = 20_000  # that are tried; each gives a valid epsilon, so a finer grid only finds a smaller one


def spent(parent: GlobalModelPublished, recipe: Recipe, folded: int) -> PrivacySpent | None:
    """Return the account after a window of `folded` deltas on this parent; None while none was private.

    A window that folded nothing costs nothing, so neither does a rollback, and it gives nothing back.
    """
    before = parent.privacy
    if folded == 0:
        return before
    if not recipe.noise:
        return before and _account(before.rho, before.delta, Version(parent.version + 1))
    if before is None:
        return _account(cost(recipe.noise), recipe.privacy_delta, _before_privacy(parent))
    return _account(before.rho + cost(recipe.noise), recipe.privacy_delta, before.unprotected)


def cost(noise: float) -> float:
    """Return the rho of one window with this noise multiplier."""
    return 1.0 / (2.0 * noise * noise)


def epsilon(rho: float, delta: float) -> float:
    """Return the least epsilon, over many orders, that rho-zCDP gives at this delta.

    Canonne, Kamath and Steinke, arXiv 2004.00010, proposition 12. Its last digits are the library's.
    """
    above_one = np.geomspace(1e-4, 1e8, ORDERS)  # the order minus 1
    order = 1.0 + above_one
    tail = (-math.log(delta) - np.log(above_one) + order * np.log(above_one / order)) / above_one
    return max(0.0, float(np.min(order * rho + tail)))


def _account(rho: float, delta: float, unprotected: Version) -> PrivacySpent:
    return PrivacySpent(rho, epsilon(rho, delta), delta, unprotected)


def _before_privacy(parent: GlobalModelPublished) -> Version:
    """The first model was trained on nobody's swipes; later ones may have been."""
    return parent.version if parent.version > 1 else Version(0)
