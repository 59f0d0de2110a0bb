"""What is committed under services/ingest/pages is what web/ builds, from the services' own documents."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fedswipe.topology import PREDICTIONS, SWIPES, TRAIN_REQUESTS, WEIGHT_DELTAS, dead_letters

TYPES = ("ingest", "predictor")


@pytest.fixture(scope="module")
def npx(root: Path) -> Callable[..., None]:
    """Run a tool of web/package.json. Skipped where there is no Node, or none of its packages."""
    if shutil.which("npx") is None:
        pytest.skip("no Node: what is built is taken as it is")
    if not (root / "web" / "node_modules").is_dir():
        pytest.skip("the packages of web/ are not installed: npm ci --prefix web, or make pages")

    def run(*arguments: str) -> None:
        command = ["npx", "--no-install", *arguments]
        done = subprocess.run(command, cwd=root / "web", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_the_documents_are_the_services(root: Path) -> None:
    command = [sys.executable, "-P", str(root / "tools/openapi_documents.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", TYPES)
def test_the_types_are_the_documents(npx, root: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / "types.d.ts"
    npx("openapi-typescript", f"openapi/{name}.json", "-o", str(made), "--default-non-nullable=false")
    assert made.read_text("utf-8") == (root / f"web/src/api/{name}.d.ts").read_text("utf-8"), "make pages"


def test_the_sources_fit_their_types_and_their_tests(npx) -> None:
    npx("tsc", "--noEmit")
    npx("vitest", "run")


def test_the_pages_are_what_their_sources_build(npx, root: Path, tmp_path: Path) -> None:
    npx("vite", "build", "--outDir", str(tmp_path), "--emptyOutDir")
    assert contents(tmp_path) == contents(root / "services" / "ingest" / "pages"), "make pages"


def test_the_lock_has_versions_and_hashes_and_no_address(root: Path) -> None:
    lock = (root / "web" / "package-lock.json").read_text("utf-8")
    assert "://" not in lock, 'npm wrote where packages or their authors are: drop "resolved" and "funding"'
    assert '"integrity"' in lock


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_said_to_remain_of_a_client_is_kept_that_long(root: Path, language: str) -> None:
    said = (root / f"web/src/shared/texts.clients.{language}.ts").read_text("utf-8")
    given = {SWIPES, WEIGHT_DELTAS, TRAIN_REQUESTS}
    for name, topics in (("topics", given | set(map(dead_letters, given))), ("predictions", {PREDICTIONS})):
        (line,) = re.findall(rf'"remains\.{name}": "(.*)"', said)
        assert re.findall(r"\d+", line) == [str(days) for days in {topic.retention.days for topic in topics}]


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
