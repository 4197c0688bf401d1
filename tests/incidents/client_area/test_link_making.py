"""A private link is made for a contact who may read the report, and holds for a while."""

import re
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.incidents.client_area.links import create_link, link_for_token, withdraw_link
from portal.incidents.models import PrivateLink


def test_the_token_is_long_and_only_its_hash_is_kept(link):
    token = link.path.removeprefix("/client/links/")
    assert re.fullmatch(r"[\w-]{43}", token)
    assert link.token_hash == sha256(token.encode()).hexdigest()
    columns = " ".join(str(getattr(link, each.key)) for each in PrivateLink.__table__.columns)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "link.created")).one()
    assert token not in columns + entry.canonical


def test_it_holds_for_the_days_it_was_made_for(outage, otto, omar):
    with time_machine.travel(now(), tick=False) as clock:
        link, address = create_link("outage", otto, by=omar, days=2)
        token = address.rsplit("/", 1)[1]
        clock.shift(timedelta(days=2, seconds=-1))
        assert link_for_token(token)[0] is link
        clock.shift(timedelta(seconds=1))
        with pytest.raises(NotFound):
            link_for_token(token)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_it_holds_for_a_sensible_time(outage, otto, omar, days):
    with pytest.raises(Invalid, match="1 to 365 days"):
        create_link("outage", otto, by=omar, days=days)


def test_10_none_is_made_for_whoever_may_not_read_the_report(for_beta, contact, otto, omar):
    with pytest.raises(Conflict, match="is not for Cleo to read"):
        create_link("for-beta", contact, by=omar)
    otto.archived_at = now()
    with pytest.raises(Conflict, match="is not for Otto to read"):
        create_link("for-beta", otto, by=omar)


def test_none_is_made_to_a_report_that_is_not_there(otto, omar):
    with pytest.raises(NotFound):
        create_link("nowhere", otto, by=omar)


def test_withdrawing_twice_is_withdrawing_once(link, omar, ana):
    withdraw_link(link, by=omar)
    withdraw_link(link, by=ana)
    assert link.withdrawn_by == "Omar"
