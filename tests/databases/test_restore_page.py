"""/ops/backups/<name>/restore: compare, then restore; production by an admin who typed it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.models import Operation
from tests.databases import stage
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import check_page, words

PHRASE = "RESTORE PRODUCTION"
AGAIN = "login_again_password"


@pytest.fixture
def name(app):
    """A backup of production, which lost rows since."""
    target = stage.place(studios=6)
    taken = stage.operate("databases.backup").result["backup"]
    stage.execute(target, "DELETE FROM review_responses")
    db.session.rollback()
    return taken


def address(name: str, rest: str = "restore") -> str:
    return f"/ops/backups/{name}/{rest}"


def asked(kind: str) -> list[Operation]:
    db.session.rollback()
    return list(db.session.scalars(select(Operation).where(Operation.kind == kind)))


def compare(client, name: str) -> None:
    assert client.post(address(name, "comparisons")).status_code == 303
    stage.carry_out(asked("databases.compare")[-1].id)
    db.session.rollback()


def test_an_admin_compares_types_and_restores(client, name):
    log_in(client, make_account("ana"))
    page = client.page(address(name))
    assert page.select_one(".band-production")
    assert "Compare with the present" in page.get_text()
    assert not page.select_one("form.restore-form")

    early = client.post(address(name, "restores"), data={"text": PHRASE})
    assert early.status_code == 409
    assert "Compare first" in early.text

    compare(client, name)
    page = client.page(address(name))
    row = page.find("th", string="review_responses").find_parent("tr")
    assert [cell.get_text() for cell in row.select(".number")][0] == "0"
    button = page.select("form.restore-form button")[-1]
    assert button.get_text(strip=True) == f"Restore production from {name}"

    wrong = client.post(address(name, "restores"), data={"text": "restore production"})
    assert wrong.status_code == 422
    assert asked("databases.restore") == []
    said = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "restore.started"))
    assert [each.outcome for each in said] == ["refused"]

    assert client.post(address(name, "restores"), data={"text": PHRASE}).status_code == 303
    [operation] = asked("databases.restore")
    twice = client.post(address(name, "restores"), data={"text": PHRASE})
    assert "under way already" in twice.text
    stage.carry_out(operation.id)
    db.session.rollback()
    page = client.page(address(name))
    assert "holds what backup" in page.get_text()
    assert not page.select_one("form.restore-form")  # the comparison was with another present
    assert asked("databases.restore")[0].is_done


def test_with_an_old_login_the_form_takes_the_password_and_keeps_the_phrase(client, name):
    session = log_in(client, make_account("ana"))
    compare(client, name)
    session.authenticated_at = now() - timedelta(hours=1)
    db.session.commit()

    assert client.page(address(name)).select_one(f"form.restore-form input[name={AGAIN}]")
    for typed, sentence in (({}, "Fill in your password"), ({AGAIN: "wrong wrong"}, "is wrong.")):
        answer = client.post(address(name, "restores"), data={"text": PHRASE, **typed})
        form = check_page(answer.text).select_one("form.restore-form")
        assert answer.status_code == 422
        assert form.select_one("[name=text]")["value"] == PHRASE
        password = form.select_one(f"[name={AGAIN}][autofocus][aria-invalid]")
        assert sentence in words(password.parent)
        assert "wrong wrong" not in answer.text
    wrong = {"text": "restore production", AGAIN: PASSWORD}
    assert client.post(address(name, "restores"), data=wrong).status_code == 422
    assert asked("databases.restore") == []
    assert "login.renewed" not in db.session.scalars(select(AuditEntry.action)).all()
    right = {"text": PHRASE, AGAIN: PASSWORD}
    assert client.post(address(name, "restores"), data=right).status_code == 303
    assert len(asked("databases.restore")) == 1


def test_ops_may_compare_and_not_restore_production(client, name):
    log_in(client, make_account("omar"))
    compare(client, name)

    assert "restored by an admin" in client.page(address(name)).get_text()
    assert client.post(address(name, "restores"), data={"text": PHRASE}).status_code == 403
    assert asked("databases.restore") == []


def test_clients_strangers_and_unknown_names_get_nothing(client, name):
    assert client.get(address(name)).status_code == 303
    log_in(client, make_account("cleo"))
    assert client.get(address(name)).status_code == 403
    assert client.post(address(name, "restores")).status_code == 403
    log_in(client, make_account("ana"))
    assert client.get(address("nothing")).status_code == 404
    assert client.get(address(name, "restores")).status_code == 405


def test_development_needs_no_ceremony(client, app):
    target = stage.place("development", studios=6)
    taken = stage.operate("databases.backup", target="development").result["backup"]
    stage.execute(target, "DELETE FROM review_responses")
    log_in(client, make_account("omar"))
    compare(client, taken)

    assert "Type" not in client.page(address(taken)).select_one("form.restore-form").get_text()
    assert client.post(address(taken, "restores")).status_code == 303
    [operation] = asked("databases.restore")
    stage.carry_out(operation.id)
    assert asked("databases.restore")[0].is_done
