"""A private window's noise, made again from its seed, and the account of what noise has cost (ADR 0026)."""

import math
from collections.abc import Iterator, Sequence

from fedswipe.audit.finding import Finding, broken, expired
from fedswipe.events import GlobalModelPublished, PrivacySpent
from fedswipe.learning.aggregation import Sum
from fedswipe.learning.noise import add_noise, commitment, has_noise, seed_of
from fedswipe.learning.privacy import spent
from fedswipe.learning.recipe import Recipe

CLOSE = 1e-9  # of two epsilons: the last digits of a logarithm are the library's


def with_noise(
    event: GlobalModelPublished, recipe: Recipe, exact: Sum, keys: Sequence[bytes]
) -> tuple[Sum | None, Finding | None]:
    """Return the sum that the link's model was made of, or None and why that cannot be told."""
    if not has_noise(recipe, exact):
        if event.noise is None:
            return exact, None
        return exact, broken("other_noise", "it names noise, and its window has none", event.version)
    if event.noise is None:
        return None, broken("other_noise", "its recipe adds noise, and it names none", event.version)
    if not keys:
        detail = "noise not judged: without the noise key nobody can tell its model from another"
        return None, expired("noise_not_judged", detail, event.version)
    for key in keys:
        seed = seed_of(key, event.parent, recipe, exact)
        if commitment(seed) == event.noise:
            return add_noise(exact, recipe, seed), None
    detail = "no key makes the seed that it commits to: its noise is another, or the keys are not its own"
    return None, broken("other_noise", detail, event.version)


def compare_privacy(
    event: GlobalModelPublished, parent: GlobalModelPublished, recipe: Recipe
) -> Iterator[Finding]:
    """Yield a finding when the link's account does not follow from its parent's and its recipe."""
    due = spent(parent, recipe, event.folded)
    if not _same(due, event.privacy):
        detail = f"it says of privacy {_told(event.privacy)}; its parent and its recipe say {_told(due)}"
        yield broken("other_privacy", detail, event.version)


def _same(due: PrivacySpent | None, said: PrivacySpent | None) -> bool:
    if due is None or said is None:
        return due is said
    exact = (due.rho, due.delta, due.unprotected) == (said.rho, said.delta, said.unprotected)
    return exact and math.isclose(due.epsilon, said.epsilon, rel_tol=CLOSE, abs_tol=CLOSE)


def _told(account: PrivacySpent | None) -> str:
    if account is None:
        return "nothing"
    return (
        f"rho {account.rho:g}, epsilon {account.epsilon:g} at delta {account.delta:g}, "
        f"unprotected to version {account.unprotected}"
    )
