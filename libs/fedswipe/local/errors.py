"""What can go wrong with the local stack; each message names the cause and the remedy."""

from fedswipe.errors import FedswipeError


class StackError(FedswipeError):
    """The local stack cannot do what was asked."""


class MissingTool(StackError):
    """A program that this machine needs is absent or too old; raised before anything is downloaded."""


class BuildFailed(StackError):
    """Downloading or compiling a part failed; the message ends with the last lines of its output."""


class StartFailed(StackError):
    """A part ended or did not answer in time; the message ends with the last lines of its log."""


class Unreachable(StackError):
    """An address given by an environment variable does not answer."""


class EngineError(StackError):
    """A container engine does not answer, or refuses what it was asked."""
