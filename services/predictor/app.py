"""The predictor: follows models and servings, answers over HTTP. Run `python -m services.predictor.app`."""

import os
from datetime import UTC, datetime

from fedswipe.chain import RECENT, Chain
from fedswipe.events import LinkRef
from fedswipe.exit import run_and_exit
from fedswipe.kafka.chain_reader import ChainReader
from fedswipe.kafka.link_archive import read_links
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.serving_reader import ServingReader
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.lifecycle import serve
from fedswipe.modelstore.s3 import S3ModelStore
from fedswipe.swipe.bigrams import load_bigrams
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.telemetry import configure_logging
from fedswipe.topology import Lineage, lineage
from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.follower import BackOff, ModelFollower
from services.predictor.handlers import Predictor, Published
from services.predictor.prediction_log import PredictionLog
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard
from services.predictor.settings import Settings


def main() -> None:
    """Wire the parts, source to sink, and run until SIGTERM."""
    configure_logging("predictor")
    settings = Settings.from_env(os.environ)
    line = lineage(settings.model_id)
    store = S3ModelStore(settings.store(), settings.patience())
    predictor = Predictor(line, decoder_of(line), store, lambda: datetime.now(UTC), settings.name())
    follower = ModelFollower(
        predictor,
        BackOff(settings.retry_first, settings.retry_cap),
        find=lambda ref: published(settings.kafka, line, chain.chain, ref),
    )
    chain = ChainReader(settings.kafka, line, lambda link: follower.followed(link.ref))
    servings = ServingReader(settings.kafka, line, chain, follower.serving_changed)
    predictions = PredictionLog(lambda: EventProducer(settings.kafka), settings.sample)
    ready = Readiness(
        predictor,
        caught_up=lambda: chain.wait_caught_up(0) and servings.wait_caught_up(0),
        store_state=lambda: store.breaker_state,
        predictions=lambda: str(predictions),
    )
    pool = BoundedPool(settings.threads, settings.waiting)
    keyboard = Keyboard(line.layout, settings.gesture_width, settings.gesture_height)
    app = create_app(predictor, ready, pool, keyboard, predictions.offer)
    serve(app, settings.http_host, settings.http_port, [chain, servings, follower, predictions])
    pool.close()


def decoder_of(line: Lineage) -> Decoder:
    """The search over a lineage's words, with the word before where its language has bigrams."""
    words, bigrams = load_lexicon(line.lexicon).smoothed(), load_bigrams(line.lexicon)
    return Decoder(words, load_layout(line.layout), bigrams=bigrams)


def published(kafka: KafkaSettings, line: Lineage, chain: Chain, ref: LinkRef) -> Published:
    """Return a version with its event, which is read again when the chain keeps only its link."""
    link = chain.links[ref.version - 1]
    if len(chain.links) - ref.version < RECENT // 2:
        return Published(link, chain.event(ref.version))
    (found,) = read_links(kafka, line, [link])
    return Published(link, found.event)


if __name__ == "__main__":
    run_and_exit(main)
