"""Writes the services' OpenAPI documents into web/openapi/: the pages' types are generated from them.

`--check` changes nothing and ends with status 1 when one is out of date.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, cast

from services.ingest import api as ingest
from services.ingest.clients.handlers import Clients
from services.ingest.operator.operator import Operator
from services.ingest.pipeline.board import Board
from services.ingest.settings import Settings
from services.predictor import api as predictor

FOLDER = Path(__file__).resolve().parent.parent / "web" / "openapi"
ABSENT = cast(Any, None)  # an app that answers no request needs no parts


def documents() -> dict[str, str]:
    """Return each document's text, by its file's name."""
    apps = {
        "ingest.json": ingest.create_app(
            Settings(),
            ABSENT,
            ABSENT,
            clients=Clients(ABSENT, ABSENT, 0, 0),
            board=Board(),
            operator=Operator(ABSENT, ABSENT, ABSENT, None, None, frozenset()),
        ),
        "predictor.json": predictor.create_app(ABSENT, ABSENT, ABSENT, ABSENT, ABSENT),
    }
    return {name: json.dumps(app.openapi(), indent=1, sort_keys=True) + "\n" for name, app in apps.items()}


def main() -> int:
    """Write or check every document; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true")
    mode.add_argument("--check", action="store_true")
    check: bool = parser.parse_args().check
    found = documents()
    stale = [name for name, text in found.items() if not _holds(FOLDER / name, text)]
    for name in stale:
        print(f"web/openapi/{name} {'is out of date: make pages' if check else 'written'}")
        if not check:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(found[name], "utf-8")
    return 1 if check and stale else 0


def _holds(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
