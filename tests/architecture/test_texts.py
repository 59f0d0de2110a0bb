"""What no file of the repository says."""

import re
from collections.abc import Mapping

# Joined here, so that this file does not say them either.
HOSTS = [
    f"{name}.{ending}" for name, ending in (("pypi", "org"), ("pythonhosted", "org"), ("golang", "org/x"))
]
HOME = re.compile(r"(?<![\w.$}~*-])/(?:root|home/\w+|Users/\w+|work)/[\w.]")
CYRILLIC = re.compile("[\u0400-\u04ff]")
# Russian letters are data here: layouts and their words, the pages' Russian texts, and what tests feed.
RUSSIAN = re.compile(
    r"^(libs/fedswipe/swipe/(layouts|lexicons)/|tests/|web/tests/|web/src/shared/texts\.(\w+\.)?ru\.ts$|services/ingest/pages/)"
)


def test_no_registry_is_named(texts: Mapping[str, str]) -> None:
    named = [f"{path}: {host}" for path, text in texts.items() for host in HOSTS if host in text]
    assert named == []


def test_no_machine_is_named(texts: Mapping[str, str]) -> None:
    named = [f"{path}: {found[0]}" for path, text in texts.items() if (found := HOME.search(text))]
    assert named == []


def test_everything_is_written_in_english(texts: Mapping[str, str]) -> None:
    russian = [path for path, text in texts.items() if CYRILLIC.search(text) and not RUSSIAN.match(path)]
    assert russian == []


def test_requirements_are_pinned_and_hashed_and_hold_no_address(texts: Mapping[str, str]) -> None:
    files = {path: text for path, text in texts.items() if path.startswith("requirements/")}
    assert {"requirements/base.txt", "requirements/train.txt", "requirements/dev.txt"} <= set(files)
    pins: dict[str, str] = {}
    for path, text in files.items():
        assert "//" not in text, path
        assert "--index" not in text, path
        for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]:
            pin = re.match(r"([a-z0-9.-]+)(?:\[.*\])?==(\S+)", entry)
            assert pin, entry
            assert "--hash=sha256:" in entry, entry
            assert pins.setdefault(pin[1], pin[2]) == pin[2], f"{path}: another version of {pin[1]}"
