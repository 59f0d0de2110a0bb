"""Generated parts of the docs are up to date, and links between files lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from fedswipe.cli import topology
from fedswipe.topology import SCHEMAS, TOPICS

LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)(?:#[^)]*)?\)")
REMEDY = "run `make docs`"


def test_the_generated_parts_are_up_to_date(root: Path) -> None:
    command = [sys.executable, "-P", str(root / "tools/generated_docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{REMEDY}"


def test_the_readmes_table_is_the_topology(root: Path) -> None:
    assert topology.markdown() in (root / "README.md").read_text("utf-8"), REMEDY


def test_the_table_names_every_topic_once() -> None:
    named = [row[0] for row in topology.rows()]
    assert sorted(named) == sorted([topic.name for topic in TOPICS] + [SCHEMAS.name])


def test_links_between_files_lead_somewhere(root: Path, texts: Mapping[str, str]) -> None:
    broken = [
        f"{path}: {target}"
        for path, text in texts.items()
        if path.endswith(".md")
        for target in LINK.findall(text)
        if not ((root / path).parent / target).exists()
    ]
    assert broken == []


def test_every_mutant_that_a_page_names_is_there(root: Path) -> None:
    known = {file.stem for file in (root / "tests" / "mutants").glob("*.patch")}
    named = set(
        re.findall(r"`([a-z]+(?:-[a-z]+){2,})`", (root / "docs/adr/0022-invariants.md").read_text("utf-8"))
    )
    assert named
    assert named <= known
