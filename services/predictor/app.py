"""The predictor: follows global-models, answers swipes over HTTP. Run `python -m services.predictor.app`."""

import os
from datetime import UTC, datetime

from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.lifecycle import serve
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.telemetry import configure_logging
from fedswipe.topology import lineage
from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.follower import BackOff, ModelFollower
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard
from services.predictor.settings import Settings


def main() -> None:
    """Wire the parts, source to sink, and run until SIGTERM."""
    configure_logging("predictor")
    settings = Settings.from_env(os.environ)
    line = lineage(settings.model_id)
    store = S3ModelStore(settings.store(), settings.patience())
    decoder = Decoder(load_lexicon(line.lexicon), load_layout(line.layout))
    predictor = Predictor(line, decoder, store, now=lambda: datetime.now(UTC))
    follower = ModelFollower(predictor, BackOff(settings.retry_first, settings.retry_cap))
    reader = ChainReader(
        settings.kafka,
        line,
        lambda link: follower.followed(Published(link, reader.chain.event(link.version))),
    )
    ready = Readiness(
        predictor,
        caught_up=lambda: reader.wait_caught_up(0),
        store_state=lambda: store.breaker_state,
    )
    pool = BoundedPool(settings.threads, settings.waiting)
    keyboard = Keyboard(line.layout, settings.gesture_width, settings.gesture_height)
    app = create_app(predictor, ready, pool, keyboard)
    serve(app, settings.http_host, settings.http_port, [reader, follower])
    pool.close()


if __name__ == "__main__":
    main()
