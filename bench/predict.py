"""Latency of POST /api/v1/predict: one swipe a request, one connection, one request after another, loopback.

Prints JSON: p50 and p99 in ms of the predictor with a 30,000-word lexicon, of a bare ASGI app that sends
the request's body back from the same kind of server process, and the ratio of the two medians.
"""

import argparse
import http.client
import json
import multiprocessing
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from fedswipe.chain import Link
from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.events import ClosedBy, GlobalModelPublished, OffsetRange, Sha256, Version
from fedswipe.learning.factory import factory_bytes
from fedswipe.swipe.gesture import Gesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.typists import simulate_typists
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES
from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard

LINE = LINEAGES[0]
WARM_UP = 50  # requests that are not counted


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swipes", type=Path, help="How We Swipe logs, zip or folder; default: simulated")
    parser.add_argument("--model", type=Path, help="a model's file; default: the factory model")
    parser.add_argument("--count", type=int, default=1_000, help="requests to time")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    model = options.model.read_bytes() if options.model else factory_bytes(LINE.model_id)
    gestures = real(options.swipes, options.count) if options.swipes else simulated(options.count)
    bodies = [body(gesture) for gesture in gestures]
    with served("echo", b"") as port:
        echo = milliseconds(port, bodies)
    with served("predictor", model) as port:
        predict = milliseconds(port, bodies)
    figures = {
        "swipes": "real" if options.swipes else "simulated",
        "requests": len(bodies),
        "p50_ms": quantile(predict, 50),
        "p99_ms": quantile(predict, 99),
        "echo_p50_ms": quantile(echo, 50),
        "echo_p99_ms": quantile(echo, 99),
        "p50_over_echo": round(quantile(predict, 50) / quantile(echo, 50), 2),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


def real(path: Path, count: int) -> list[Gesture]:
    """Return the first swipes of people that nothing is trained on."""
    swipes = (one.gesture for person in read_people(path) if is_unseen(person.id) for one in person.swipes)
    return list(islice(swipes, count))


def simulated(count: int) -> list[Gesture]:
    """Return swipes of simulated typists, the same at every run."""
    typists = simulate_typists(
        load_layout(LINE.layout), load_lexicon(LINE.lexicon), 20, -(-count // 20), seed=7
    )
    return [gesture for typist in typists for gesture in typist.gestures][:count]


def body(gesture: Gesture) -> bytes:
    """Return the request of one swipe."""
    swipe = {"layout": LINE.layout, "width": gesture.width, "height": gesture.height}
    return json.dumps(swipe | {"points": gesture.points.round(3).tolist()}).encode()


def milliseconds(port: int, bodies: Sequence[bytes]) -> list[float]:
    """Time each request on one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for number, sent in enumerate([*bodies[:WARM_UP], *bodies]):
        start = time.perf_counter()
        connection.request("POST", "/api/v1/predict", sent, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if number >= WARM_UP:
            times.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}")
    connection.close()
    return times


def quantile(times: Sequence[float], percent: float) -> float:
    """Return a percentile in ms, to the microsecond."""
    return round(float(np.percentile(times, percent)), 3)


@contextmanager
def served(kind: str, model: bytes) -> Iterator[int]:
    """Run a server in a process of its own; give its port. EOFError when it ends before it listens."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(kind, model, sending), daemon=True)
    process.start()
    sending.close()  # else the end of the process would not be the end of the pipe
    try:
        yield receiving.recv()
    finally:
        process.terminate()
        process.join()


def serve(kind: str, model: bytes, ready: Connection) -> None:
    """Serve until terminated; tell the port once the app is there."""
    app = echo_app if kind == "echo" else predictor_app(model)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([listening])


async def echo_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the request's body back."""
    if scope["type"] != "http":
        return
    content, more = b"", True
    while more:
        message = await receive()
        content, more = content + message.get("body", b""), message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def predictor_app(model: bytes) -> ASGIApp:
    """Return the predictor's app with this model loaded, no Kafka and no object store."""
    store = InMemoryModelStore()
    decoder = Decoder(load_lexicon(LINE.lexicon).smoothed(), load_layout(LINE.layout))
    predictor = Predictor(LINE, decoder, store, now=lambda: datetime.now(UTC))
    at = store.put(f"{LINE.model_id}/models", model)
    ranges, version = (OffsetRange(LINE.partition, 0, 0),), Version(1)
    event = GlobalModelPublished(
        *(LINE.model_id, version, "", ranges, at, at, at, at), 0, 0, 0, ClosedBy.FACTORY, None
    )
    predictor.reload_model(Published(Link(1, Sha256("0" * 64), 0, 0, 0), event))
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    keyboard = Keyboard(LINE.layout, 360.0, 200.0)
    return create_app(predictor, ready, BoundedPool(threads=2, waiting=64), keyboard, note=lambda _: None)


if __name__ == "__main__":
    main()
