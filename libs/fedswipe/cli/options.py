"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

SwipesPath = Annotated[
    Path | None,
    typer.Option("--swipes", exists=True, help="How We Swipe logs: the zip file or a folder of .log files."),
]
JsonPath = Annotated[Path | None, typer.Option("--json", help="Write the figures into this file.")]
OnlyStack = Annotated[
    bool, typer.Option("--only-stack", help="Start Kafka and the object store, no services.")
]
KeepData = Annotated[bool, typer.Option("--keep-data", help="Keep topics and objects for the next `up`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="Where data, logs and state are.", show_default="~/.local/state/fedswipe"),
]
WithRclone = Annotated[bool, typer.Option("--with-rclone", help="Also the S3 server that only tests use.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown for the docs.")]
IngestAddress = Annotated[
    str | None,
    typer.Option(
        help="A running loop's ingest; its Kafka and store are the environment's.", envvar="FEDSWIPE_INGEST"
    ),
]
PredictorAddress = Annotated[
    str | None,
    typer.Option(help="Its predictor. Without both a loop is brought up.", envvar="FEDSWIPE_PREDICTOR"),
]
SecretKeyFile = Annotated[
    Path | None,
    typer.Option("--secret-key-file", help="Only write the store's secret key, if the file has none."),
]
PicturePath = Annotated[Path, typer.Option("--picture", help="Where accuracy per version is drawn.")]
GivenSwipesPath = Annotated[
    Path, typer.Option("--swipes", exists=True, help="How We Swipe logs: the zip file or a folder.")
]
WordsPath = Annotated[
    Path | None,
    typer.Option("--words", exists=True, help="Words, one a line, in place of the lexicon's rarest."),
]
