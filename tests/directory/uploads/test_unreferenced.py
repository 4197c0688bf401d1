"""What nothing refers to is deleted after 30 days, and never while a kept backup may need it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

import portal.directory.uploads.unreferenced.tasks  # noqa: F401 — registers the job
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.backups.files import backups_folder
from portal.databases.targets.config import target_named
from portal.directory.uploads.store import FolderStore, own_folder
from portal.directory.users.ended import UnreferencedPicture
from portal.jobs.models import Operation
from tests.databases import stage

KIND = "directory.tidy-pictures"
DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 4, tzinfo=UTC)
CONTENT = b"a picture as it was encoded"
NAME = f"{sha256(CONTENT).hexdigest()}.webp"
KEYS = (NAME, f"480/{NAME}", f"960/{NAME}")


class Room:
    """A control room with a production directory, and a clock that goes as a test says."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.at = START
        self.store = FolderStore(own_folder())

    def wait(self, time: timedelta) -> None:
        self.at += time
        self.clock.move_to(self.at)

    def put(self, *keys: str, content: bytes = CONTENT, ago: timedelta = DAY * 2) -> None:
        for key in keys:
            self.store.put(key, content)
            at = (now() - ago).timestamp()
            os.utime(own_folder() / key, (at, at))

    def tidy(self) -> Operation:
        return stage.operate(KIND, target=None)

    def backup(self) -> Operation:
        done = stage.operate("databases.backup")
        assert done.is_done, done.outcome
        return done

    def refer(
        self, address: str, *, table: str = "studio_images", column: str = "image_url"
    ) -> None:
        self.execute(
            f"UPDATE {table} SET {column} = '{address}' WHERE id = (SELECT min(id) FROM {table})"
        )

    def execute(self, sql: str) -> None:
        stage.execute(target_named("production"), sql)

    @property
    def kept(self) -> list[str]:
        return [key for key in KEYS if (own_folder() / key).exists()]

    @property
    def since(self) -> datetime | None:
        db.session.expire_all()
        row = db.session.get(UnreferencedPicture, NAME)
        return row.since if row else None


@pytest.fixture
def room(app: Flask) -> Iterator[Room]:
    with time_machine.travel(START, tick=False) as clock:
        stage.place(studios=6)
        room = Room(clock)
        room.put(*KEYS)
        yield room


@pytest.fixture
def due(room: Room) -> Room:
    """Everything that a deletion needs."""
    room.tidy()
    assert room.since == START
    room.wait(DAY * 31)
    room.backup()
    room.wait(DAY)
    return room


def test_it_is_deleted_with_its_sizes_and_recorded(due: Room) -> None:
    done = due.tidy()
    assert done.outcome == "1 stored pictures are in no directory; 1 deleted."
    assert due.kept == []
    assert due.since is None
    query = select(AuditEntry.canonical).where(AuditEntry.action == "picture.deleted")
    assert [NAME in each for each in db.session.scalars(query)] == [True]
    assert due.tidy().outcome == "0 stored pictures are in no directory; 0 deleted."


def test_an_older_backup_keeps_it_until_it_goes(room: Room) -> None:
    first = room.backup().result["backup"]
    room.wait(DAY)
    room.tidy()
    room.wait(DAY * 40)
    room.backup()
    room.wait(DAY)
    assert room.tidy().result["deleted"] == 0
    assert len(room.kept) == 3
    db.session.rollback()
    (backups_folder() / f"{first}.json").unlink()
    execute_ops("UPDATE backups SET removed_at = '2026-04-11 00:00:00' WHERE name = ?", first)
    (backups_folder() / f"{first}.sqlite3").unlink()
    assert room.tidy().result["deleted"] == 1


def test_one_that_is_referred_to_again_starts_again(due: Room) -> None:
    due.refer(f"/images/{NAME}")
    due.tidy()
    assert due.since is None
    due.refer("/images/other.webp")
    due.tidy()
    assert due.since == due.at
    assert len(due.kept) == 3


def test_a_mark_of_a_wrong_clock_starts_again(due: Room) -> None:
    execute_ops("UPDATE unreferenced_pictures SET since = '2031-01-01 00:00:00'")
    due.tidy()
    assert due.since == due.at


