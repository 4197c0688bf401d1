"""Private links of messages on a real PostgreSQL."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.emails.delivery.link_keys import keys_in
from portal.emails.delivery.sending import take
from portal.emails.models import MessageLink, MessageState
from portal.emails.old_keys import cover_old_keys
from portal.incidents.client_area.link_addresses import STAND_IN, address_of
from portal.incidents.client_area.links import create_link
from portal.incidents.models import PrivateLink
from tests.support.mail import ANA, make_message, waiting_message
from tests.support.ops_on_postgres import at_once, pg_app

__all__ = ["pg_app"]
REPORT = "---\naudience: clients\n---\n# Away\n"


@pytest.fixture
def report(pg_app: Flask) -> str:
    settings: Settings = pg_app.extensions["portal.settings"]
    folder = settings.data / "documents" / "incidents"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "2025-12-16-outage.md").write_text(REPORT)
    return "2025-12-16-outage"


def test_of_many_hands_one_makes_the_link(pg_app: Flask, report: str) -> None:
    message_id = waiting_message("Ada", body=f"Read {address_of(STAND_IN)}").id
    db.session.rollback()
    taken = [each for each in at_once(pg_app, *[lambda: take(message_id)] * 4) if each]
    assert len(taken) == 1
    assert taken[0].key
    made = db.session.scalars(select(MessageLink).where(MessageLink.message_id == message_id)).one()
    assert made.seed
    links = select(PrivateLink).where(PrivateLink.contact_id == made.link.contact_id)
    assert db.session.scalars(links).one() is made.link


def test_keys_that_were_kept_are_covered(pg_app: Flask, report: str) -> None:
    message = make_message("Ben")
    link, address = create_link(report, message.contact, by=ANA)
    message.body, message.fields = f"Read {address}", {"report link": address}
    message.state, message.next_attempt_at = MessageState.FAILED, now()
    db.session.commit()
    assert (cover_old_keys(), cover_old_keys()) == (1, 0)
    assert keys_in(message.body + message.fields["report link"]) == []
    assert not link.is_open
