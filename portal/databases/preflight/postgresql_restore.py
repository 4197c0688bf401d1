"""PostgreSQL: what a restore could not make, found by making the schema once without its rows."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from portal.core.errors import PortalError
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines.postgresql.copies import tools
from portal.databases.engines.postgresql.copies.attempt import restore_schema
from portal.databases.preflight.findings import ALL, NAMED_AT_MOST, Found, Stops, Subject, counted

OF_EXTENSIONS = ("CREATE EXTENSION", "COMMENT ON EXTENSION")
_EXTENSIONS = text("""
SELECT e.extname AS name, quote_ident(e.extname) AS quoted, quote_ident(current_user) AS me,
    a.default_version IS NOT NULL AS is_installed,
    v.superuser AND NOT v.trusted AND NOT r.rolsuper AS is_barred
FROM pg_extension AS e
LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
LEFT JOIN pg_available_extension_versions AS v
    ON v.name = e.extname AND v.version = a.default_version
CROSS JOIN pg_roles AS r
WHERE e.extname <> 'plpgsql' AND r.rolname = current_user ORDER BY 1
""")
_PREPARED = text(
    "SELECT gid, quote_literal(gid), quote_ident(owner), prepared FROM pg_prepared_xacts"
    " WHERE database = current_database() ORDER BY prepared"
)


def programs(subject: Subject) -> Iterator[Found]:
    """`pg_dump` and `pg_restore`, of the server's version or newer."""
    with subject.reading() as connection:
        try:
            tools.tools_for(connection)
        except PortalError as error:
            yield Found(error.sentence, (error.remedy or "",), ALL)


def extensions(subject: Subject) -> Iterator[Found]:
    """Extensions that the restoring role may not make, or that the server no longer has."""
    with subject.reading() as connection:
        rows = connection.execute(_EXTENSIONS).all()
    for row in rows:
        if not row.is_installed:
            yield Found(
                f"The extension {row.name} is in the database, and its files are no longer on the"
                " server: no restored copy can have it, so no backup can be verified.",
                f"Install its package on the server, or, if nothing needs it: DROP EXTENSION"
                f" {row.quoted};",
                ALL,
            )
        elif row.is_barred:
            yield _barred(row)


def _barred(row: Any) -> Found:
    """A superuser can't make it beforehand: each copy is restored into a new database."""
    return Found(
        f"The extension {row.name} may only be made by a superuser, and each copy is restored by"
        f" {row.me}, so no backup can be verified.",
        (
            f"If nothing needs it, a superuser runs in this database: DROP EXTENSION {row.quoted};",
            (
                "Else on the server, so that the owner of a database may make it:"
                f' echo "trusted = true" >> "$(pg_config --sharedir)/extension/{row.name}.control"'
            ),
        ),
        ALL,
    )


def prepared(subject: Subject) -> Iterator[Found]:
    with subject.reading() as connection:
        rows = connection.execute(_PREPARED).all()
    if rows:
        yield Found(
            f"{counted(len(rows), 'prepared transaction')} of this database"
            f" {'is' if len(rows) == 1 else 'are'} neither committed nor rolled back: the database"
            " can't be swapped, and tables stay locked.",
            tuple(f"ROLLBACK PREPARED {quoted};" for _, quoted, *_ in rows),
            (Stops.RESTORE, Stops.CHANGE),
            tuple(f"{gid} of {owner}, {at:%Y-%m-%d %H:%M} UTC" for gid, _, owner, at in rows),
            len(rows),
        )


def trial(subject: Subject) -> Iterator[Found]:
    """The schema without rows, restored into a database of its own, which is dropped at once.

    The extensions that can't be made are named by `extensions`.
    """
    with scratch_folder() as folder:
        failed = restore_schema(subject.url, folder)
    failed = [each for each in failed if not each.startswith(OF_EXTENSIONS)]
    if failed:
        yield Found(
            f"{counted(len(failed), 'command')} of a restore can't be carried out by this role on"
            " this server, so no backup can be verified.",
            "Drop each object that it names if nothing needs it, or make what it lacks as a"
            " superuser; what lacks an extension follows from that one.",
            ALL,
            tuple(failed[:NAMED_AT_MOST]),
            len(failed),
        )
