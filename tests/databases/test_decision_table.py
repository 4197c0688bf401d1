"""The table "What may write, by what the database says about itself", row by row.

Source: the design's page on guarded databases. Each row is tried as an ordinary migration and with
a ticket that everybody has approved.
"""

from dataclasses import dataclass

import pytest

from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets.config import target_named
from portal.databases.targets.models import RegisteredTarget
from tests.support.changes import approved_ticket, change
from tests.support.databases import (
    HEAD,
    LEGACY,
    change_by_hand,
    copy_file,
    dump,
    file_of,
    make_database,
    prepared_file,
    revision_of,
)


@dataclass
class Row:
    """What stands at the target's address, made by `build`; None where the ticket has no case."""

    name: str
    target: str
    build: object
    ordinary: bool
    with_ticket: bool | None


def empty(name):
    engine_for(target_named(name).url).create()


def without_label(name):
    copy_file(prepared_file(LEGACY, 0), file_of(make_database(name, LEGACY)))


def fitting(name):
    make_database(name, LEGACY)


def unknown(name):
    make_database(name, LEGACY)
    db.session.delete(db.session.get(RegisteredTarget, name))
    db.session.commit()


def moved(name):
    file = file_of(make_database(name, LEGACY))
    kept = file.rename(file.with_name("kept.sqlite3"))
    copy_file(kept, file)


def copied(name):
    other = "production" if name == "development" else "development"
    copy_file(file_of(make_database(other, LEGACY)), file_of(target_named(name)))


def forged(name):
    file = file_of(make_database(name, LEGACY))
    other = "production" if name == "development" else "development"
    change_by_hand(file, f"UPDATE portal_identity SET environment = '{other}'")


TABLE = [
    Row("empty development", "development", empty, True, None),
    Row("empty production", "production", empty, False, None),
    Row("development without a label", "development", without_label, False, False),
    Row("production without a label", "production", without_label, False, False),
    Row("development that fits", "development", fitting, True, None),
    Row("development that nobody knows", "development", unknown, False, False),
    Row("production that fits", "production", fitting, False, True),
    Row("production that nobody knows", "production", unknown, False, False),
    Row("development that was moved", "development", moved, False, False),
    Row("production that was moved", "production", moved, False, False),
    Row("a copy of production", "development", copied, False, False),
    Row("a copy of development", "production", copied, False, False),
    Row("development with a forged label", "development", forged, False, False),
    Row("production with a forged label", "production", forged, False, False),
]


def rows(*, ticket=False):
    chosen = [row for row in TABLE if not ticket or row.with_ticket is not None]
    return pytest.mark.parametrize("row", chosen, ids=lambda row: row.name)


@pytest.fixture
def target(app, row):
    return target_named(row.target)


@rows()
def test_an_ordinary_migration(row, target):
    row.build(row.target)
    before = dump(file_of(target))

    assert goes_through(target) is row.ordinary
    assert revision_of(target) == (HEAD if row.ordinary else revision_in(before))
    assert row.ordinary or dump(file_of(target)) == before


@rows(ticket=True)
def test_a_migration_with_a_ticket(row, target):
    ticket = ticket_for(row, target)
    row.build(row.target)
    before = dump(file_of(target))

    assert goes_through(target, ticket=ticket or ticket_for_what_is_there(target)) is (
        row.with_ticket
    )
    assert row.with_ticket or dump(file_of(target)) == before


def ticket_for(row, target):
    """For a database that will lose its identity: made while it still has one."""
    if row.build is fitting:
        return None
    make_database(row.target, LEGACY)
    ticket = approved_ticket(target)
    file_of(target).unlink()
    db.session.delete(db.session.get(RegisteredTarget, row.target))
    db.session.commit()
    return ticket


def ticket_for_what_is_there(target):
    return approved_ticket(target)


def goes_through(target, **given):
    """Whether the guard let it through; if not, it has to name the way out and the log's action."""
    try:
        change(target, **given)
    except PortalError as error:
        db.session.rollback()
        missing = [what for what in ("remedy", "refusal") if not getattr(error, what)]
        if missing:
            pytest.fail(f"“{error}” has no {missing}")
        return False
    return True


def revision_in(lines):
    return LEGACY if any("'0001'" in line for line in lines) else None
