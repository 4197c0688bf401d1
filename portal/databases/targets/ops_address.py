"""Whether the ops addresses point to a database that may be a control room's.

The address proves nothing: a variable that points to production must not fill production with the
control room's tables. The database is inspected before anything is written, and again in the
transaction that writes.
"""

from collections.abc import Iterator, Set
from itertools import combinations

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from portal.core.configuration.settings import OPS, settings, sqlite_path
from portal.core.errors import Refused
from portal.core.storage.database import DirectoryModel, OpsModel
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.migrations.history import current_revision, whose
from portal.databases.targets.config import Target, ops_database, targets
from portal.databases.targets.identity_label import BrokenLabel, portal_identity, read_label
from portal.databases.targets.models import ControlRoom

VERSIONS = "alembic_version"


def require_ops_place() -> None:
    """Raises Refused, naming the variable, unless the address has a control room's own database, no
    database, or one whose set-up was interrupted. Writes nothing.
    """
    for variable, url in _addresses():
        _require_apart(variable, url)
        _require_a_file(variable, url)
        engine = engine_for(url)
        if not engine.exists():
            continue
        try:
            with engine.reading() as connection:
                require_own_tables(connection, variable)
        except DatabaseError as error:
            raise _refused(variable, f"can’t be read as a database: {first_line(error)}") from error


def require_places() -> None:
    """Raises Refused if two addresses that must point to the same database don't, or two that must
    not do. `identity.judge` checks what is at a target's address. Writes nothing.
    """
    for each in (ops_database(), *targets()):
        if not engine_for(each.url).same_place(engine_for(each.site_url)):
            pair = f"{each.admin_variable} and {_site_variable(each)}"
            raise Refused(
                f"{pair} lead to two databases, and should to one. Nothing was written.",
                remedy="Point both to the same database.",
            )
    for one, other in combinations(targets(), 2):
        if engine_for(one.url).same_place(engine_for(other.url)):
            raise Refused(
                f"{one.variable} and {other.variable} lead to one database, and {one.name} and"
                f" {other.name} are two. Nothing was written.",
                remedy="Point each to a database of its own.",
            )


def _site_variable(target: Target) -> str:
    return target.admin_variable.removesuffix("ADMIN_URL") + "DATABASE_URL"


def _require_a_file(variable: str, url: URL) -> None:
    file = sqlite_path(url)
    if file and file.exists() and not file.is_file():
        raise _refused(variable, f"leads to {file}, which is no file")


def require_own_tables(connection: Connection, variable: str = "OPS_DATABASE_URL") -> None:
    """Raises Refused unless the tables on this connection are a control room's."""
    if why := _why_foreign(connection):
        raise _refused(variable, why)


def _addresses() -> Iterator[tuple[str, URL]]:
    config = settings()
    yield "OPS_DATABASE_URL", config.ops_url
    if OPS in config.admin_urls:
        yield "OPS_ADMIN_URL", config.ops_changing_url


def _require_apart(variable: str, url: URL) -> None:
    here = engine_for(url)
    for target in targets():
        for address in {target.url, target.site_url}:
            if here.same_place(engine_for(address)):
                raise _refused(variable, f"is the address of {target.name} ({target.variable}) too")


FROM_THE_FIRST = {"id", "uuid", "is_demo", "identity_key", "created_at"}
"""The columns that a control room's row has had since its first revision."""


def _why_foreign(connection: Connection) -> str | None:
    """The end of a sentence that begins with the variable; None if the database is acceptable."""
    names = set(inspect(connection).get_table_names()) | set(
        engine_for(connection.engine.url).tables(connection)
    )
    views = _views(connection)
    if portal_identity.name in names or inspect(connection).has_table(portal_identity.name):
        return f"leads to {_labelled(connection)}"
    if _is_control_room(connection, names):
        return _why_not_alone(connection, names)
    known = OpsModel.metadata.tables
    foreign = [name for name in sorted(names - {VERSIONS}) if name not in known]
    foreign += [name for name in sorted(names & known.keys()) if not _is_ours(connection, name)]
    foreign += sorted(views)
    if foreign:
        return _with_other_tables(foreign)
    if revision := current_revision(connection):
        return f"leads to a database at revision {revision}, with no control room in it"
    return None


def _views(connection: Connection) -> set[str]:
    """Views, materialized views and foreign tables, without those of extensions."""
    objects = engine_for(connection.engine.url).schema_objects(connection)
    kinds = ("view ", "materialized view ", "foreign table ")
    return {name.removeprefix(kind) for name in objects for kind in kinds if name.startswith(kind)}


def _why_not_alone(connection: Connection, names: Set[str]) -> str | None:
    """With tables of a directory and of a control room, nothing says whose the database is."""
    directory = DirectoryModel.metadata.tables.keys() - OpsModel.metadata.tables.keys()
    if foreign := sorted(names & directory):
        return _with_other_tables(foreign)
    revision = current_revision(connection)
    if revision and (history := whose(revision, ops_database().history)):
        return f"leads to a database at revision {revision}, which is one of {history}"
    return None


def _with_other_tables(foreign: list[str]) -> str:
    more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
    return f"leads to a database with other tables: {', '.join(foreign[:3])}{more}"


def _labelled(connection: Connection) -> str:
    try:
        label = read_label(connection)
    except BrokenLabel:
        label = None
    if label is None:
        return "a database that carries the label of a target"
    return f"a database whose label says {label.application}, {label.environment}"


def _is_control_room(connection: Connection, names: set[str]) -> bool:
    """Whether it is one, of any release: an earlier one lacks columns, a newer one adds tables."""
    table = ControlRoom.__tablename__
    return table in names and _columns(connection, table) >= FROM_THE_FIRST


def _is_ours(connection: Connection, name: str) -> bool:
    """Whether a table of an interrupted set-up is one that this release creates."""
    return _columns(connection, name) <= set(OpsModel.metadata.tables[name].columns.keys())


def _columns(connection: Connection, table: str) -> set[str]:
    return {each["name"] for each in inspect(connection).get_columns(table)}


def _refused(variable: str, why: str) -> Refused:
    return Refused(
        f"{variable} {why}. That is not a control room’s own database, so nothing was written.",
        remedy=f"Point {variable} to a database of its own, then set it up again.",
    )
