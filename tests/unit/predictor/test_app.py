"""What the predictor is wired of: the search's words, and where a version's event comes from."""

from dataclasses import replace

import pytest

from fedswipe import codec
from fedswipe.chain import RECENT, Chain
from fedswipe.events import ClosedBy, GlobalModelPublished, ObjectRef, OffsetRange, Sha256, Version
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.serving.operator_log import ArchivedLink
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.testing.lineage_log import add_link
from fedswipe.testing.operator_log import START
from fedswipe.topology import LINEAGES
from services.predictor import app

LINE, SHA = LINEAGES[0], Sha256("0" * 64)
REF = ObjectRef("swipe-en/models/0", SHA, 1)
FIRST = GlobalModelPublished(
    *(LINE.model_id, Version(1), "", (OffsetRange(LINE.partition, 0, 0),)),
    *(REF, REF, REF, REF, 0, 0, 0, ClosedBy.FACTORY, None),
)


def test_an_old_version_is_read_again_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, events = Chain(LINE.model_id, LINE.partition), []
    for number in range(RECENT + 50):
        parent = chain.head.sha256 if chain.head else ""
        events.append(replace(FIRST, version=Version(number + 1), parent=parent))
        assert add_link(chain, codec.encode(events[-1]), number)
    asked = []

    def read_links(kafka: KafkaSettings, line: object, links: list[object]) -> list[ArchivedLink]:
        (link,) = asked[len(asked) :] = links
        return [ArchivedLink(link, events[link.version - 1], START)]  # type: ignore[attr-defined, arg-type]

    monkeypatch.setattr(app, "read_links", read_links)
    for version in (1, 40, RECENT, RECENT + 50):
        found = app.published(KafkaSettings(), LINE, chain, chain.links[version - 1].ref)
        assert (found.link, found.event) == (chain.links[version - 1], events[version - 1])
    assert [link.version for link in asked] == [1, 40]  # type: ignore[attr-defined]


def test_words_are_searched_with_smoothed_frequencies() -> None:
    found, plain = app.decoder_of(LINE).lexicon, load_lexicon(LINE.lexicon)
    assert found.words == plain.words
    assert (found.log_unigram == plain.smoothed().log_unigram).all()
    assert (found.log_unigram != plain.log_unigram).any()
