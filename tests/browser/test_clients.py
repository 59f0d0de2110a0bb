"""Somebody looks at what they gave, and asks to be forgotten."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from fedswipe.demo.crowd import Client
from fedswipe.demo.gateway import Gateway
from fedswipe.swipe.gesture import Gesture, LabelledGesture
from fedswipe.testing.running_loop import RunningLoop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DEADLINE = 90.0  # seconds; reached only by a failure
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "has_touch": False, "is_mobile": False}
CLIENT = "**/api/v1/clients/*"
WAITING = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("fedswipe", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("swipes").objectStore("swipes").count();
    counting.onsuccess = () => resolve(counting.result);
  };
})"""
Open = Callable[..., Any]


@pytest.fixture
def giver(loop: RunningLoop, visitor: Open, gestures) -> Open:
    """Open the keyboard for somebody who swipes three words and has the model learn them; then their page."""

    def give(**settings: Any) -> tuple[Any, str]:
        someone = visitor(**settings)
        page = someone.page
        page.locator("#consent").check()
        for gesture in list(gestures.values())[:3]:
            someone.swipe(gesture)
        someone.key("space")
        page.wait_for_function("() => document.querySelector('#sent').textContent.includes('3')")
        page.locator("#learn").click()
        page.wait_for_function("() => !document.querySelector('#sent').textContent.includes('3')")
        loop.wait_settled(DEADLINE)
        page.locator("#mine").click()
        page.wait_for_selector("#given")
        return someone, someone.name

    return give


@pytest.fixture(scope="module")
def givers(loop: RunningLoop, gestures: Mapping[str, Gesture]) -> Iterator[str]:
    """The names of some who gave three swipes each, and had the model learn them."""
    swipes = tuple(LabelledGesture(*one) for one in list(gestures.items())[:3])
    clients = [Client(f"giver-{n}", swipes) for n in range(5)]
    with closing(Gateway(loop.urls["ingest"], loop.urls["predictor"], loop.lineage.layout)) as gateway:
        gateway.record(clients)
        gateway.train()
    loop.wait_settled(DEADLINE)
    return iter([client.id for client in clients])


@pytest.fixture
def looker(visitor: Open, givers: Iterator[str]) -> Open:
    """Open the page of the next of them, as theirs."""

    def look(**settings: Any) -> tuple[Any, str]:
        someone, name = visitor(**settings), next(givers)
        someone.page.evaluate("name => localStorage.setItem('fedswipe.client', name)", name)
        someone.page.goto(f"{someone.origin}/clients/{name}")
        someone.page.wait_for_selector("#own")
        someone.page.wait_for_selector("#given")
        return someone, name

    return look


def refuse(page: Any, code: str) -> None:
    """Answer what the page asks of a client with a refusal."""
    problem = {"type": "about:blank", "title": "", "status": 503, "code": code, "detail": "no broker"}
    page.route(CLIENT, lambda route: route.fulfill(status=503, json=problem))


def told(loop: RunningLoop, client_id: str) -> Any:
    return httpx.get(f"{loop.urls['ingest']}/api/v1/clients/{client_id}").raise_for_status().json()


def test_who_gave_sees_it_and_is_forgotten_for_good(loop: RunningLoop, giver: Open) -> None:
    someone, name = giver()
    page = someone.page
    assert page.locator("#name").inner_text() == name
    assert page.locator("#own").is_visible()
    given = told(loop, name)
    assert f"3 ({loop.lineage.layout}: 3)" in page.locator("#counts").inner_text()
    rows = [each.split("\t") for each in page.locator("#delta-rows tr").all_inner_texts()]
    assert [(int(row[0]), row[1], row[2], int(row[3]), row[4], row[5].strip()) for row in rows] == [
        (
            *(one["offset"], one["model_id"], f"v{one['base_version']}", one["examples"]),
            *("folded", f"v{one['folded_in']}"),
        )
        for one in reversed(given["deltas"])
    ]
    assert sum(one["examples"] for one in given["deltas"]) == 3
    assert page.locator("#version-links li").count() == len(given["versions"]) > 0

    page.locator("#forget").click()
    assert "cannot be taken back" in page.locator("#question").inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "forget"
    assert told(loop, name)["forgotten"] is None

    page.keyboard.press("Enter")
    page.locator("#question-yes").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#forgotten")
    offset = told(loop, name)["forgotten"]["offset"]
    assert f"Record {offset} of" in page.locator("#forgotten").inner_text()
    assert page.evaluate("document.activeElement.id") == "forgotten-title"
    assert page.locator("#forget").is_hidden()

    page.reload()
    page.wait_for_selector("#forgotten")
    assert f"Record {offset} of" in page.locator("#forgotten").inner_text()
    assert page.locator("#forget").is_hidden()


