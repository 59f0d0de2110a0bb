"""`make test` tests the built wheel: what is imported is installed, complete and up to date."""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

import fedswipe
import services

PACKAGES = {"fedswipe": "libs/fedswipe", "services": "services"}


@pytest.fixture
def installed() -> Path:
    origin = json.loads(distribution("fedswipe").read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        pytest.skip("an editable install, for development: `make test` installs the wheel")
    return Path(str(distribution("fedswipe").locate_file("")))


def test_the_tests_import_the_wheel(installed: Path) -> None:
    for package in (fedswipe, services):
        assert package.__file__ is not None
        assert Path(package.__file__).is_relative_to(installed)


def test_the_wheel_holds_every_file_of_the_packages(installed: Path, root: Path) -> None:
    for name, folder in PACKAGES.items():
        for file in files_of(root / folder):
            copy = installed / name / file.relative_to(root / folder)
            assert copy.is_file(), f"{file} is not in the wheel"
            assert copy.read_bytes() == file.read_bytes(), f"{file} has changed since the wheel was built"


def test_the_wheel_holds_the_schemas(installed: Path, root: Path) -> None:
    for file in files_of(root / "schemas"):
        assert (installed / "fedswipe" / "schemas" / file.relative_to(root / "schemas")).is_file()


def files_of(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.parent.name != "__pycache__"]
