"""A container engine that is not there but for its socket: it answers what a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from tempfile import TemporaryDirectory
from typing import Any

import pytest

Answers = Mapping[str, tuple[int, Any]]  # by method and path without the version: status and body
ALIVE: Answers = {
    "GET /version": (200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10"}),
    "GET /_ping": (200, "OK"),
}


@pytest.fixture
def fake_engine() -> Iterator[Callable[[Answers], str]]:
    """Start an engine that answers `ALIVE` and more; return its address."""
    with ExitStack() as running:
        yield lambda answers: running.enter_context(answering({**ALIVE, **answers}))


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/v1.41")
            status, body = answers.get(f"{self.command} {path}", (404, {"message": f"no {path}"}))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names of http.server

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingMixIn, UnixStreamServer):
        daemon_threads = True

    with TemporaryDirectory() as folder:  # pytest's own folders are too deep for the path of a socket
        socket = Path(folder) / "engine.sock"
        with Server(str(socket), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"unix://{socket}"
            server.shutdown()
