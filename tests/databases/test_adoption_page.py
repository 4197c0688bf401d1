"""/ops/databases/<target>/adoption: whose label stands there, who lives, and the typed phrase."""

import secrets
from uuid import uuid4

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import control_room, registered_target
from portal.jobs.models import Operation
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.databases import LEGACY, make_database

PAGE = "/ops/databases/production/adoption"
SEND = "/ops/databases/production/adoptions"


@pytest.fixture
def anothers(app):
    """Production, stamped by another control room that has a process there."""
    room = control_room(is_demo=True)
    room.title = "the-first, set up 2026-01-02 03:04 UTC"
    production = make_database("production", LEGACY, studios=6)
    row = {"uuid": str(uuid4()), "room": room.uuid, "room_title": room.title, "kind": "web"}
    place_of(production).renew({**row, "release": "r1", "serves": [], "host": "h", "pid": 77})
    db.session.delete(db.session.get(RegisteredTarget, "production"))
    room.uuid, room.identity_key, room.title = str(uuid4()), secrets.token_bytes(32), "the-second"
    db.session.commit()
    return row


def last_refusal() -> str:
    db.session.rollback()
    query = select(AuditEntry).where(AuditEntry.action == "target.adopted")
    return db.session.scalars(query.order_by(AuditEntry.seq.desc())).first().outcome.value


def test_it_says_whose_it_is_and_who_lives_and_takes_it_over(app, client, anothers):
    log_in(client, make_account("ana"))
    page = client.page(PAGE)
    text = page.get_text(" ", strip=True)
    assert "Its label is another control room’s: the-first, set up 2026-01-02" in text
    assert "Unknown whether alive: web process 77 on h" in text
    place_of(target_named("production")).renew(anothers | {"release": "r1", "serves": [],
                                                           "host": "h", "pid": 77})  # fmt: skip
    assert "Alive: web process 77 on h" in client.page(PAGE).get_text(" ", strip=True)
    assert "TAKE OVER PRODUCTION" in page.select_one("label").get_text()
    assert "This control room was set up as a demo. It then guards a real" in text
    assert "the-first" in client.page("/ops/databases").get_text(" ", strip=True)

    wrong = client.post(SEND, data={"text": "ADOPT PRODUCTION", "reason": "We moved"})
    assert wrong.status_code == 422
    assert "not exactly “TAKE OVER PRODUCTION”" in wrong.text
    assert 'value="ADOPT PRODUCTION"' in wrong.text
    assert 'value="We moved"' in wrong.text
    assert last_refusal() == "refused"
    silent = client.post(SEND, data={"text": "TAKE OVER PRODUCTION", "reason": ""})
    assert silent.status_code == 422
    assert "Say why" in silent.text

    sent = client.post(SEND, data={"text": "TAKE OVER PRODUCTION", "reason": "We moved"})
    assert sent.status_code == 303
    db.session.rollback()
    asked = db.session.scalars(select(Operation)).one().id
    db.session.rollback()
    ended = stage.carry_out_whole(asked)
    assert "This is production from now on" in ended
    assert judge(target_named("production")).fits
    assert not registered_target("production").is_demo
    answer = client.get(PAGE)
    assert (answer.status_code, "guards a real production database" in answer.text) == (503, True)


def test_only_an_admin_takes_it_in(app, client, anothers):
    log_in(client, make_account("omar"))
    page = client.page(PAGE)
    assert "by an admin" in page.get_text()
    assert not page.select_one("form.restore-form")
    answer = client.post(SEND, data={"text": "TAKE OVER PRODUCTION", "reason": "We moved"})
    assert answer.status_code == 403
    db.session.rollback()
    assert not db.session.scalars(select(Operation)).all()
    assert stage.operate("databases.adopt", text="TAKE OVER PRODUCTION", reason="T").state == (
        "refused"
    )