def test_the_browser_drops_the_name_that_is_forgotten(giver: Open, gestures) -> None:
    someone, name = giver()
    page = someone.page
    someone.expected = "net::ERR_"
    page.context.route("**/api/v1/swipes", lambda route: route.abort("connectionreset"))
    someone.visit()
    someone.swipe(next(iter(gestures.values())))
    someone.key("space")
    page.wait_for_function("() => document.querySelector('#sent').textContent.includes('Waiting: 1')")
    page.locator("#mine").click()
    page.locator("#forget").click()
    page.locator("#question-yes").click()
    page.wait_for_selector("#forgotten-own")
    page.wait_for_function(f"async () => await ({WAITING})() === 0")
    assert someone.name is None
    page.context.unroute("**/api/v1/swipes")

    someone.visit()
    assert not page.locator("#consent").is_checked()
    assert page.locator("#mine").is_hidden()
    page.locator("#consent").check()
    assert someone.name not in (None, name)


def test_a_keyboard_that_is_open_elsewhere_learns_of_it(giver: Open) -> None:
    someone, _ = giver()
    elsewhere = someone.page.context.new_page()
    elsewhere.goto(someone.origin)
    elsewhere.wait_for_selector("#consent:checked")
    someone.page.locator("#forget").click()
    someone.page.locator("#question-yes").click()
    someone.page.wait_for_selector("#forgotten")
    elsewhere.wait_for_selector("#consent:not(:checked)")
    assert elsewhere.locator("#mine").is_hidden()


def test_versions_and_clients_lead_to_each_other(giver: Open) -> None:
    someone, name = giver(**DESKTOP)
    page = someone.page
    page.locator("#delta-rows a").first.click()
    page.wait_for_selector("#model-body:not([hidden])")
    page.locator("#model-deltas").get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_selector("#given")
    assert page.locator("#name").inner_text() == name
    page.locator("#delta-rows a").first.click()
    page.wait_for_selector("#model-body:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_function("location.hash === ''")  # a dialog that closes says so a moment later
    page.locator(f"#deltas a[title='{name}']").first.click()
    page.wait_for_selector("#given")
    assert page.locator("#name").inner_text() == name


def test_a_name_that_gave_nothing(visitor: Open) -> None:
    page = visitor().page
    page.goto(page.url + "clients/a%2Fb%20%3F")
    page.get_by_text("Nothing of this client is kept").wait_for()
    assert page.locator("#name").inner_text() == "a/b ?"
    assert page.locator("#forget").is_hidden()
    assert page.locator("#given").is_hidden()
    page.goto(page.url.partition("clients")[0] + "clients/")
    page.get_by_text("names no client").wait_for()


@pytest.mark.parametrize(
    ("code", "said", "offered"),
    [("TOO_MUCH_TO_READ", "more to read", True), ("UNAVAILABLE", "Refused: no broker", False)],
)
def test_what_cannot_be_read_may_be_asked_for_again(
    visitor: Open, code: str, said: str, offered: bool
) -> None:
    someone = visitor()
    someone.expected = "503"
    page = someone.page
    refuse(page, code)
    page.goto(page.url + "clients/somebody")
    page.get_by_text(said).wait_for()
    assert page.locator("#forget").is_visible() == offered
    page.unroute(CLIENT)
    page.locator("#retry").click()
    page.get_by_text("Nothing of this client is kept").wait_for()
    assert page.locator("#retry").is_hidden()


def test_a_refusal_is_said_in_the_dialog_and_changes_nothing(looker: Open) -> None:
    someone, name = looker()
    someone.expected = "503"
    page = someone.page
    refuse(page, "UNAVAILABLE")
    page.locator("#forget").click()
    page.locator("#question-yes").click()
    page.get_by_text("Refused: no broker").wait_for()
    assert someone.name == name
    page.locator("#question-no").click()
    assert page.locator("#forgotten").is_hidden()


@pytest.mark.parametrize(
    ("name", "screen"),
    [
        ("phone", {}),
        ("small-phone-dark-russian", {"viewport": {"width": 320, "height": 568}, "locale": "ru-RU"}),
        ("desktop", DESKTOP),
        ("desktop-dark", DESKTOP),
    ],
)
def test_nothing_keeps_anybody_out(
    looker: Open, serious_faults: Open, name: str, screen: dict[str, Any]
) -> None:
    someone, _ = looker(**screen, color_scheme="dark" if "dark" in name else "light")
    page = someone.page

    def look(what: str) -> None:
        someone.picture(f"{what}-{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        assert serious_faults(page) == [], what

    look("client")
    page.locator("#forget").click()
    assert page.evaluate("document.querySelector('#question').scrollTop") == 0  # it is read from its start
    look("forgetting")
    page.locator("#question-yes").click()
    page.wait_for_selector("#forgotten")
    look("forgotten")
