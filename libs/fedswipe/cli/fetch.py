"""`fedswipe fetch`: what the local stack is started from, brought here ahead of its first use."""

import os

from rich.console import Console

from fedswipe.cli.stack import ConsoleReporter
from fedswipe.local import artifacts
from fedswipe.local.cache import default_cache
from fedswipe.local.cache import fetch as fetch_artifacts
from fedswipe.local.choose import decide
from fedswipe.local.parts import PARTS


def fetch(*, with_rclone: bool) -> None:
    """Pull the images, or download and compile, as STACK and the machine decide; what is there stays.

    MissingTool, before anything is downloaded, for what this machine lacks.
    """
    reporter, choice = ConsoleReporter(Console()), decide(os.environ)
    reporter.say(str(choice))
    choice.way(os.environ, reporter).fetch(PARTS)
    if with_rclone:
        fetch_artifacts([artifacts.RCLONE], default_cache(os.environ), reporter)
