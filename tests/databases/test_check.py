"""`flask databases check` says all that `status`, the databases page and home know."""

import re
import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import insert

from portal.control.checking import of_control
from portal.control.home import alerts, directory_statuses
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.models import BackupCopy, CopyState
from portal.databases.policies.maintenance import begin_maintenance
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override
from portal.databases.status.check import check_room, check_targets, of_room
from portal.databases.status.overview import overviews
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.registry import registered_target
from portal.emails.models import MessageState
from portal.jobs.models import Lease, LeaseKind, Operation, OperationState, Queue
from portal.jobs.processes import this_host
from tests.databases.stage import ANA
from tests.support.changes import approved_ticket
from tests.support.databases import HEAD, PENDING, change_by_hand
from tests.support.mail import make_message

GONE = "an-earlier-boot:1:1"
STORE = "file:/nowhere"


def operation(state: OperationState, title: str, **more: object) -> Operation:
    who = {"requested_by_id": 1, "requested_by_name": "ana", "requested_by_role": "admin"}
    made = {"kind": "databases.backup", "title": title, "queue": Queue.OPERATIONS, "state": state}
    row = Operation(**{"target": "production", **made, **who, **more})
    db.session.add(row)
    db.session.flush()
    return row


def lease(pid: int, **moved: int) -> None:
    at = now() + timedelta(**moved)
    times = {"started_at": at, "renewed_at": at, "expires_at": at + timedelta(seconds=30)}
    what = {"kind": LeaseKind.WEB, "environment": "production", "release": "old", "serves": []}
    db.session.execute(insert(Lease).values(uuid=str(pid), host="away", pid=pid, **what, **times))


@pytest.fixture
def bad_night(room):
    """Everything at once; returns what has to be said."""
    lease(11, minutes=10)
    lease(12, minutes=-10)
    operation(OperationState.RUNNING, "Lost", host=this_host(), process=GONE, started_at=now())
    operation(OperationState.UNKNOWN, "Odd", outcome="It fell.", finished_at=now())
    operation(OperationState.WAITING, "Forgotten", requested_at=now() - timedelta(hours=1))
    operation(OperationState.WAITING, "Early", requested_at=now() + timedelta(hours=1))
    over = operation(OperationState.DONE, "Over", finished_at=now())
    operation(
        OperationState.FAILED,
        "Sync",
        kind="databases.sync",
        target="development",
        outcome="A column is new.",
        finished_at=now(),
    )
    known = registered_target("production")
    known.maintenance_since, known.maintenance_because = now(), "A change."
    known.maintenance_operation = over.uuid
    give_override(OverrideKind.SOAK, room.production, subject="d2f8", reason="Urgent", by=ANA)
    backup = approved_ticket(room.production).plan.backup
    db.session.add(
        BackupCopy(backup=backup, store=STORE, state=CopyState.FAILED, why="It is full.")
    )
    for state in (MessageState.FAILED, MessageState.UNKNOWN, MessageState.WAITING):
        message = make_message(state.value)
        message.state, message.approved_at = state, now() - timedelta(hours=1)
    db.session.commit()
    change_by_hand(room.production_file, "CREATE TABLE by_hand (id INTEGER)")
    with closing(sqlite3.connect(room.production_file.with_name("ops.sqlite3"))) as ops:
        ops.execute("DROP TRIGGER audit_no_delete")
        ops.execute("UPDATE alembic_version SET version_num = '0015'")
        ops.commit()
    return (
        "control room: A clock is wrong: the last sign of life of web process 11 on away",
        "control room: A clock is wrong, or a process has ended and was not checked since",
        "“Lost” on production, asked for by ana, never finished: its process is gone.",
        "“Odd” on production, asked for by ana, ended with an unknown effect: It fell.",
        "“Forgotten” on production, asked for by ana, has waited since",
        "“Early” on production, asked for by ana, has waited since",
        "control room: The worker is not running",
        "development: The newest sync ended failed: A column is new.",
        "production: Maintenance mode is on since",
        "What began it is over, and left it on.",
        "the directory does not know it",
        f"Backup {backup.name} is damaged: its row in the catalogue holds no fitting “file”.",
        f"Backup {backup.name} has no copy off this machine: It is full.",
        "to failed was not delivered",
        "reached unknown. Decide it at /ops/emails/",
        "to waiting waits to be sent",
        "production: The schema was changed by hand since the last change: table by_hand was added",
        "The audit log is unguarded: audit_no_delete is missing.",
        "The control room's database is at 0015, and this release needs",
    )


def test_all_of_a_bad_night_is_said_at_once_each_with_what_to_do(room, bad_night):
    ended = room.run("flask", "databases", "check", BACKUP_URL=STORE)

    assert ended.code == 1
    assert [each for each in bad_night if each not in ended.err] == [], ended.err
    assert "production, to note: An override (soak) for d2f8, given by ana" in ended.out
    assert f"Change T-1 to {HEAD} is confirmed twice" in ended.out
    pending = ", ".join(f"{each.id} ({each.phase})" for each in PENDING)
    assert f"Pending: {pending}." in ended.out
    assert ended.said.count("could not be checked") == 1, "the copies: /nowhere is no store"
    assert "what it should be" not in ended.said
    lines = [each for each in ended.err.splitlines() if each.strip()]
    assert [each for each in lines if not re.search(r"[a-z)./:] [A-Z].*", each)] == []


