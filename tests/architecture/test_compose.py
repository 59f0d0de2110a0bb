"""docker-compose.yml says of settings what the code says of them."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from fedswipe.cli.settings import FIXED, SERVICES
from fedswipe.environment import described_settings
from fedswipe.local.broker_settings import as_variables, broker_settings
from fedswipe.local.images import IMAGES

BLOCK = re.compile(r"^  (\w+):.*\n((?:    .*\n|\n)+)", re.MULTILINE)
VARIABLE = re.compile(r'^      ([A-Z0-9_]+):(?: "?(.*?)"?)?$', re.MULTILINE)
# Where a broker listens differs: here one listener is for the other containers, and one for the host.
ITS_OWN = re.compile("LISTENER|QUORUM|LOG_DIRS|HEAP|SECURITY_PROTOCOL")


@pytest.fixture(scope="module")
def variables(root: Path) -> dict[str, dict[str, str]]:
    """The variables of each service that is named there, with their values ("": the caller's)."""
    text = (root / "docker-compose.yml").read_text("utf-8")
    return {block[1]: dict(VARIABLE.findall(block[2])) for block in BLOCK.finditer(text)}


def test_every_setting_of_a_service_can_be_given(root: Path, variables: dict[str, dict[str, str]]) -> None:

    for service in SERVICES:
        settings = import_module(f"services.{service}.settings").Settings
        known = {row.variable for row in described_settings(settings)} - FIXED
        given = {name for name in variables[service] if not name.startswith("FEDSWIPE") or name in known}
        assert given == known, service


def test_the_broker_is_the_native_ones_twin(variables: dict[str, dict[str, str]]) -> None:
    native = as_variables(broker_settings(bind="", host="", port=0, controller_port=0, data=""))
    shared = {name: value for name, value in native.items() if not ITS_OWN.search(name)}
    here = {name: value for name, value in variables["kafka"].items() if not ITS_OWN.search(name)}
    assert here == shared


def test_the_images_are_those_that_the_local_stack_runs(root: Path) -> None:
    text = (root / "docker-compose.yml").read_text("utf-8")
    assert all(f"image: {image}\n" in text for image in IMAGES.values())
