"""A process ends when its main function has: nothing that is left in it can hold that up."""

import subprocess
import sys

import pytest

# What may keep an interpreter: a thread that never ends, a function of atexit that never returns.
LEFT = """
import atexit, sys, threading
from opentelemetry import trace
from fedswipe.exit import run_and_exit
from fedswipe.telemetry import configure_logging

class Provider(trace.NoOpTracerProvider):
    def shutdown(self):
        print("spans are sent")

configure_logging("any")
trace.set_tracer_provider(Provider())
threading.Thread(target=threading.Event().wait).start()
atexit.register(threading.Event().wait)
"""
WITHIN = 10.0  # seconds


def ended(main: str) -> "subprocess.CompletedProcess[str]":
    """Return the end of a process whose main function has this body."""
    program = f"{LEFT}\ndef main():\n    {main}\n\nrun_and_exit(main)"
    command = [sys.executable, "-P", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)


@pytest.mark.parametrize(
    ("main", "status", "said"),
    [
        ("sys.stderr.write('done')", 0, "done"),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no room')", 1, "no room\n"),
        ("raise KeyError('why')", 1, "KeyError: 'why'"),
    ],
)
def test_the_end_of_main_is_the_end_of_the_process(main: str, status: int, said: str) -> None:
    process = ended(main)
    assert process.returncode == status
    assert said in process.stderr
    assert ("Traceback" in process.stderr) == ("KeyError" in main)
    assert process.stdout == "spans are sent\n"


def test_an_exporter_that_fails_is_told_and_holds_nothing_up() -> None:
    process = ended("Provider.shutdown = lambda self: 1 / 0")
    assert process.returncode == 1
    assert "ZeroDivisionError" in process.stderr