def execute_ops(sql: str, *values: object) -> None:
    db.session.remove()
    file = stage.file_at(target_named("production")).with_name("ops.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        assert connection.execute(sql, values).rowcount


def production() -> Path:
    return stage.file_at(target_named("production"))


def a_stray_backup() -> None:
    file = backups_folder() / "production-20260101T000000Z-abcdef.sqlite3"
    file.write_bytes(b"SQLite format 3\0")
    os.utime(file, (0, 0))


def another_development_database() -> None:
    with closing(sqlite3.connect(production().with_name("development.sqlite3"))) as connection:
        connection.execute("CREATE TABLE studio_images (image_url TEXT)")


NEEDED: dict[str, Callable[[Room], object]] = {
    "referred to": lambda room: room.refer(f"/images/{NAME}"),
    "by its whole address": lambda room: room.refer(f"https://x.example/images/{NAME}?v=1"),
    "by a person": lambda room: room.refer(f"/images/{NAME}", table="users", column="avatar_url"),
    "in an archive": lambda room: room.execute(
        f"CREATE TABLE legacy_values AS SELECT '/images/{NAME}' AS value"
    ),
    "marked in the future": lambda _: execute_ops(
        "UPDATE unreferenced_pictures SET since = '2031-01-01 00:00:00'"
    ),
    "a backup of the future": lambda _: execute_ops(
        "UPDATE backups SET taken_at = '2031-01-01 00:00:00'"
    ),
    "a backup without a time": lambda _: execute_ops("UPDATE backups SET taken_at = 'once'"),
    "a removal in the future": lambda _: execute_ops(
        "UPDATE backups SET removed_at = '2031-01-01 00:00:00', taken_at = '2026-02-01 00:00:00'"
    ),
    "no backup": lambda _: execute_ops("UPDATE backups SET removed_at = taken_at"),
    "a backup that nobody entered": lambda _: a_stray_backup(),
    "no directory": lambda _: production().unlink(),
    "an empty file": lambda _: production().write_bytes(b""),
    "a damaged file": lambda _: production().write_bytes(b"SQLite format 3\0" + bytes(5000)),
    "no table of pictures": lambda room: room.execute("DROP TABLE studio_images"),
    "another control room's": lambda _: execute_ops(
        "UPDATE registered_targets SET database_uuid = 'another'"
    ),
    "a directory that nobody adopted": lambda _: another_development_database(),
    "written just now": lambda room: room.put(NAME, ago=timedelta(0)),
    "written again since": lambda room: room.put(f"480/{NAME}", ago=DAY * 3),
    "written in the future": lambda room: room.put(NAME, ago=-DAY * 3),
    "another content": lambda room: room.put(NAME, content=b"another", ago=DAY * 90),
    "a link": lambda _: (
        (own_folder() / NAME).rename(own_folder() / "real")
        and (own_folder() / NAME).symlink_to("real")
    ),
}


@pytest.mark.parametrize("case", NEEDED)
def test_what_is_needed_or_not_understood_deletes_nothing(due: Room, case: str) -> None:
    NEEDED[case](due)
    done = due.tidy()
    assert (done.result or {}).get("deleted", 0) == 0, done.outcome
    assert len(due.kept) == 3


def test_what_this_product_did_not_name_is_left_alone(due: Room) -> None:
    others = ["notes.txt", "ab" * 16 + ".jpg", "x.webp", f"other/{NAME}"]
    for each in others:
        due.put(each, ago=DAY * 90)
    due.tidy()
    assert [each for each in others if not (own_folder() / each).exists()] == []


def test_before_thirty_days_nothing_is_deleted(room: Room) -> None:
    room.tidy()
    room.wait(DAY * 29)
    room.backup()
    assert room.tidy().result["deleted"] == 0
    assert len(room.kept) == 3


def test_before_anything_was_stored_there_is_nothing_to_do(room: Room, settings: Settings) -> None:
    room.tidy()
    own_folder().rename(settings.data / "elsewhere")
    assert room.tidy().outcome.startswith("0 stored pictures are in no directory; 0 deleted.")
    assert room.since is None
