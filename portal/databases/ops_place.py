"""Whether the ops addresses lead to a place where a control room's database may stand.

The address proves nothing: a variable that leads to production must not fill production with the
control room's tables. What stands there is looked at before anything is written, and again in the
transaction that writes.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from portal.core.database import OpsModel
from portal.core.errors import Refused
from portal.core.settings import OPS, settings
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.labels import BrokenLabel, portal_identity, read_label
from portal.databases.models import ControlRoom
from portal.databases.targets import targets

VERSIONS = "alembic_version"


def require_ops_place() -> None:
    """Raises Refused, naming the variable, where something else stands than a control room's own
    database, nothing at all, or a set-up of one that was cut short. Writes nothing."""
    for variable, url in _addresses():
        _require_apart(variable, url)
        engine = engine_for(url)
        if not engine.exists():
            continue
        try:
            with engine.reading() as connection:
                require_own_tables(connection, variable)
        except DatabaseError as error:
            raise _refused(variable, f"can’t be read as a database: {first_line(error)}") from error


def require_own_tables(connection: Connection, variable: str = "OPS_DATABASE_URL") -> None:
    """Raises Refused unless the tables on this connection are a control room's."""
    if why := _why_foreign(connection):
        raise _refused(variable, why)


def _addresses() -> Iterator[tuple[str, URL]]:
    told = settings()
    yield "OPS_DATABASE_URL", told.ops_url
    if OPS in told.admin_urls:
        yield "OPS_ADMIN_URL", told.ops_changing_url


def _require_apart(variable: str, url: URL) -> None:
    here = engine_for(url)
    for target in targets():
        for address in {target.url, target.site_url}:
            if here.same_place(engine_for(address)):
                raise _refused(variable, f"is the address of {target.name} ({target.variable}) too")


def _why_foreign(connection: Connection) -> str | None:
    """The end of a sentence that begins with the variable; None for what may stay."""
    names = set(inspect(connection).get_table_names()) | set(
        engine_for(connection.engine.url).tables(connection)
    )
    if portal_identity.name in names:
        return f"leads to {_labelled(connection)}"
    if _is_control_room(connection, names):
        return None
    known = OpsModel.metadata.tables
    foreign = [name for name in sorted(names - {VERSIONS}) if name not in known]
    foreign += [name for name in sorted(names & known.keys()) if not _is_ours(connection, name)]
    if not foreign:
        return None
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
    """Of this release or a newer one, which may have tables that this one does not know."""
    table = ControlRoom.__tablename__
    return table in names and _columns(connection, table) >= set(
        ControlRoom.__table__.columns.keys()
    )


def _is_ours(connection: Connection, name: str) -> bool:
    """Whether a table of a set-up that was cut short is one that this release makes."""
    return _columns(connection, name) <= set(OpsModel.metadata.tables[name].columns.keys())


def _columns(connection: Connection, table: str) -> set[str]:
    return {each["name"] for each in inspect(connection).get_columns(table)}


def _refused(variable: str, why: str) -> Refused:
    return Refused(
        f"{variable} {why}. That is not a control room’s own database, so nothing was written.",
        way_out=f"Point {variable} to a database of its own, then set it up again.",
    )
