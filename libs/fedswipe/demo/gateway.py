"""What a keyboard's gateway does over HTTP: record swipes, ask for training, ask for words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import tenacity

from fedswipe.demo.crowd import Client
from fedswipe.errors import FedswipeError
from fedswipe.swipe.gesture import LabelledGesture

RECORD_BATCH = 250
PREDICT_BATCH = 50
BUSY = httpx.codes.SERVICE_UNAVAILABLE


@dataclass(frozen=True)
class Served:
    """The model that the predictor answers with."""

    version: int
    sha256: str


class Gateway:
    """Speaks to ingest and the predictor; a 503 is tried again for `patience` seconds."""

    def __init__(self, ingest: str, predictor: str, layout: str, patience: float = 30.0) -> None:
        self._http = httpx.Client(timeout=30)
        self._ingest = ingest
        self._predictor = predictor
        self._layout = layout
        self._patiently = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.status_code == BUSY),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=2),
            stop=tenacity.stop_after_delay(patience),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )

    def record(self, clients: Sequence[Client]) -> int:
        """Record all swipes of these clients; return how many were acknowledged."""
        bodies = [self._swipe(client, n) for client in clients for n in range(len(client.swipes))]
        for start in range(0, len(bodies), RECORD_BATCH):
            self._post(f"{self._ingest}/api/v1/swipes", {"swipes": bodies[start : start + RECORD_BATCH]})
        return len(bodies)

    def train(self) -> None:
        """Ask for the training of every client that has sent something."""
        self._post(f"{self._ingest}/api/v1/train", None)

    def served(self) -> Served:
        """Return what the predictor serves now."""
        answer = self._http.get(f"{self._predictor}/api/v1/model").raise_for_status().json()
        return Served(answer["version"], answer["sha256"])

    def predict(self, swipes: Sequence[LabelledGesture], words: int) -> list[list[str]]:
        """Return each swipe's words, the likeliest first; at most PREDICT_BATCH swipes."""
        bodies = [{"layout": self._layout, **_geometry(swipe)} for swipe in swipes]
        answer = self._post(f"{self._predictor}/api/v1/predict", {"swipes": bodies, "top_k": words})
        return [[word["word"] for word in one["words"]] for one in answer["predictions"]]

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _swipe(self, client: Client, n: int) -> dict[str, Any]:
        swipe = client.swipes[n]
        swipe_id = f"{client.id}-{client.first + n}"
        names = {"client_id": client.id, "swipe_id": swipe_id, "layout": self._layout}
        return {**names, "word": swipe.word, **_geometry(swipe)}

    def _post(self, url: str, body: Any) -> Any:
        answer = self._patiently(lambda: self._http.post(url, json=body) if body else self._http.post(url))
        if answer.is_error:
            raise FedswipeError(f"{url}: {answer.status_code}: {answer.text}")
        return answer.json()


def _geometry(swipe: LabelledGesture) -> dict[str, Any]:
    gesture = swipe.gesture
    return {"width": gesture.width, "height": gesture.height, "points": gesture.points.tolist()}
