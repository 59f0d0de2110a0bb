from pathlib import Path

import pytest

from fedswipe.audit.finding import Outcome
from fedswipe.cli.audit_verify import CODES, COLOURS, noise_keys
from fedswipe.errors import FedswipeError

OLD, NEW = "an-old-key-of-thirty-two-letters", "the-new-key-which-has-more-of-them"


def test_an_audit_takes_every_noise_key_that_there_was(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{OLD}\n{NEW}\n")
    keys = (OLD.encode(), NEW.encode())
    assert noise_keys({}) == ()
    assert noise_keys({"FEDSWIPE_NOISE_KEY_FILE": str(file)}) == keys
    assert noise_keys({"FEDSWIPE_NOISE_KEY": f"{OLD},{NEW}"}) == keys
    with pytest.raises(FedswipeError, match="FEDSWIPE_NOISE_KEY: the key has 5 characters, give 32 or more"):
        noise_keys({"FEDSWIPE_NOISE_KEY": "short"})


def test_every_outcome_has_a_colour_and_scripts_can_tell_them_apart() -> None:
    assert CODES.keys() == COLOURS.keys() == set(Outcome)
    assert sorted(CODES.values()) == [0, 1, 2, 3]
