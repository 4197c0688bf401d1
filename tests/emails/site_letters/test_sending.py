"""Each email of a site is sent once; what goes wrong with one ends no other."""

import os
import shutil
import signal
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.unattended import waiting
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SiteLetter
from portal.emails.site_letters.rows import end_orphans
from portal.emails.site_letters.sendings import EXPIRED, GONE, WAITS
from tests.emails.site_letters.conftest import Post
from tests.jobs.conftest import WorkerProcess, eventually
from tests.support.alembic import HEAD
from tests.support.commands import Forked
from tests.support.databases import copy_file, file_of, forget
from tests.support.mail import MailServer
from tests.support.owners import make_user
from tests.support.site_directory import bring_to_head, place_directory, queue

LINK, NEWS, MESSAGE = LetterKind.CONFIRM_SIGNUP, LetterKind.DELETED, LetterKind.MESSAGE
SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"
DIES = """
from portal.app import create_app
from portal.emails.site_letters.worker import look_after_site_letters, the_sender
from tests.faults.moments import arm_call, kill
arm_call("portal.emails.site_letters.sending", "{moment}", kill)
with create_app().app_context():
    look_after_site_letters()
    the_sender().wait()
"""


@pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
def test_it_is_sent_once_and_leaves_the_directory(post: Post) -> None:
    uuid = queue(LINK, about=SOME_ID)
    post.round()
    assert (post.recipients, post.left()) == (["olive@example.com"], [])
    row = post.sending(uuid)
    assert (row.is_sent, row.attempts, row.kind) == (True, 1, "confirm-signup")
    post.round()
    assert len(post.recipients) == 1


def test_a_second_without_letters_costs_one_statement_for_a_directory(post: Post) -> None:
    post.round()  # which tables there are, once
    asked = list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    db.session.rollback()
    event.listen(Engine, "before_cursor_execute", note)
    try:
        post.round()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert [each.split()[0] for each in asked] == ["SELECT"]
    assert "site_letters" in asked[0]


def test_a_bad_one_ends_no_other(post: Post, server: MailServer) -> None:
    server.rcpt = ["550 5.1.1 <a@example.com> is unknown here", "451 Later, b@example.com"]
    refused, later = (queue(NEWS, f"{name}@example.com") for name in "ab")
    bad, incomplete = queue(NEWS, "not an address"), queue(LINK, "d@example.com")
    queue(NEWS, "e@example.com")
    post.round()
    assert (post.recipients, post.left()) == (["e@example.com"], [later])
    assert post.sending(refused).why_not == "550 5.1.1 <…> is unknown here"
    assert all(post.sending(each).finished_at for each in (refused, bad, incomplete))
    row = post.sending(later)
    assert row.attempted_at
    assert row.next_attempt_at
    assert WAITS[0] <= row.next_attempt_at - row.attempted_at < WAITS[0] + timedelta(minutes=1)
    post.round()
    assert post.sending(later).attempts == 1  # not before its time
    assert post.again(later).is_sent


def test_one_that_expires_before_it_could_leave_is_dropped(post: Post, server: MailServer) -> None:
    expired = queue(LINK, about=SOME_ID, lasts=timedelta(0))
    server.rcpt = ["451 Later"]
    short = queue(NEWS, lasts=WAITS[0])
    post.round()
    assert (post.sending(expired).why_not, post.sending(expired).attempts) == (EXPIRED, 0)
    assert (post.sending(short).why_not, post.recipients, post.left()) == ("451 Later", [], [])


@pytest.mark.parametrize(("kind", "times"), [(LINK, 2), (MESSAGE, 1), (LetterKind.REPLY, 1)])
def test_one_in_doubt_is_sent_once_more_where_that_does_no_harm(
    post: Post, server: MailServer, kind: LetterKind, times: int
) -> None:
    server.data = ["abort", "abort"]
    number = make_user("own@example.com").id if kind is MESSAGE else None
    uuid = queue(kind, about=SOME_ID, user_id=number, details={"body": "Yes."})
    post.round()
    row = post.sending(uuid)
    assert (row.doubts, bool(row.next_attempt_at)) == (1, times == 2)
    if times == 2:
        row = post.again(uuid)
    assert (row.doubts, row.attempts, row.is_sent) == (times, times, False)
    assert (bool(row.finished_at), post.left()) == (True, [])


