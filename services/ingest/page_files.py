"""The built pages that come with the package: `make pages` makes them from web/."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is served; `etag` names its bytes."""

    content: bytes
    media_type: str
    etag: str


def load_pages() -> Mapping[str, PageFile]:
    """Read every file, by its path under pages/: "index.html", "assets/keyboard.js"."""
    return dict(_files(resources.files("services.ingest") / "pages", ""))


def _files(folder: Traversable, path: str) -> list[tuple[str, PageFile]]:
    found: list[tuple[str, PageFile]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files(entry, f"{path}{entry.name}/")
        elif (kind := entry.name.rpartition(".")[2]) in MEDIA_TYPES:
            content = entry.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found.append((path + entry.name, PageFile(content, MEDIA_TYPES[kind], etag)))
    return found
