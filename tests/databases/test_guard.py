"""Tickets under the lock: for this database, this change, these files, once."""

import pytest
from alembic import command

from portal.core.clock import now
from portal.core.errors import PortalError, Refused
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.changes.models import TicketState
from portal.databases.engines import engine_for
from portal.databases.migrations.guard import Creation, Move, authorise
from portal.databases.targets.identity_label import portal_journal
from portal.databases.targets.registry import registered_target
from tests.support.changes import approved_ticket, change, change_on
from tests.support.databases import (
    HEAD,
    LEGACY,
    change_by_hand,
    copy_file,
    dump,
    file_of,
    forget,
    revision_of,
    url_of,
)
from tests.support.tracing import calls_in_order


@pytest.fixture
def ticket(room):
    return approved_ticket(room.production)


def refused(room, ticket, words, **given):
    """The change is refused with these words, and production is as it was."""
    before = dump(room.production_file)
    with pytest.raises(PortalError, match=words) as caught:
        change(room.production, ticket=ticket, **given)
    db.session.rollback()
    assert dump(room.production_file) == before
    assert caught.value.refusal
    assert caught.value.refusal.target == "production"


def journal(target):
    with engine_for(target.url).reading() as connection:
        return connection.execute(portal_journal.select()).all()


def test_an_approved_ticket_lets_its_change_through(room, ticket):
    change(room.production, ticket=ticket)

    assert revision_of(room.production) == HEAD


def cut_short(target, ticket):
    with engine_for(target.url).changing(SchemaAccess.SCRATCH) as connection:
        change_on(connection, ticket=ticket)
        raise ZeroDivisionError


def test_the_change_is_entered_in_the_databases_own_journal(room, ticket):
    change(room.production, ticket=ticket)

    [entry] = journal(room.production)
    assert entry[:4] == (ticket.number, ticket.seal, LEGACY, HEAD)


def test_without_commit_there_is_no_journal_entry_either(room, ticket):
    with pytest.raises(ZeroDivisionError):
        cut_short(room.production, ticket)

    assert journal(room.production) == []
    assert revision_of(room.production) == LEGACY


def test_a_ticket_is_good_for_once(room, ticket):
    change(room.production, ticket=ticket)
    change_by_hand(room.production_file, f"UPDATE alembic_version SET version_num = '{LEGACY}'")

    refused(room, ticket, "carried out already")


@pytest.mark.parametrize(
    "state", [TicketState.OPEN, TicketState.CONFIRMED, TicketState.USED, TicketState.VOID]
)
def test_a_ticket_has_to_be_approved(room, ticket, state):
    ticket.state = state
    db.session.commit()

    refused(room, ticket, state.value)


def test_a_ticket_for_another_database_is_rejected(room):
    ticket = approved_ticket(room.production, database_uuid="another")

    refused(room, ticket, "another database")


def test_a_ticket_of_production_does_not_open_development(room, ticket):
    change(room.development, to=LEGACY, what=command.downgrade)
    before = dump(room.development_file)

    with pytest.raises(Refused, match="PRODUCTION_DATABASE_URL leads to the development"):
        change(room.development, ticket=ticket)
    assert dump(room.development_file) == before


def test_a_ticket_does_not_open_a_copy(room, ticket):
    copy = copy_file(room.production_file, room.production_file.with_name("copy.sqlite3"))
    before = dump(copy)

    with (
        pytest.raises(Refused, match="is a copy of production"),
        engine_for(url_of(copy)).changing(SchemaAccess.SCRATCH) as connection,
    ):
        change_on(connection, ticket=ticket)
    assert dump(copy) == before


def test_a_ticket_for_an_upgrade_is_not_for_a_downgrade(room, ticket):
    refused(room, ticket, "another change", what=command.downgrade, to="base")


def test_a_ticket_for_an_upgrade_is_not_for_a_stamp(room, ticket):
    refused(room, ticket, "another change", what=command.stamp, to="head")


MOVES = {
    "another command": lambda target: (target, Move("downgrade", (HEAD,), LEGACY)),
    "fewer revisions": lambda target: (target, Move("upgrade", (), None)),
    "more revisions": lambda target: (target, Move("upgrade", (HEAD, "x"), "x")),
    "another revision": lambda target: (target, Move("upgrade", ("x",), "x")),
}


@pytest.mark.parametrize("what", MOVES)
def test_a_ticket_is_for_its_target_its_command_and_its_revisions_whoever_asks(room, ticket, what):
    target, move = MOVES[what](room.production)

    with (
        pytest.raises(Refused, match="is for another change; nothing was changed"),
        engine_for(target.url).changing() as connection,
    ):
        authorise(connection, target, move=move, ticket=ticket)


