"""How a service's process ends: at once, as soon as its main function has closed what it holds."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from fedswipe import telemetry


def run_and_exit(main: Callable[[], None]) -> NoReturn:
    """Run `main` and end the process: status 0 or SystemExit's, or 1 after its text or a traceback.

    The interpreter and its native libraries are not taken apart, see docs/adr/0039: functions of `atexit`
    do not run, and no thread is waited for. What logs, spans and metrics have buffered is written.
    """
    status = _status_of(main)
    unsent = _status_of(telemetry.flush)  # a broken exporter cannot hold up the end either
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or unsent)


def _status_of(step: Callable[[], None]) -> int:
    try:
        step()
    except SystemExit as leaving:
        if isinstance(leaving.code, int | None):
            return leaving.code or 0
        sys.stderr.write(f"{leaving.code}\n")
        return 1
    except BaseException as error:  # noqa: BLE001  (told as the interpreter would)
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0
