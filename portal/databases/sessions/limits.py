"""How many connections all processes may open at each PostgreSQL server, and how many it allows.

The sum is of what the pools allow, not of what is open: under load it is reached.
"""

import logging
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from portal.core.configuration.settings import OPS, Environment, Settings, settings
from portal.core.storage import ops_version
from portal.core.storage.database import db
from portal.core.storage.pooled import FOR_SITES
from portal.databases.engines.base import first_line
from portal.databases.engines.postgresql import asking
from portal.databases.engines.postgresql.catalog.page import KEPT
from portal.jobs.leases.holder import live_leases
from portal.jobs.models import LeaseKind

log = logging.getLogger(__name__)

LEASES = 3
"""Of one process beside each target: its own, and those that pages ask with."""
POOL: int = FOR_SITES["pool_size"] + FOR_SITES["max_overflow"]
SITE_TO_OPS = POOL + ops_version.MOST + 1
SITE_TO_ANY = KEPT + LEASES
SITE_TO_OWN = POOL + asking.MOST + SITE_TO_ANY
WORKER_TO_EACH = 4
OPERATION_TO_OPS, OPERATION_TO_TARGETS = 2, 6
"""Of one operation or command: to the target and to its copy."""
DEFAULT_PORT = 5432
THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1", "/run/postgresql", "/var/run/postgresql"}
ALLOWED = text("""
SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) AS allowed,
    current_setting('max_connections')::int AS most
""")


@dataclass(frozen=True)
class Server:
    """`names`: of the databases there, as commands know them; `url`: of one of them."""

    address: str
    names: tuple[str, ...]
    url: URL

    def needs(self, sites: Mapping[str, int]) -> dict[str, int]:
        """Connections by who opens them; `sites`: processes by the directory that they serve."""
        each = {name: sum(_of_site(name, to) for to in self.names) for name in sites}
        needed = {
            f"{_processes(count)} of {name}": count * each[name] for name, count in sites.items()
        }
        needed["the worker"] = WORKER_TO_EACH * len(self.names)
        others = OPERATION_TO_TARGETS if set(self.names) != {OPS} else 0
        needed["an operation"] = (OPERATION_TO_OPS if OPS in self.names else 0) + others
        return needed


def servers(config: Settings) -> list[Server]:
    """By their addresses; two names of this machine are one."""
    found: dict[str, dict[str, URL]] = {}
    for name, url in _databases(config).items():
        if url.get_backend_name() == "postgresql":
            found.setdefault(_address(url), {})[name] = url
    return [Server(at, tuple(there), next(iter(there.values()))) for at, there in found.items()]


def server_of(url: URL, config: Settings) -> Server | None:
    return next((each for each in servers(config) if each.address == _address(url)), None)


def why_too_few(server: Server, connection: Connection) -> str | None:
    """One sentence with its remedy where the processes may open more than the server allows.

    `connection`: to any database of the server.
    """
    allowed, most = connection.execute(ALLOWED).one()
    needed = server.needs(running_sites(settings()))
    if (total := sum(needed.values())) <= allowed:
        return None
    parts = ", ".join(f"{who} {count}" for who, count in needed.items())
    return (
        f"The processes may open up to {total} connections at the server at {server.address}"
        f" ({parts}), and it allows {allowed}: under load pages and operations will fail. As a"
        " superuser, with a restart of the server: ALTER SYSTEM SET max_connections ="
        f" {_tens(int(total + most - allowed))}; or lower WEB_CONCURRENCY."
    )


def running_sites(config: Settings) -> dict[str, int]:
    """Live processes by the directory that they serve, and those that this site is to have.

    Where none runs, those of one site of production.
    """
    live = live_leases()
    found = Counter(each.environment for each in live if each.kind is LeaseKind.WEB)
    sites = {each.value: found[each.value] for each in Environment if found[each.value]}
    own = config.env.value if config.env.value in sites else Environment.PRODUCTION.value
    if own in sites or not sites:
        sites[own] = max(sites.get(own, 0), config.web_concurrency)
    return sites


def log_limits(connected: Mapping[str, Engine]) -> None:
    """Compare at the start of a process, and say what could not be asked. It never fails.

    `connected`: engines that this start uses anyway, by their database; no other server is asked.
    """
    for server in servers(settings()):
        engine = next((connected[name] for name in server.names if name in connected), None)
        if engine is None:
            log.info(
                "%s Ask: flask databases check",
                not_asked(server, "nothing of this start connects there."),
            )
            continue
        try:
            with engine.connect() as connection:
                found = why_too_few(server, connection)
        except Exception as error:  # whatever it is: a start does not depend on it
            found = not_asked(server, first_line(error))
        finally:
            db.session.rollback()
        if found:
            log.warning("%s", found)


def not_asked(server: Server, why: str) -> str:
    return f"The server at {server.address} was not asked how many connections it allows: {why}"


def _databases(config: Settings) -> dict[str, URL]:
    own = {each.value: config.target_url(each) for each in Environment}
    return {OPS: config.ops_url, **own, **{each.name: each.url for each in config.others}}


def _of_site(serves: str, to: str) -> int:
    if to == OPS:
        return SITE_TO_OPS
    return SITE_TO_OWN if to == serves else SITE_TO_ANY


def _address(url: URL) -> str:
    host, port = str(url.host or url.query.get("host", "")), url.port or url.query.get("port")
    name = "this machine" if host.lower() in THIS_MACHINE else host.lower()
    return f"{name}, port {port or DEFAULT_PORT}"


def _processes(count: int) -> str:
    return f"{count} process" if count == 1 else f"{count} processes"


def _tens(number: int) -> int:
    """Rounded up."""
    return math.ceil(number / 10) * 10
