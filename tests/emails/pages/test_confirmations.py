"""What is perhaps not meant as it stands blocks, until each text is fixed or confirmed."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.cast import log_in, make_account
from tests.support.corpora import need_corpora
from tests.support.pages import words

BODY = "Hi Cleo, dear ((name)),\n\nit works. %FIRSTNAME%\n\nBye"


@pytest.fixture
def message(client, ana, contacts, make_drafts):
    edit(client, make_drafts(people=contacts[:1])[0], body=BODY)
    return all_messages()[0]


def keys(client, message) -> list[str]:
    """Of what can be confirmed, in the order of the page."""
    page = client.page(f"/ops/emails/{message.id}")
    return [each["value"] for each in page.select("form[action$=confirmations] [name=finding]")]


def confirm(client, message, key: str, *, seen: str | None = None, end: bool = False):
    address = f"/ops/emails/{message.id}/confirmations{'/end' if end else ''}"
    data = {"finding": key, "seen": seen or content_hash(message)}
    return client.post(address, data=data)


def test_it_is_sent_only_after_each_one_was_confirmed(client, message):
    first, second = keys(client, message)
    assert approve(client, message).status_code == 409
    assert confirm(client, message, first).status_code == 303
    message = all_messages()[0]
    assert approve(client, message).status_code == 409
    assert keys(client, message) == [second]
    assert confirm(client, message, second).status_code == 303
    page = words(client.page(f"/ops/emails/{message.id}"))
    assert page.count("Confirmed as intended by Ana.") == 2
    message = all_messages()[0]
    assert approve(client, message).status_code == 303
    assert all_messages()[0].state is MessageState.WAITING
    query = select(AuditEntry).where(AuditEntry.action == "message.finding-confirmed")
    entries = db.session.scalars(query).all()
    assert {each.actor_role for each in entries} == {"admin"}
    assert all(key in each.canonical for key, each in zip([first, second], entries, strict=True))
    assert not any("FIRSTNAME" in each.canonical for each in entries)


def test_an_edit_of_that_text_voids_its_confirmation_for_good(client, message):
    for key in keys(client, message):
        confirm(client, all_messages()[0], key)
    edit(client, all_messages()[0], body=BODY.replace("Bye", "Goodbye"))
    assert keys(client, message) == []
    edit(client, all_messages()[0], body=BODY.replace("it works.", "it works again."))
    edit(client, all_messages()[0], body=BODY)
    assert len(keys(client, message)) == 1
    assert approve(client, all_messages()[0]).status_code == 409


def test_an_approval_is_of_the_confirmations_that_were_seen(client, message):
    first, second = keys(client, message)
    unconfirmed = content_hash(message)
    confirm(client, message, first)
    confirm(client, all_messages()[0], second)
    assert approve(client, all_messages()[0], seen=unconfirmed).status_code == 409
    seen = content_hash(all_messages()[0])
    assert confirm(client, all_messages()[0], first, end=True).status_code == 303
    assert approve(client, all_messages()[0], seen=seen).status_code == 409
    confirm(client, all_messages()[0], first)
    assert approve(client, all_messages()[0], seen=seen).status_code == 303


def test_what_is_not_there_or_was_edited_meanwhile_is_not_confirmed(client, message):
    first, second = keys(client, message)
    stale = content_hash(message)
    confirm(client, message, first)
    assert confirm(client, message, first).status_code == 409
    assert confirm(client, message, second, seen=stale).status_code == 409
    assert confirm(client, all_messages()[0], "nothing").status_code == 404
    assert confirm(client, all_messages()[0], "").status_code == 422
    assert all_messages()[0].confirmed_keys == [first]


def test_ops_confirm_what_the_template_and_its_fields_say_and_no_more(
    client, contacts, make_drafts
):
    log_in(client, make_account("omar"))
    message = make_drafts(cause="a {{fuse}}", people=contacts[:1])[0]
    assert approve(client, message).status_code == 409
    (key,) = keys(client, message)
    assert confirm(client, message, key).status_code == 303
    assert approve(client, all_messages()[0]).status_code == 303


@pytest.mark.parametrize(("name", "status"), [("omar", 403), ("cleo", 403), (None, 303)])
def test_no_other_role_confirms(app, client, message, name, status):
    other = app.test_client()
    if name:
        log_in(other, make_account(name))
    key = keys(client, message)[0]
    assert confirm(other, message, key).status_code == status
    assert all_messages()[0].confirmed is None
    assert "This is intended" not in other.get(f"/ops/emails/{message.id}").text


@pytest.mark.parametrize(
    ("case", "named"),
    [
        (
            "foreign-placeholders",
            ["{{client}}", "{{Client Name}}", "((name))", "%FIRSTNAME%", "*|FNAME|*"],
        ),
        ("definition", ["[Client Name]: hello"]),
        ("attachment-typo", ["reprot", "report"]),
    ],
)
def test_each_case_is_named_on_the_page_and_by_the_linter_and_blocked(
    app, client, ana, contacts, make_drafts, case, named
):
    source = need_corpora() / "cases" / "emails" / f"{case}.md"
    file = app.extensions["portal.settings"].incidents_dir / "emails" / f"{case}.md"
    file.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    linted = app.test_cli_runner().invoke(args=["emails", "lint", str(source)])
    assert linted.exit_code == 1
    message = make_drafts(template=case, people=contacts[:1])[0]
    page = words(client.page(f"/ops/emails/{message.id}").find(class_="findings"))
    shown = words(client.page(f"/ops/emails/templates/{case}"))
    for text in named:
        assert all(f"“{text}”" in said for said in (page, linted.output, shown)), (page, linted)
    assert approve(client, message).status_code == 409
    assert all_messages()[0].is_draft
