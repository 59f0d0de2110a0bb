import json
from pathlib import Path
from typing import Any

import pytest

from fedswipe.cli.evaluate import evaluate
from fedswipe.errors import FedswipeError
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.search import Decoder

HEADER = "sentence timestamp keyb_width keyb_height event x_pos y_pos x_radius y_radius angle word is_err"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    events = ["touchstart", *["touchmove"] * 6, "touchend"]
    lines = [f"s {1000 + 100 * i} 360 215 {e} {40 + 20 * i} 30 0 0 0 hello 0" for i, e in enumerate(events)]
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "person.log").write_text("\n".join([HEADER, *lines, ""]))
    return folder


def judge(
    swipes: Path | None,
    *,
    lexicon: str = "en-10k",
    words: Path | None = None,
    model: str = "factory",
    context: bool = False,
) -> None:
    evaluate(
        swipes=swipes,
        lexicon=lexicon,
        words=words,
        model=model,
        unseen=False,
        json_file=None,
        context=context,
    )


def test_each_wrong_option_is_named_with_the_remedy(tmp_path: Path, logs: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("don't")
    with pytest.raises(FedswipeError, match=r"--swipes .*sj67f"):
        judge(wrong)
    with pytest.raises(FedswipeError, match=r"--lexicon en-1k: .*en-10k"):
        judge(logs, lexicon="en-1k")
    with pytest.raises(FedswipeError, match=r"--words .*don't"):
        judge(logs, words=wrong)
    with pytest.raises(FedswipeError, match=r"--model .*safetensors"):
        judge(logs, model=str(wrong))


def test_without_logs_a_lineage_is_judged_on_simulated_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedswipe.demo.crowd.SIMULATED_UNSEEN", 3)
    file, words = tmp_path / "figures.json", tmp_path / "words"
    words.write_text("Ещё ёлки")
    evaluate(swipes=None, words=words, model="factory", unseen=True, json_file=file, lineage="swipe-ru")
    figures = json.loads(file.read_text())
    assert (figures["lineage"], figures["lexicon"]["name"]) == ("swipe-ru", "ru-30k")
    assert (figures["people"], figures["swipes"]) == (3, 150)
    assert figures["coverage"] > 99


def test_logs_of_another_layout_and_a_lineage_that_is_not_there_are_refused(logs: Path) -> None:
    options: dict[str, Any] = {"words": None, "model": "factory", "unseen": False, "json_file": None}
    with pytest.raises(FedswipeError, match="--swipes: its people swiped on qwerty-en; leave it out"):
        evaluate(swipes=logs, lineage="swipe-ru", **options)
    with pytest.raises(FedswipeError, match="--lineage swipe-xx: unknown model; there are swipe-en"):
        evaluate(swipes=logs, lineage="swipe-xx", **options)


def test_a_folder_of_logs_is_judged(logs: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    evaluate(swipes=logs, lexicon="en-10k", words=None, model="factory", unseen=False, json_file=file)
    documented = {
        "top1",
        "top3",
        "greedy",
        "coverage",
        "swipes",
        "people",
        "p50_ms",
        "p99_ms",
        "model",
        "context",
    }
    figures = json.loads(file.read_text())
    assert figures.keys() >= documented
    assert (figures["swipes"], figures["people"], figures["coverage"]) == (1, 1, 100.0)


def test_the_search_knows_the_words_before_only_when_it_is_told(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, told = tmp_path / "figures.json", list[Any]()
    real = Decoder.decode_batch

    def noting(self: Decoder, log_probs: Any, search: Any, top_k: int, before: Any, paths: Any) -> Any:
        told.append(before)
        return real(self, log_probs, search, top_k, before, paths)

    monkeypatch.setattr(Decoder, "decode_batch", noting)
    log = logs / "person.log"
    log.write_text(log.read_text().replace("\ns ", "\noh_Hello "))
    options: dict[str, Any] = {"lexicon": "en-30k", "words": None, "model": "factory", "unseen": False}
    for context, before in ((False, None), (True, ["oh"])):
        told.clear()
        evaluate(swipes=logs, json_file=file, context=context, **options)
        assert told[0] == before
        assert json.loads(file.read_text())["context"] is context


def test_words_are_searched_with_smoothed_frequencies(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, real = list[Lexicon](), Decoder.decode_batch

    def noting(self: Decoder, *given: Any) -> Any:
        searched.append(self.lexicon)
        return real(self, *given)

    monkeypatch.setattr(Decoder, "decode_batch", noting)
    judge(logs)
    assert (searched[0].log_unigram == load_lexicon("en-10k").smoothed().log_unigram).all()


def test_context_needs_logs_and_bigrams(logs: Path) -> None:
    with pytest.raises(FedswipeError, match=r"--context: simulated people .* --swipes"):
        judge(None, context=True)
    with pytest.raises(FedswipeError, match="--context: there are no bigrams for en-10k; take en-30k"):
        judge(logs, context=True)
