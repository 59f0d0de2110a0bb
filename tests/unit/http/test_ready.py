"""The health check of a container, against a server that answers as a service does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fedswipe.http.ready import is_ready


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join()


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
def test_it_is_what_ready_answers(status: int, ready: bool) -> None:
    with answering(status) as port:
        assert is_ready(port) is ready


def test_nobody_there_is_an_error() -> None:
    with answering(200) as port:
        is_ready(port)
    with pytest.raises(OSError, match="refused"):
        is_ready(port)
