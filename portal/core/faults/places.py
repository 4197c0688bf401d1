"""Which database an error is about: the engine that had it notes its address on it."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import OPS, Environment, Settings, sqlite_path

NOTED = "portal_url"


@dataclass(frozen=True)
class Place:
    """A configured database. `name` for sentences; `short`: the target's name, as in commands."""

    key: str
    name: str
    short: str
    variable: str
    url: URL

    @property
    def is_ops(self) -> bool:
        return self.key == OPS

    @property
    def file(self) -> Path | None:
        return sqlite_path(self.url)

    @property
    def address(self) -> str:
        """Without user and password."""
        if self.file:
            return str(self.file)
        there = self.url
        way = {key: there.query[key] for key in ("host", "port") if key in there.query}
        bare = URL.create("postgresql", host=there.host, port=there.port, query=way)
        return bare.set(database=there.database).render_as_string()


def ops_place(config: Settings) -> Place:
    name = "the control room’s database"
    return Place(OPS, name, name, "OPS_DATABASE_URL", config.ops_url)


def target_place(config: Settings, name: str) -> Place:
    """Of a directory, or of another application's database. Raises StopIteration."""
    return next(each for each in places(config) if each.key == name)


def served_place(config: Settings) -> Place:
    """The directory that this process serves."""
    return target_place(config, config.env.value)


def places(config: Settings) -> list[Place]:
    found = [ops_place(config)]
    found += [
        _target(each.value, f"{each.name}_DATABASE_URL", config.target_url(each))
        for each in Environment
    ]
    return found + [
        _target(each.name, f"{each.variables}_DATABASE_URL", each.url) for each in config.others
    ]


def place_of(error: BaseException, config: Settings) -> Place | None:
    """The database that the error is about; None if no engine noted one, or it is none of these."""
    noted = error.orig if isinstance(error, DBAPIError) else error
    return place_at(getattr(noted, NOTED, None), config)


def place_at(url: URL | None, config: Settings) -> Place | None:
    """The configured database at an address, whichever role connects."""
    if url is None:
        return None
    admins = {OPS: config.ops_changing_url}
    admins |= {each.value: config.changing_url(each) for each in Environment}
    admins |= {each.name: each.changing_url for each in config.others}
    for place in places(config):
        if _is_same(url, place.url) or _is_same(url, admins[place.key]):
            return place
    return None


def _target(name: str, variable: str, url: URL) -> Place:
    return Place(name, f"the {name} database", name, variable, url)


def _is_same(one: URL, other: URL) -> bool:
    if (file := sqlite_path(one)) or sqlite_path(other):
        return file == sqlite_path(other)
    return _server_and_name(one) == _server_and_name(other)


def host_of(url: URL) -> str | None:
    """A folder with a socket is named in the query."""
    named = url.host or url.query.get("host")
    return named if isinstance(named, str) or named is None else ", ".join(named)


def _server_and_name(url: URL) -> tuple[str, str | None, int | None, str | None]:
    return url.get_backend_name(), host_of(url), url.port, url.database


@event.listens_for(Engine, "handle_error")
def _note(context: ExceptionContext) -> None:
    """Of every engine of this process, also for a connection that could not be opened."""
    if context.engine is not None:
        setattr(context.original_exception, NOTED, context.engine.url)
