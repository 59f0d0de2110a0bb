"""`fedswipe settings`: what every service reads from its environment."""

from importlib import import_module

from fedswipe.environment import described_settings, settings_table
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.modelstore.s3 import S3Settings
from fedswipe.topology import Role

SERVICES = (Role.INGEST, Role.TRAINER, Role.AGGREGATOR, Role.PREDICTOR)
# What docker-compose.yml decides itself, and what it asks for beside the services' settings.
FIXED = {"HTTP_HOST", "HTTP_PORT", "FEDSWIPE_KAFKA", "FEDSWIPE_S3", "FEDSWIPE_S3_ACCESS_KEY"}
COMPOSE = """# Copy to .env and uncomment what shall differ: docker compose reads it. Defaults are shown.

# ports on 127.0.0.1; of the predictor also a range, 8001-8004, to scale it (a restarted one may then move)
#INGEST_PORT=8000
#AGGREGATOR_PORT=8003
#PREDICTOR_PORT=8001
#KAFKA_PORT=9092
#MINIO_PORT=9000
# the images' tag
#FEDSWIPE_TAG=local
"""


def markdown() -> str:
    """Return one Markdown section a service, read off its `services.<name>.settings.Settings`."""
    return "\n\n".join(f"#### {service}\n\n{_table(service)}" for service in SERVICES)


def env_file() -> str:
    """Return `.env.example`: every variable of docker-compose.yml with its default, commented out."""
    kinds: dict[str, type] = {"Kafka": KafkaSettings, "object store": S3Settings}
    kinds |= {str(service): _settings(service) for service in SERVICES}
    return COMPOSE + "".join(f"\n# --- {name} ---\n{_lines(kind)}" for name, kind in kinds.items())


def _lines(kind: type) -> str:
    rows = [row for row in described_settings(kind) if row.variable not in FIXED]
    return "".join(f"# {row.meaning}\n#{row.variable}={row.default or ''}\n" for row in rows)


def _settings(service: Role) -> type:
    # By name, because the library never imports a service: only this command needs one to be there.
    settings: type = import_module(f"services.{service}.settings").Settings
    return settings


def _table(service: Role) -> str:
    return settings_table(_settings(service))
