"""A container's health check: `python -m fedswipe.http.ready PORT` ends with 0 when /ready answers 200."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection

SECONDS = 4.0


def is_ready(port: int) -> bool:
    """Ask the service on this machine once. OSError when nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", "/ready")
    return connection.getresponse().status == HTTPStatus.OK


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(sys.argv[1])) else 1)
