from pathlib import Path

import pytest

from fedswipe.demo.crowd import real_people, simulated_people
from fedswipe.errors import FedswipeError
from fedswipe.topology import LINEAGES


def test_simulated_people_send_or_are_judged_never_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedswipe.demo.crowd.SIMULATED_SWIPES", 4)
    crowd = simulated_people(LINEAGES[0], clients=3)
    senders, judged = {c.id for c in crowd.clients}, {c.id for c in crowd.unseen}
    assert len(senders) == 3
    assert judged
    assert not senders & judged


def test_a_path_without_logs_says_what_to_download(tmp_path: Path) -> None:
    with pytest.raises(FedswipeError, match="sj67f"):
        real_people(tmp_path, LINEAGES[0], clients=3)
