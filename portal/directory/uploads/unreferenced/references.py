"""The pictures that the directories of this control room refer to."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, LargeBinary, cast, column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError, Unavailable
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, targets
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.registry import registered_target

IMAGES, ARCHIVE = "studio_images", "legacy_"
UPLOADED = re.compile(r"[0-9a-f]{64}\.webp")
"""The names that this product gives: the hash of the content."""


def referenced_names() -> set[str]:
    """Raises Unavailable, with a sentence, unless each directory was read that there is."""
    names, is_one_known = set[str](), False
    for target in targets():
        if target.is_directory and _is_there(target):
            names |= _names_in(target)
            is_one_known = True
    if not is_one_known:
        raise Unavailable("This control room has no directory.")
    return names


def _is_there(target: Target) -> bool:
    """Raises Unavailable for a database that is not as this control room knows it."""
    judgement = judge(target)
    if registered_target(target.name) is None and judgement.state is IdentityState.MISSING:
        return False
    if not judgement.fits:
        raise Unavailable(f"{target.name.capitalize()} is not as this control room knows it.")
    return True


def _names_in(target: Target) -> set[str]:
    try:
        with engine_for(target.url).reading() as connection:
            return set(_names(connection))
    except (SQLAlchemyError, PortalError, OSError) as error:
        raise Unavailable(f"{target.name.capitalize()} can’t be read: {error}.") from error


def _names(connection: Connection) -> Iterator[str]:
    """In each column of addresses, of whatever table, and in all of an archive: a picture may be
    named by its whole address, and a downgrade brings archived values back."""
    inspector = inspect(connection)
    tables = inspector.get_table_names()
    if IMAGES not in tables:
        raise Unavailable(f"It has no table {IMAGES}")
    for name in tables:
        columns = [str(each["name"]) for each in inspector.get_columns(name)]
        looked_at = [each for each in columns if each.endswith("url") or name.startswith(ARCHIVE)]
        if looked_at:
            values = [_as_stored(connection, each) for each in looked_at]
            query: Any = select(*values).select_from(table(name))
            for row in connection.execute(query):
                yield from UPLOADED.findall(" ".join(map(_words, row)))


def _as_stored(connection: Connection, name: str) -> Any:
    """SQLite also stores bytes that are no UTF-8 in a text: such a value ends no look."""
    is_sqlite = connection.dialect.name == "sqlite"
    return cast(column(name), LargeBinary) if is_sqlite else column(name)


def _words(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
