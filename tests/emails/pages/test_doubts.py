"""Of a message in doubt a person says what became of it; nothing decides by itself."""

import pytest

from portal.core.storage.database import db
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve
from tests.support.cast import log_in, make_account
from tests.support.pages import words


@pytest.fixture
def in_doubt(client, ana, contacts, make_drafts):
    approve(client, make_drafts(people=contacts[:1])[0])
    message = all_messages()[0]
    message.state = MessageState.UNKNOWN
    db.session.commit()
    return message


@pytest.mark.parametrize(
    ("place", "state"),
    [
        ("arrival", MessageState.SENT),
        ("loss", MessageState.WITHDRAWN),
        ("sending", MessageState.WAITING),
    ],
)
def test_the_page_asks_and_takes_the_answer_once(client, in_doubt, place, state):
    log_in(client, make_account("omar"))
    page = client.page(f"/ops/emails/{in_doubt.id}")
    assert "Did it arrive?" in words(page)
    address = f"/ops/emails/{in_doubt.id}/{place}"
    assert page.find("form", action=address)
    assert client.post(address).status_code == 303
    assert all_messages()[0].state is state
    assert client.post(address).status_code == 409
    assert "Did it arrive?" not in words(client.page(f"/ops/emails/{in_doubt.id}"))


def test_what_got_lost_makes_way_for_another_message(client, in_doubt, contacts, make_drafts):
    client.post(f"/ops/emails/{in_doubt.id}/loss")
    assert approve(client, make_drafts(people=contacts[:1])[1]).status_code == 303


def test_nothing_is_sent_again_to_an_old_address(client, in_doubt):
    in_doubt.contact.email = "cleo@new.example"
    db.session.commit()
    response = client.post(f"/ops/emails/{in_doubt.id}/sending")
    assert response.status_code == 409
    assert "has another address by now" in response.text
    assert all_messages()[0].state is MessageState.UNKNOWN


def test_a_failed_message_can_be_sent_again(client, in_doubt):
    in_doubt.state = MessageState.FAILED
    db.session.commit()
    address = f"/ops/emails/{in_doubt.id}/sending"
    assert client.page(f"/ops/emails/{in_doubt.id}").find("form", action=address)
    assert client.post(address).status_code == 303
    assert client.post(f"/ops/emails/{in_doubt.id}/arrival").status_code == 409


@pytest.mark.parametrize(("name", "status"), [("cleo", 403), (None, 303)])
def test_no_other_role_may_decide(app, in_doubt, name, status):
    other = app.test_client()
    if name:
        log_in(other, make_account(name))
    for place in ("arrival", "loss", "sending"):
        assert other.post(f"/ops/emails/{in_doubt.id}/{place}").status_code == status
    assert all_messages()[0].state is MessageState.UNKNOWN
