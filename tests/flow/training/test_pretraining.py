from fedswipe.swipe.styles import FACTORY, STOPPING
from fedswipe.training.pretraining import CHUNK, PretrainingRecipe


def test_pretraining_begins_with_typists_who_stop_and_ends_with_those_who_are_like_people() -> None:
    recipe = PretrainingRecipe(swipes=10 * CHUNK, stopping=0.3)
    found = [recipe.typists(chunk) for chunk in range(len(recipe.chunks) + 1)]
    assert found == [STOPPING] * 3 + [FACTORY] * 8, "the held out swipes too are of the latter"
    assert PretrainingRecipe(swipes=CHUNK, stopping=0.0).typists(0) == FACTORY


def test_chunks_are_whole_batches() -> None:
    recipe = PretrainingRecipe(swipes=2 * CHUNK + 100)
    assert recipe.chunks == [CHUNK, CHUNK, 64]
