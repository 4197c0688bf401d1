"""`flask databases check` of a control room whose own database is on PostgreSQL."""

import time_machine
from flask import Flask
from sqlalchemy import text

from portal.control.checking import of_control
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.release_gate import SILENT
from portal.databases.status.check import check_room, check_targets, of_room
from portal.databases.targets.registry import control_room
from tests.databases.stage import place
from tests.support.ops_on_postgres import pg_app

__all__ = ["pg_app"]


def faults() -> str:
    db.session.rollback()
    room = check_room(of_room(store=False))
    checked = [*check_targets(), room]
    checked.append(check_room(of_control(checked)))
    return "\n".join(sentence for each in checked for sentence in each.faults)


def test_it_reads_all_of_it_and_names_what_a_hand_did_there(pg_app: Flask) -> None:
    control_room(is_demo=True)
    place("development", studios=3)
    assert faults() == ""

    with time_machine.travel(now() + 10 * SILENT, tick=True):
        assert "A clock is wrong: by the server of the control room's database" in faults()
    with db.engines["ops"].begin() as connection:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_no_update"))
        head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '0015'"))
        connection.execute(text("ALTER TABLE overrides RENAME TO lost"))
    said, unchecked = faults(), "What is decided about the next change could not be checked: "
    assert "The audit log is unguarded: audit_no_update" in said
    assert f"{unchecked}The control room's database is at 0015, and this release needs" in said
    with db.engines["ops"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    said = faults()
    assert f"{unchecked}The control room’s database at postgresql:///" in said
    assert f" is damaged: table overrides is missing, which its revision, {head}, has." in said
