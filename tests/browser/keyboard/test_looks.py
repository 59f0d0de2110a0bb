"""How the page looks and whom it is open to: axe's rules in both languages, by day and by night; pictures."""

from typing import Any

import pytest

from fedswipe.testing.visitor import PAINTED

DRAWN = """() => {
  const canvas = document.querySelector("#board canvas");
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
}"""
SCREENS: dict[str, dict[str, Any]] = {
    "phone": {},
    "small-phone-dark-russian": {
        **{"viewport": {"width": 320, "height": 568}, "color_scheme": "dark", "locale": "ru-RU"},
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}, "has_touch": False, "is_mobile": False},
    "desktop-dark": {
        **{"viewport": {"width": 1280, "height": 800}, "has_touch": False, "is_mobile": False},
        "color_scheme": "dark",
    },
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=SCREENS)
def swiping(request: pytest.FixtureRequest, lasting_visitor, gestures) -> Any:
    """Somebody in the middle of a sentence, the finger still on the keyboard."""
    # With less motion the trail stays until the finger lifts.
    someone = lasting_visitor(**SCREENS[request.param], reduced_motion="reduce")
    someone.page.locator("#consent").check()
    first, second, third, *_ = gestures.values()
    for gesture in (first, second):
        someone.swipe(gesture)
    someone.draw(third, lift=False)
    someone.picture(f"keyboard-{request.param}")
    return someone


def test_nothing_is_cut_off(swiping) -> None:
    """Nothing has to be scrolled to, neither the text nor the keyboard."""
    width, height = (swiping.page.viewport_size[side] for side in ("width", "height"))
    assert swiping.page.evaluate("() => document.documentElement.scrollWidth") <= width
    for part in ("#text", "#consent", "#words", "#board"):
        box = swiping.page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part


def test_axe_finds_no_serious_fault(swiping, serious_faults) -> None:
    assert serious_faults(swiping.page) == []


def test_without_motion_the_trail_goes_at_once(visitor, gestures) -> None:
    someone = visitor(reduced_motion="reduce")
    someone.swipe(next(iter(gestures.values())))
    someone.page.evaluate(PAINTED)
    assert not someone.page.evaluate(DRAWN)
