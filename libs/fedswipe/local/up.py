"""`fedswipe up`: a stack that goes on after the command that started it, or that nothing is left of."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from fedswipe.local.addresses import KAFKA, S3, Addresses, S3Address, kafka_from_env, s3_from_env
from fedswipe.local.choose import Choice, choose, decide
from fedswipe.local.container_id import ContainerId
from fedswipe.local.down import stop
from fedswipe.local.engine import Engine
from fedswipe.local.errors import StackError
from fedswipe.local.instance import Instance
from fedswipe.local.leash import Leash
from fedswipe.local.locked import locked
from fedswipe.local.parts import PARTS, PartName, Place, Server, Way
from fedswipe.local.ports import FIXED, FixedPorts
from fedswipe.local.process import ManagedProcess
from fedswipe.local.reporter import Reporter
from fedswipe.local.services import service_of, service_url, start_service
from fedswipe.local.stack import fetch
from fedswipe.local.state import LOCK, Running, State

Found = dict[str, Running]
Prepare = Callable[[Addresses], None]
Services = Mapping[str, Mapping[str, str]]
Wiring = Callable[[Mapping[str, str]], Services]


def no_wiring(_: Mapping[str, str]) -> Services:
    """Tell services nothing of each other."""
    return {}


def bring_up(
    folder: Path,
    *,
    environ: Mapping[str, str],
    services: Services,
    prepare: Prepare,
    reporter: Reporter,
    preferred: Mapping[str, int] = FIXED,
    wiring: Wiring = no_wiring,
) -> State:
    """Start whatever is not running yet: Kafka and the object store, then `prepare`, then the services.

    `services` maps each service to start to variables for it, beside those of both addresses. `prepare` makes
    topics and buckets; it runs at every call, so it must allow for what is there already. Until this
    returns, everything that it started ends with this process; from then on it goes on by itself. Each part
    listens on its `preferred` port, or on the one it had before. `wiring` says what services are told of each
    other's URLs, as variables by name; one that runs and is to be told something else is started again.
    """
    with locked(folder / LOCK):
        before = State.load(folder)
        found = _answering(before, reporter)
        kept = _kept(before, folder)
        _refuse_another_stack(found, kept, environ)
        absent = [part for part in PARTS if part not in found]
        chosen = choose(environ, reporter, absent, kept=kept)
        fetch(chosen)
        with Leash() as leash:
            own = {name: preferred[service_of(name)] for name in services}
            ports = FixedPorts(reporter, {**preferred, **own, **_recorded_ports(before)})
            place = Place(folder, ports, leash, secrets.token_urlsafe(24))
            s3 = _start_servers(chosen, found, place, reporter) or before.s3
            addresses = State(s3, tuple(found.values())).addresses
            if before.running and before.addresses != addresses:
                # They look for Kafka or the store where it is no more.
                _stop_services([name for name in found if name not in PARTS], found, reporter)
            with reporter.step("Topics and buckets", 2):
                prepare(addresses)
            told = wiring(_urls(before.running))
            _start_services(services, wiring, told, found, addresses, place, reporter)
            state = State(s3, tuple(found.values()), _gone(before, found))
            state.save(folder)
            leash.release()
    return state


def _answering(before: State, reporter: Reporter) -> Found:
    """Return the recorded parts that answer. Those that run without answering are stopped."""
    answering = {part.name: part for part in before.running if before.answers(part)}
    for part in before.running:
        if part.name in answering:
            reporter.say(f"{part.name} is up already: {part.how}, {part.address}.")
        else:
            reporter.say(f"{part.name} does not answer any more: it is started again.")
    stop([part for part in before.running if part.name not in answering], reporter)
    return answering


def _refuse_another_stack(found: Found, kept: Choice | None, environ: Mapping[str, str]) -> None:
    """Raise StackError when the environment asks for other servers than those that are up."""
    if any(found[part].id for part in PARTS if part in found):
        decide(environ, kept)
    wanted_s3 = s3_from_env(environ)
    wanted = {"kafka": (KAFKA, kafka_from_env(environ)), "s3": (S3, wanted_s3.url if wanted_s3 else None)}
    for name, (variable, address) in wanted.items():
        part = found.get(name)
        if part and address != part.address and (address or part.how == "given"):
            raise StackError(
                f"{variable} is {address or 'not set'}, but the stack that is up uses {part.address}: "
                "`fedswipe down` first, or change the variable"
            )


def _kept(before: State, folder: Path) -> Choice | None:
    """Return how the data of this stack are held, if it has any."""
    if before.with_volumes:
        engine = Engine(before.with_volumes[0].engine)
        return Choice(f"this stack's data are in volumes of the engine at {engine.address}", engine)
    if (folder / "data").exists():
        return Choice(f"this stack's data are in {folder / 'data'}")
    return None


def _gone(before: State, found: Found) -> tuple[ContainerId, ...]:
    """Return the recorded containers that are not there, while their volumes are."""
    there = {part.container.name for part in found.values() if part.container}
    return tuple(container for container in before.with_volumes if container.name not in there)


def _recorded_ports(before: State) -> dict[str, int]:
    return {part.name: part.port for part in before.running if part.id}


def _start_servers(
    chosen: Mapping[PartName, Way], found: Found, place: Place, reporter: Reporter
) -> S3Address | None:
    """Start what was chosen, both at once, and wait; add it to `found`; return a started store's keys."""
    servers: dict[PartName, Server] = {}
    s3: S3Address | None = None
    if "s3" in chosen:
        store = chosen["s3"].s3(place)
        servers["s3"], s3 = store, store.s3
    if "kafka" in chosen:
        servers["kafka"] = chosen["kafka"].kafka(place)
    if servers:
        with reporter.step("Kafka and the object store", 6):
            for name, server in servers.items():
                server.wait_ready()
                found[name] = _running(name, server.how, server.address, server.instance)
    return s3


def _start_services(
    services: Services,
    wiring: Wiring,
    told: Services,
    found: Found,
    addresses: Addresses,
    place: Place,
    reporter: Reporter,
) -> None:
    """Start the services that are not there, all at once, and wait; add them to `found`.

    `told` is what those that are there were told of each other.
    """
    ports = {name: place.ports.take(name) for name in services if name not in found}
    urls = {**_urls(found.values()), **{name: service_url(port) for name, port in ports.items()}}
    tell = wiring(urls)
    again = [name for name in services if name in found and tell.get(name) != told.get(name)]
    for name in again:
        reporter.say(f"{name} is told of other services now: it is started again.")
    _stop_services(again, found, reporter)
    ports |= {name: place.ports.take(name) for name in again}
    started: dict[str, tuple[str, ManagedProcess]] = {}
    for name, port in ports.items():
        env = {**addresses.environ(), **services[name], **tell.get(name, {})}
        log = place.folder / "logs" / f"{name}.log"
        started[name] = service_url(port), start_service(name, port, env, log, place.leash)
    if started:
        with reporter.step("Services", 10):
            for name, (url, process) in started.items():
                process.wait_ready()
                found[name] = _running(name, "native", url, process)


def _stop_services(names: Iterable[str], found: Found, reporter: Reporter) -> None:
    stop([found.pop(name) for name in names], reporter)


def _urls(parts: Iterable[Running]) -> dict[str, str]:
    return {part.name: part.address for part in parts if part.name not in PARTS}


def _running(name: str, how: str, address: str, instance: Instance | None) -> Running:
    if instance is None:
        return Running(name, how, address)
    if isinstance(instance.id, ContainerId):
        return Running(name, how, address, container=instance.id, log=instance.log)
    return Running(name, how, address, process=instance.id, log=instance.log)
