"""The pages that come with the package, and under which policy they are served."""

import gzip
import re

import pytest

from services.ingest.page_files import load_pages

MOST_BYTES = 100_000  # of a page with everything that it loads, compressed


def linked(page: str) -> set[str]:
    """Return the paths that a page names in src and href."""
    return set(re.findall(r'(?:src|href)="(/[^"]*)"', page))


async def test_the_keyboard_is_served_under_a_strict_policy(door) -> None:
    answer = await door.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(
        policy
    )
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("unsafe" in part or "http" in part for part in policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("client_id", ["web-1", "a%2Fb", "%D0%B8%D0%BC%D1%8F"])
async def test_every_client_has_a_page(door, client_id: str) -> None:
    page, keyboard = await door.http.get(f"/clients/{client_id}"), await door.http.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"] == keyboard.headers["content-security-policy"]
    assert "/assets/clients.js" in linked(page.text)


async def test_what_a_page_loads_is_there_and_of_its_type(door) -> None:
    types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    assets = [path for path in linked((await door.http.get("/")).text) if path.startswith("/assets/")]
    assert {path.rpartition(".")[2] for path in assets} == types.keys()
    for path in assets:
        answer = await door.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith(types[path.rpartition(".")[2]]), path
        assert "content-security-policy" in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_is_known_is_not_sent_again(door) -> None:
    first = await door.http.get("/assets/keyboard.js")
    again = await door.http.get("/assets/keyboard.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"
    other = await door.http.get("/assets/keyboard.js", headers={"If-None-Match": '"another"'})
    assert other.content == first.content


@pytest.mark.parametrize(
    "path", ["/assets/nothing.js", "/assets/..%2F..%2Fapp.py", "/assets/%2Fetc%2Fpasswd"]
)
async def test_nothing_else_is_served(door, path: str) -> None:
    answer = await door.http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_pages_hold_no_script_or_style_of_their_own_and_load_nothing_foreign() -> None:
    pages = {name: file.content.decode() for name, file in load_pages().items() if name.endswith(".html")}
    assert "index.html" in pages
    for name, page in pages.items():
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), name
        assert not re.search(r'(?:src|href)="(?!/)', page), name


def test_pages_are_small() -> None:
    sizes = {name: len(gzip.compress(file.content)) for name, file in load_pages().items()}
    assert sum(sizes.values()) < MOST_BYTES, sizes
