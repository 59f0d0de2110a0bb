"""Logs to standard error, one line an event; traces and metrics through OpenTelemetry's API."""

import faulthandler
import logging
import os
import signal
from typing import Protocol, runtime_checkable

from opentelemetry import metrics, trace

CHATTY = ("faust", "mode", "aiokafka", "aiohttp.access")  # their errors are enough


@runtime_checkable
class Buffered(Protocol):
    """A provider with something behind it; OpenTelemetry's own for "none configured" has no such method."""

    def shutdown(self) -> None:
        """Export what is buffered, then nothing more."""
        ...


def configure_logging(service: str) -> None:
    """Set up this process's log lines: time, level, service, module, message.

    A crash in native code writes where each of the threads was; SIGQUIT writes it too, and work goes on.
    """
    faulthandler.enable()
    faulthandler.register(signal.SIGQUIT)
    form = f"%(asctime)s %(levelname)s {service}[{os.getpid()}] %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, force=True)
    for library in CHATTY:
        logging.getLogger(library).setLevel(logging.ERROR)


def flush() -> None:
    """Write what is buffered: log lines, and the spans and metrics of providers that were configured."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if isinstance(provider, Buffered):
            provider.shutdown()
    logging.shutdown()


def tracer(name: str) -> trace.Tracer:
    """Return a tracer; without a configured provider its spans cost nothing."""
    return trace.get_tracer(name)


def meter(name: str) -> metrics.Meter:
    """Return a meter; without a configured provider its instruments cost nothing."""
    return metrics.get_meter(name)
