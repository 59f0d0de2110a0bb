"""Logs to standard error, one line an event; traces and metrics through OpenTelemetry's API."""

import faulthandler
import logging
import os

from opentelemetry import metrics, trace

CHATTY = ("faust", "mode", "aiokafka", "aiohttp.access")  # their errors are enough


def configure_logging(service: str) -> None:
    """Set up this process's log lines: time, level, service, module, message.

    A crash in native code writes where each of the threads was.
    """
    faulthandler.enable()
    form = f"%(asctime)s %(levelname)s {service}[{os.getpid()}] %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, force=True)
    for library in CHATTY:
        logging.getLogger(library).setLevel(logging.ERROR)


def tracer(name: str) -> trace.Tracer:
    """Return a tracer; without a configured provider its spans cost nothing."""
    return trace.get_tracer(name)


def meter(name: str) -> metrics.Meter:
    """Return a meter; without a configured provider its instruments cost nothing."""
    return metrics.get_meter(name)
