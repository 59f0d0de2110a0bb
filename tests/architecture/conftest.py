"""The source tree, as the rules see it. (What the tests import is the installed package.)"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("libs", "services", "bench", "tools", "examples")
MADE = {".venv", ".git", "dist", "build", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the top of the repository, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Mapping[str, Source]:
    """Every Python file of the project but the tests, by its path."""
    found = {}
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path, text = file.relative_to(ROOT).as_posix(), file.read_text("utf-8")
            found[path] = Source(path, text, ast.parse(text))
    assert len(found) > 50
    return found


@pytest.fixture(scope="session")
def texts() -> Mapping[str, str]:
    """Every text file that belongs to the project, by its path: what make or a tool made is left out."""
    found = {}
    for file in sorted(ROOT.rglob("*")):
        path = file.relative_to(ROOT)
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in path.parts)
        made = MADE.intersection(path.parts) or path.name.startswith("demo-report")
        if hidden or made or not file.is_file():
            continue
        try:
            found[path.as_posix()] = file.read_text("utf-8")
        except UnicodeDecodeError:  # a model, a picture
            continue
    return found
