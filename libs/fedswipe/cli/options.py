"""The options that several commands share."""

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
Ingest = Annotated[
    str | None,
    typer.Option(
        help="A running loop's ingest; its Kafka and store are the environment's.", envvar="FEDSWIPE_INGEST"
    ),
]
Predictor = Annotated[
    str | None,
    typer.Option(help="Its predictor. Without both a loop is brought up.", envvar="FEDSWIPE_PREDICTOR"),
]
Picture = Annotated[Path, typer.Option("--picture", help="Where accuracy per version is drawn.")]
StartSeconds = Annotated[float, typer.Option(min=0, help="How long the servers may still be starting.")]
SecretKeyFile = Annotated[
    Path | None,
    typer.Option("--secret-key-file", help="Only write the object store's secret key, if the file has none."),
]
LexiconName = Annotated[str, typer.Option("--lexicon", help="The words that a prediction may be.")]
Words = Annotated[
    Path | None,
    typer.Option("--words", exists=True, help="Words, one a line, in place of the lexicon's rarest."),
]
ModelUri = Annotated[str, typer.Option("--model", help="factory, latest, s3://bucket/key, or a file's path.")]
Unseen = Annotated[bool, typer.Option("--unseen", help="Judge only the people that the demo never sends.")]
Clients = Annotated[int, typer.Option(min=34, help="How many people send their swipes.")]
Logs = Annotated[
    Path, typer.Option("--swipes", exists=True, help="How We Swipe logs: the zip file or a folder.")
]
Out = Annotated[Path, typer.Option("--out", help="Where the model is written, as safetensors.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes on one machine.")]
SyntheticSwipes = Annotated[int, typer.Option("--swipes", min=64, help="How many synthetic swipes.")]
LineageId = Annotated[str, typer.Option("--model", help="Whose layout and lexicon.")]
SourceTopic = Annotated[str, typer.Option("--topic", help="Where the records are.")]
SourcePartition = Annotated[int, typer.Option("--partition", min=0, help="Its partition, and the target's.")]
FirstOffset = Annotated[int, typer.Option("--from", min=0, help="The first offset.")]
EndOffset = Annotated[int, typer.Option("--to", min=1, help="The offset behind the last.")]
IntoTopic = Annotated[str, typer.Option("--into", help="The topic they go to; it must be there.")]
IntoKafka = Annotated[
    str | None, typer.Option("--into-kafka", help="Another cluster's host:port.", show_default="the same")
]
Rate = Annotated[float | None, typer.Option("--rate", min=0.001, help="Records a second, at most.")]