def test_in_maintenance_it_is_sent_and_leaves_afterwards(target: Target, post: Post) -> None:
    uuid = queue(NEWS)
    begin_maintenance(target, because="A change", by=SYSTEM)
    post.round()
    assert (post.recipients, post.left()) == (["olive@example.com"], [uuid])
    end_maintenance(target, by=SYSTEM)
    post.round()
    assert (len(post.recipients), post.left()) == (1, [])


def test_what_a_backup_brings_back_is_not_sent_again(target: Target, post: Post) -> None:
    queue(NEWS)
    file = file_of(target)
    kept = copy_file(file, file.with_name("kept.sqlite3"))
    post.round()
    db.engine.dispose()
    shutil.copyfile(kept, file)
    assert len(post.left()) == 1
    post.round()
    assert (len(post.recipients), post.left()) == (1, [])


def test_nothing_is_sent_for_a_database_that_is_not_the_registered_one(
    target: Target, post: Post
) -> None:
    uuid = queue(NEWS)
    forget(target.name)
    post.round()
    assert (post.recipients, post.left()) == ([], [uuid])


def test_one_that_is_deleted_before_it_is_sent_is_waited_for_no_more(
    post: Post, server: MailServer
) -> None:
    server.rcpt = ["451 Later"]
    uuid = queue(NEWS)
    post.round()
    assert end_orphans(now() + timedelta(hours=1)) == 0
    with changing_directory():
        db.session.delete(db.session.get_one(SiteLetter, uuid))
    assert end_orphans(now() + timedelta(hours=1)) == 1
    assert post.sending(uuid).why_not == GONE


def test_a_directory_without_the_tables_is_asked_again_later(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = place_directory(revision=HEAD)
    post = Post(server)
    post.round()
    monkeypatch.setattr(waiting, "_not_before", {})
    bring_to_head(target)
    queue(NEWS)
    post.round()
    assert post.recipients == ["olive@example.com"]


@pytest.mark.parametrize(
    ("moment", "taken"), [("_deliver", 1), ("conclude_letter", 2), ("delete_letters", 1)]
)
def test_a_process_killed_between_the_steps_sends_nothing_twice_but_in_doubt(
    post: Post, settings: Settings, server: MailServer, moment: str, taken: int
) -> None:
    """Before the network: nothing was sent, but nobody can know. Before the record: it was sent, in
    doubt, and is a link, so it is sent once more. Before the row leaves: it is only deleted."""
    uuid = queue(LINK, about=SOME_ID)
    env = {**os.environ, "PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"}
    process = Forked("-c", DIES.format(moment=moment), env={**env, "MAIL_URL": server.url})
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert post.left() == [uuid]
    post.round()
    if moment != "delete_letters":
        assert post.sending(uuid).doubts == 1
        assert post.again(uuid).is_sent
    assert (len(post.recipients), post.left()) == (taken, [])
    ids = {line for each in server.taken for line in each.content.splitlines()
           if line.startswith(b"Message-ID")}  # fmt: skip
    assert len(ids) == 1


def test_the_worker_sends_within_seconds_and_its_death_repeats_no_message(
    post: Post, settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_URL", server.url)
    uuid = queue(LetterKind.REPLY, details={"body": "Yes."})
    worker = WorkerProcess(settings)
    server.hold.clear()
    worker.start()
    try:
        eventually(lambda: server.taken)
        worker.kill()
        server.hold.set()
        worker.start()
        eventually(lambda: post.left() == [])
        assert (post.recipients, post.sending(uuid).doubts) == (["olive@example.com"], 1)
    finally:
        worker.kill()
