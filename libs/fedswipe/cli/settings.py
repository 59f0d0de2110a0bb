"""`fedswipe settings`: what every service reads from its environment."""

from importlib import import_module

from fedswipe.environment import settings_table
from fedswipe.topology import Role

SERVICES = (Role.INGEST, Role.TRAINER, Role.AGGREGATOR, Role.PREDICTOR)


def markdown() -> str:
    """Return one Markdown section a service, read off its `services.<name>.settings.Settings`."""
    return "\n\n".join(f"#### {service}\n\n{_table(service)}" for service in SERVICES)


def _table(service: Role) -> str:
    # By name, because the library never imports a service: only this command needs one to be there.
    settings: type = import_module(f"services.{service}.settings").Settings
    return settings_table(settings)
