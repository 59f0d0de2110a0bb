import pytest

from fedswipe.learning.recipe import Recipe
from fedswipe.learning.staleness import constant, hinge, polynomial


def test_each_factor_is_the_papers_in_units_of_a_1024th() -> None:
    assert constant(2) == (1024, 1024, 1024)
    assert polynomial(3, 0.5) == (1024, 724, 591, 512)
    assert polynomial(1, 1.0) == (1024, 512)
    assert hinge(6, 1.0, 4.0) == (1024, 1024, 1024, 1024, 1024, 512, 341)
    assert hinge(0, 10.0, 4.0) == (1024,)


def test_the_default_of_a_recipe_is_fedbuffs() -> None:
    assert polynomial(5, 0.5) == Recipe().staleness


@pytest.mark.parametrize("table", [constant(255), polynomial(255, 9.0), hinge(255, 1e6, 0.0)])
def test_every_table_is_a_recipes(table: tuple[int, ...]) -> None:
    assert Recipe(staleness=table).staleness_bound == 255