def test_a_ticket_is_for_its_target_also_where_the_other_one_fits(room, ticket):
    change(room.development, to=LEGACY, what=command.downgrade)
    move = Move("upgrade", (HEAD,), HEAD)

    with (
        pytest.raises(Refused, match="is for another change; nothing was changed"),
        engine_for(room.development.url).changing() as connection,
    ):
        authorise(connection, room.development, move=move, ticket=ticket)


def test_a_database_is_judged_once_under_the_lock_of_its_change(room):
    judged = "portal/databases/targets/identity.py:_Case.judgement"
    with calls_in_order([judged]) as calls:
        change(room.development, to=LEGACY, what=command.downgrade)
    assert calls == [judged]


def emptied(target):
    forget(target.name)
    file_of(target).unlink()
    engine_for(target.url).create()


@pytest.mark.parametrize("what", ["stamp", "downgrade"])
def test_an_empty_development_database_is_made_by_an_upgrade_alone(room, what):
    emptied(room.development)
    move = Move(what, (HEAD,), HEAD)

    with (
        pytest.raises(Refused, match="is empty and not registered"),
        engine_for(room.development.url).changing() as connection,
    ):
        authorise(connection, room.development, move=move)
    assert dump(room.development_file) == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_the_permission_to_make_one_target_makes_no_other(room):
    emptied(room.production)
    move = Move("upgrade", (LEGACY,), LEGACY)

    with pytest.raises(Refused), engine_for(room.production.url).changing() as connection:
        authorise(connection, room.production, move=move, creation=Creation("development"))
    assert dump(room.production_file) == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_a_revision_file_edited_after_the_seal_voids_it(room, history):
    ticket = approved_ticket(room.production)
    file = next(history.glob(f"versions/{HEAD}*.py"))
    file.write_text(file.read_text() + "\n# a small thing, after the approval\n")

    refused(room, ticket, "file was edited")


def test_a_schema_changed_by_hand_after_the_seal_voids_it(room, ticket):
    change_by_hand(room.production_file, "CREATE INDEX by_hand ON users (role)")

    refused(room, ticket, "schema was changed")


def test_a_plan_edited_in_ops_is_no_longer_sealed(room, ticket):
    ticket.plan.statements = ["DROP TABLE users"]
    db.session.commit()

    refused(room, ticket, "plan was edited")


def test_maintenance_that_the_directory_does_not_know_stops_a_change(room, ticket):
    registered_target("production").maintenance_since = now()
    db.session.commit()

    refused(room, ticket, "the directory does not know it")


def test_rows_written_since_are_no_reason_to_refuse(room, ticket):
    change_by_hand(room.production_file, "UPDATE users SET display_name = 'Somebody Else'")

    change(room.production, ticket=ticket)
    assert revision_of(room.production) == HEAD


def test_of_two_with_the_same_ticket_one_goes_through(room, ticket):
    """Both were told yes before either began: the journal, under the lock, decides."""
    ticket_of_the_second = ticket.number
    change(room.production, ticket=ticket)
    ticket.state = TicketState.APPROVED  # what the second one read before the first committed
    change_by_hand(room.production_file, f"UPDATE alembic_version SET version_num = '{LEGACY}'")

    refused(room, ticket, f"{ticket_of_the_second} was carried out already")


def test_a_rehearsal_pointed_at_production_is_refused(room):
    before = dump(room.production_file)

    with pytest.raises(Refused, match="pointed at production itself"):
        change(room.production, rehearsal=True)
    assert dump(room.production_file) == before


def test_a_connection_without_any_permission_moves_no_production(room):
    refused(room, None, "has no ticket")


def test_a_connection_with_foreign_keys_on_is_sent_back(room):
    with (
        pytest.raises(Refused, match="delete rows by cascade"),
        db.engines["ops"].begin() as connection,
    ):
        engine_for(room.production.url).require_ready(connection)


def test_an_unknown_connection_is_judged_by_what_it_is_on(room):
    """No label, no target's address: whatever the settings say, it is nobody's."""
    stray = room.production_file.with_name("stray.sqlite3")
    engine_for(url_of(stray)).create()
    change_by_hand(stray, "CREATE TABLE things (id INTEGER)")

    with (
        pytest.raises(Refused, match="no identity"),
        engine_for(url_of(stray)).changing(SchemaAccess.SCRATCH) as connection,
    ):
        change_on(connection)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rehearsal": True}, "has no ticket"),
        ({"creation": Creation("production")}, "has no ticket"),
        ({"request": {"rehearsal": True}}, "is no MigrationRequest"),
        ({"request": None}, "is no MigrationRequest"),
    ],
)
def test_only_a_request_permits_anything(room, given, words):
    before = dump(room.production_file)
    config = room.production.history.config()
    with engine_for(room.production.url).changing(SchemaAccess.SCRATCH) as connection:
        config.attributes.update(connection=connection, **given)
        with pytest.raises(Refused, match=words):
            command.upgrade(config, "head")
    assert dump(room.production_file) == before
