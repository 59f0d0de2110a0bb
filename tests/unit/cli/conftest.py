"""A lineage in memory, and `fedswipe models` over it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedswipe import codec
from fedswipe.cli import main as cli
from fedswipe.cli import operator
from fedswipe.events import (
    ClosedBy,
    GlobalModelPublished,
    OffsetRange,
    PrivacySpent,
    Version,
)
from fedswipe.learning.manifest import Manifest
from fedswipe.testing.lineage_log import InMemoryLineageLog
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.operator_log import InMemoryOperatorLog
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]


class Command:
    """Runs `fedswipe models ...` on a lineage of five versions and reads what it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.lineage_log, self.store = InMemoryLineageLog(LINE), InMemoryModelStore()
        self.log = InMemoryOperatorLog(self.lineage_log)
        for _ in range(5):
            self.publish()
        self._patch, self._capsys = monkeypatch, capsys

        @contextmanager
        def opened(model_id: str) -> Iterator[operator.Operator]:
            assert model_id == LINE.model_id
            yield operator.Operator(self.log, self.store)

        monkeypatch.setattr(operator, "open_operator", opened)

    def publish(self, privacy: PrivacySpent | None = None) -> None:
        head = self.log.chain.head
        version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
        content = self.store.put("swipe-en/models", f"model {version}".encode())
        nothing = self.store.put("swipe-en/manifests", Manifest(()).to_bytes())
        settled = OffsetRange(LINE.partition, end, end + 3 * (version > 1))
        event = GlobalModelPublished(
            *(LINE.model_id, Version(version), parent, (settled,), content, content, nothing, nothing),
            *(3, 1, 30, ClosedBy.DELTAS if head else ClosedBy.FACTORY, None, None, privacy),
        )
        self.log.append_link(codec.encode(event))

    def run(self, *words: str) -> int | str | None:
        self._patch.setattr(sys, "argv", ["fedswipe", "models", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code

    def does(self, *words: str) -> str:
        code = self.run(*words)
        out, err = self._capsys.readouterr()
        assert code in (0, None), err
        return " ".join(out.split())

    def refuses(self, *words: str) -> str:
        assert self.run(*words) == cli.REFUSED
        return " ".join(self._capsys.readouterr().err.split())


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)
