"""The schema of a database, dumped and restored without its rows, to learn what can't be made."""

from pathlib import Path

from sqlalchemy.engine import URL

from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.copies import tools
from portal.databases.engines.postgresql.copies.copy import BESIDES, LOCK_WAIT, listing, new_name


def restore_schema(url: URL, folder: Path) -> list[str]:
    """The commands of a restore that fail, each with its reason; all are tried.

    The database that it makes is named in the folder, and dropped with it. Raises Unavailable or
    Refused if the schema can't be dumped or the database can't be made.
    """
    file = folder / "schema.dump"
    with server.maintaining(url) as connection:
        programs = tools.tools_for(connection)
        options = ("--format=custom", "--schema-only", f"--lock-wait-timeout={LOCK_WAIT}")
        tools.run(programs / "pg_dump", *options, f"--file={file}", on=url)
        name = new_name(url, "scratch", folder)
        server.create_database(connection, name, like=url.database)
    with listing(programs, file, lambda line: not BESIDES.match(line)) as chosen:
        return tools.run_as_far_as_it_goes(
            programs / "pg_restore",
            *("--no-owner", "--no-privileges", *chosen, str(file)),
            on=url.set(database=name),
        )
