"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

SwipesPath = Annotated[
    Path | None,
    typer.Option("--swipes", exists=True, help="How We Swipe logs: the zip file or a folder of .log files."),
]
JsonPath = Annotated[Path | None, typer.Option("--json", help="Write the figures into this file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="Where data, logs and state are.", show_default="~/.local/state/fedswipe"),
]