def test_it_says_all_that_home_and_the_databases_page_say(app, room, bad_night):
    said = "\n".join(each.sentence for checked in everything() for each in checked.said)
    with app.test_request_context("/ops"):
        wanted = {each.sentence for each in alerts(directory_statuses())}
    for overview in overviews():
        wanted |= {each.sentence for each in layers_of(overview) if each.holds is False}
        wanted |= {str(overview.judgement)} if not overview.fits else set()

    assert len(wanted) > 6
    assert [each for each in wanted if each not in said] == []


def everything():
    db.session.rollback()
    room = check_room(of_room(store=False))
    checked = [*check_targets(), room]
    return [*checked, check_room(of_control(checked))]


@pytest.mark.parametrize(
    ("table", "column", "what", "where"),
    [
        ("overrides", "given_at", "What is decided about the next change", "production"),
        ("operations", "requested_at", "Waiting operations", "control room"),
        ("leases", "renewed_at", "The leases of processes", "control room"),
        ("messages", "approved_at", "Messages to clients", "control room"),
        ("applied_revisions", "noted_at", "The code of its revisions", "production"),
    ],
)
def test_what_can_not_be_read_is_named_and_the_rest_goes_on(
    room, bad_night, table, column, what, where
):
    everything()  # what is first seen is on record
    with closing(sqlite3.connect(room.production_file.with_name("ops.sqlite3"))) as ops:
        assert ops.execute(f"UPDATE {table} SET {column} = 'no time'").rowcount
        ops.commit()

    found = everything()

    assert any(
        sentence.startswith(f"{what} could not be checked: ")
        for each in found
        if each.name == where
        for sentence in each.faults
    )
    said = "\n".join(each.sentence for checked in found for each in checked.said)
    assert "table by_hand was added" in said
    assert "The audit log is unguarded" in said


def test_a_damaged_target_does_not_hide_the_other_or_the_room(room):
    with room.production_file.open("r+b") as file:
        file.write(b"\0" * 4096)

    ended = room.run("flask", "databases", "check")

    assert ended.code == 1
    assert "production: " in ended.err
    assert "development, to note: The code of" in ended.out


def test_what_is_only_a_notice_elsewhere_is_a_fault_of_a_real_production(room):
    assert [each.faults for each in everything()] == [[], [], [], []]
    registered_target("production").is_demo = False
    lease(13)
    db.session.commit()

    said = "\n".join(sentence for each in everything() for sentence in each.faults)

    assert "There is no verified backup. Take one: flask databases backup production" in said
    assert "The control room's own database: There is no verified backup." in said
    assert "These processes can't serve its revision: web process 13 on away" in said


@pytest.mark.parametrize(("since", "is_fault"), [(0, False), (3, False), (5, True), (-1, True)])
def test_maintenance_that_a_person_left_on(room, since, is_fault):
    begin_maintenance(room.production, because="A disk is changed.", by=ANA)
    row = registered_target("production")
    row.maintenance_since = now() - timedelta(hours=since)
    db.session.commit()

    faults = next(each.faults for each in everything() if each.name == "production")

    assert any("Maintenance mode is on" in each for each in faults) is is_fault


def test_maintenance_that_only_the_directory_knows(room):
    begin_maintenance(room.production, because="A disk is changed.", by=ANA)
    row = registered_target("production")
    row.maintenance_since = row.maintenance_because = None
    db.session.commit()

    faults = next(each.faults for each in everything() if each.name == "production")

    assert ["none is on record: every write is refused" in each for each in faults] == [True]


def test_a_disk_without_room_for_a_change(room, monkeypatch):
    usage = namedtuple("usage", "total used free")
    free = 99_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(10**12, 10**12, free))

    faults = next(each.faults for each in everything() if each.name == "control room")

    assert [each for each in faults if "99 MB are free at" in each and "Make room" in each]


HARM = {
    "DELETE FROM alembic_version": "holds nothing. Restore its newest backup",
    "INSERT INTO alembic_version VALUES ('0001')": "of the control room's database holds 0001, ",
    "UPDATE audit_head SET seq = 999": "its head says 999. See: flask audit verify",
    "DELETE FROM audit_head": "its head says None. See: flask audit verify",
    "UPDATE audit SET at = '2099-01-01 00:00:00.000000' WHERE seq = (SELECT max(seq) FROM audit)": (
        "the newest entry of the audit log was written"
    ),
}


@pytest.mark.parametrize("sql", HARM)
def test_what_a_hand_did_to_the_control_rooms_database(room, sql):
    everything()  # which enters what is first seen
    with closing(sqlite3.connect(room.production_file.with_name("ops.sqlite3"))) as ops:
        for (name,) in ops.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            ops.execute(f"DROP TRIGGER {name}")
        ops.execute(sql)
        ops.commit()

    faults = next(each.faults for each in everything() if each.name == "control room")

    assert [each for each in faults if HARM[sql] in each], faults
