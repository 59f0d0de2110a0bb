"""What a page is told about the keyboards that it draws."""

import pytest

from fedswipe.swipe.layout import load_layout
from fedswipe.topology import LINEAGES


async def keyboards(door) -> dict[str, dict]:
    answer = await door.http.get("/api/v1/keyboards")
    assert answer.status_code == 200
    return {each["layout"]: each for each in answer.json()["keyboards"]}


async def test_every_lineage_has_a_keyboard(door) -> None:
    found = await keyboards(door)
    assert list(found) == [line.layout for line in LINEAGES]
    assert [each["model_id"] for each in found.values()] == [line.model_id for line in LINEAGES]
    assert found["jcuken-ru"]["language"] == "ru"


@pytest.mark.parametrize("line", LINEAGES, ids=lambda line: line.layout)
async def test_keys_lie_where_the_model_has_them(door, line) -> None:
    keyboard, layout = (await keyboards(door))[line.layout], load_layout(line.layout)
    centres = {key["letter"]: (key["x"], key["y"]) for key in keyboard["keys"]}
    assert centres.keys() == set(layout.alphabet)
    for letter, (x, y) in zip(layout.alphabet, layout.centres.tolist(), strict=True):
        assert centres[letter] == pytest.approx((x * keyboard["width"], y * keyboard["height"]), abs=0.01)
    assert keyboard["key_width"] == pytest.approx(layout.key_width * keyboard["width"], abs=0.01)
    assert keyboard["key_height"] == pytest.approx(layout.key_height * keyboard["height"], abs=0.01)


async def test_of_letters_on_one_key_its_own_comes_first(door) -> None:
    letters = "".join(key["letter"] for key in (await keyboards(door))["jcuken-ru"]["keys"])
    assert letters.startswith("йцукен")
    assert letters.index("ь") < letters.index("ъ")


async def test_without_a_predictor_it_is_said_so(door) -> None:
    assert {each["predicts"] for each in (await keyboards(door)).values()} == {False}
