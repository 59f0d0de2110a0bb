"""The routes of one client: what it gave, and to be forgotten. An id may hold any printable character."""

from dataclasses import asdict

from fastapi import FastAPI

from fedswipe.events import ClientId, Event
from fedswipe.http.reading import refusal, refused
from fedswipe.swipe_check import InvalidSwipe, check_id
from fedswipe.topology import FOREVER, SWIPES, WEIGHT_DELTAS, Topic
from services.ingest.answers import problems
from services.ingest.clients.answers import (
    ClientAnswer,
    DeltaAnswer,
    Forgetting,
    ForgottenAnswer,
    Kept,
    VersionAnswer,
)
from services.ingest.clients.handlers import Clients
from services.ingest.clients.history import History
from services.ingest.reading import WORDING

PATH = "/api/v1/clients/{client_id:path}"


def add_client_routes(app: FastAPI, clients: Clients) -> None:
    """Serve GET and DELETE of a client."""

    @app.get(PATH, responses=problems(422, 503))
    async def client(client_id: str) -> ClientAnswer:
        """Say what a client gave and what became of it, from the topics as they are now.

        It reads the client's partition of the swipes and all kept deltas, one request at a time; what takes
        longer than INGEST_HISTORY_SECONDS is answered by 503.
        """
        return _answer(client_id, await clients.history(_checked(client_id)))

    @app.delete(PATH, status_code=202, responses=problems(422, 503))
    async def forget_client(client_id: str) -> ForgottenAnswer:
        """Forget a client; answered once the broker has acknowledged it. It cannot be taken back.

        From then on nothing of this id is trained or folded; docs/privacy.md says what remains, and how long.
        """
        offset = await clients.forget(_checked(client_id))
        return ForgottenAnswer(client_id=client_id, forgotten=Forgetting(offset=offset))


def _checked(client_id: str) -> ClientId:
    try:
        check_id("client_id", client_id)
    except InvalidSwipe as error:
        raise refused([refusal(0, error, WORDING)], "give an id as swipes have it") from error
    return ClientId(client_id)


def _answer(client_id: str, found: History) -> ClientAnswer:
    versions = sorted({(one.model_id, one.folded_in) for one in found.deltas if one.folded_in is not None})
    return ClientAnswer(
        client_id=client_id,
        swipes=sum(found.swipes_by_layout.values()),
        swipes_by_layout=found.swipes_by_layout,
        words=found.words,
        deltas=[DeltaAnswer(**asdict(one)) for one in found.deltas],
        versions=[VersionAnswer(model_id=model_id, version=version) for model_id, version in versions],
        kept=Kept(swipes_days=_days(SWIPES), deltas_days=_days(WEIGHT_DELTAS)),
        forgotten=None if found.forgotten is None else Forgetting(offset=found.forgotten),
    )


def _days(topic: Topic[Event]) -> int | None:
    return None if topic.retention == FOREVER else topic.retention.days
