"""Parts as processes of this machine, from the user's cache."""

from collections.abc import Mapping, Sequence

from fedswipe.local.artifacts import KAFKA, MINIO
from fedswipe.local.cache import default_cache, fetch
from fedswipe.local.class_archive import archive_classes
from fedswipe.local.kafka import KafkaServer
from fedswipe.local.minio import MinioServer
from fedswipe.local.parts import PartName, Place
from fedswipe.local.reporter import Reporter
from fedswipe.local.tools import JAVA, path_of

_ARTIFACTS = {"kafka": KAFKA, "s3": MINIO}


class Native:
    """The way of the machine's own toolchains."""

    def __init__(self, environ: Mapping[str, str], reporter: Reporter) -> None:
        self._cache, self._reporter = default_cache(environ), reporter
        self._jars = self._cache / KAFKA.folder / "jars"
        self._archive = self._cache / f"{KAFKA.folder}.jsa"

    def offers(self, part: PartName) -> bool:
        """Offer everything; `fetch` says what this machine lacks."""
        return True

    def fetch(self, parts: Sequence[PartName]) -> None:
        """Bring the parts into the cache; MissingTool before anything is downloaded."""
        fetch([_ARTIFACTS[part] for part in parts], self._cache, self._reporter)
        if "kafka" in parts:
            archive_classes(path_of(JAVA), self._jars, self._archive, self._reporter)

    def kafka(self, place: Place) -> KafkaServer:
        """Start the broker."""
        options = [f"-XX:SharedArchiveFile={self._archive}"] if self._archive.stat().st_size else []
        return KafkaServer(path_of(JAVA), self._jars, place.folder, place.ports, place.leash, options)

    def s3(self, place: Place) -> MinioServer:
        """Start MinIO."""
        binary = self._cache / MINIO.folder / "minio"
        return MinioServer(binary, place.folder, place.secret_key, place.ports, place.leash)
