import signal
import subprocess
import sys

CRASH = """
import os, signal
from fedswipe.telemetry import configure_logging
configure_logging("any")
os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_a_crash_in_native_code_says_where_it_was() -> None:
    crashed = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    assert crashed.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in crashed.stderr
    assert 'File "<string>", line 5' in crashed.stderr


def test_sigquit_says_where_it_is_and_work_goes_on() -> None:
    asked = CRASH.replace("SIGSEGV", "SIGQUIT") + "print('work')"
    process = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (0, "work\n")
    assert 'File "<string>", line 5' in process.stderr
