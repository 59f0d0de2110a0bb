"""The broker's classes as the JVM keeps them, in a file (JEP 350): a start takes half the CPU time."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from fedswipe.local.kafka import KafkaServer
from fedswipe.local.leash import Leash
from fedswipe.local.locked import locked
from fedswipe.local.ports import FreePorts
from fedswipe.local.reporter import Reporter

_DUMP_SECONDS = 120.0  # for the JVM's end, at most


def archive_classes(java: str, jars: Path, archive: Path, reporter: Reporter) -> None:
    """Make `archive` unless it is there: run a broker once and let the JVM write at its end what it loaded.

    A JVM that writes none leaves an empty file. One that cannot read it later starts without it.
    """
    if archive.exists():
        return
    with reporter.step("Apache Kafka's first start", 12), locked(archive.with_suffix(".lock")):
        if archive.exists():  # another process made it while this one waited for the lock
            return
        for leftover in archive.parent.glob(f"{archive.stem}.run-*"):  # of a process that was killed
            shutil.rmtree(leftover)
        folder = Path(mkdtemp(prefix=f"{archive.stem}.run-", dir=archive.parent))
        made = folder / archive.name
        with Leash() as leash:
            options = (f"-XX:ArchiveClassesAtExit={made}",)
            server = KafkaServer(java, jars, folder, FreePorts(), leash, options)
            server.wait_ready()
            server.instance.stop(_DUMP_SECONDS)
        made.touch()
        made.rename(archive)
        shutil.rmtree(folder)
