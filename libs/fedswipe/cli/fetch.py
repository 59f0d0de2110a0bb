"""`fedswipe fetch`: the native parts of the local stack, brought into the cache ahead of their first use."""

import os

from rich.console import Console

from fedswipe.cli.stack import ConsoleReporter
from fedswipe.local import artifacts
from fedswipe.local.cache import default_cache
from fedswipe.local.cache import fetch as fetch_artifacts


def fetch(*, with_rclone: bool) -> None:
    """Download and compile what is absent; MissingTool, before that, for what this machine lacks."""
    parts = [artifacts.KAFKA, artifacts.MINIO, *([artifacts.RCLONE] if with_rclone else [])]
    fetch_artifacts(parts, default_cache(os.environ), ConsoleReporter(Console()))
