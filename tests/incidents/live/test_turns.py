"""What goes another way than planned: held by mistake, longer than planned, over for some alone."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.drafts import note_outage_ended
from portal.incidents.live.models import IncidentUpdate
from portal.incidents.live.updates import covers
from tests.incidents.live.scene import (
    PEOPLE,
    act,
    draft,
    messages,
    open_one,
    said,
    the_incident,
    update,
    updates,
    window,
)
from tests.support.cast import log_in

EVERYBODY, CLIENTS, STAFF = Audience.PUBLIC, Audience.CLIENTS, Audience.INTERNAL


def later(browser: FlaskClient, omar: Account, **how_long: float) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(**how_long))


def called(text: str) -> IncidentUpdate:
    return next(each for each in updates() if each.text.startswith(text))


def test_a_cancellation_goes_to_those_who_were_informed_not_to_those_of_what_was_held(
    browser: FlaskClient, omar: Account
) -> None:
    incident = open_one(browser, **window(), clients=["harbour"])
    with later(browser, omar, minutes=2):
        log_in(browser, omar)
        mistake = {"audience": "public", "text": "For all.", "phase": "scheduled"}
        act(browser, incident, "updates", update(incident, **mistake, next_update=""))
        act(browser, incident, "hold", {"update": called("For all").id})
        assert (the_incident().audience, the_incident().clients) == (CLIENTS, ["harbour"])
        act(browser, incident, "cancellation", update(incident, text="It is cancelled."))
        last = updates()[-1]
        assert (last.audience, last.clients) == (CLIENTS, ["harbour"])
        to = {each.to_address for each in messages() if each.mailing.live_update_id == last.id}
        assert to == set(PEOPLE["harbour"].values())
    with later(browser, omar, minutes=5):
        assert incident.title not in browser.get("/status").text


@pytest.mark.parametrize("hours", [25, 60])
def test_maintenance_that_takes_long_has_its_page(
    browser: FlaskClient, omar: Account, hours: int
) -> None:
    incident = open_one(browser, **window(hours=1, length=50))
    with time_machine.travel(incident.begins_at + timedelta(hours=hours)):
        log_in(browser, omar)
        assert browser.get(f"/ops/incidents/live/{incident.slug}").status_code == 200


def test_an_update_has_its_place_among_those_that_wait_and_those_that_were_held(
    browser: FlaskClient,
) -> None:
    incident = open_one(browser, **window())
    act(browser, incident, "hold", {"update": updates()[2].id})
    news = update(incident, phase="scheduled", text="News of it.", next_update="")
    assert act(browser, incident, "updates", news).status_code == 303
    assert [each.number for each in updates()] == [1, 2, 3, 4, 5]
    assert called("News").number == 2


def test_what_the_probes_measured_as_mitigated_stays(browser: FlaskClient) -> None:
    incident = draft()
    note_outage_ended(incident.id, at=now() - timedelta(minutes=3))
    db.session.commit()
    measured, version = the_incident().mitigated_at, the_incident().version
    assert version == 1, "a form that is open can still be sent"
    act(browser, incident, "acknowledge", {})
    assert the_incident().mitigated_at == measured


def test_it_is_not_over_for_some_of_those_who_know_of_it(browser: FlaskClient) -> None:
    incident = open_one(browser, audience="public")
    over = update(incident, phase="resolved", text="Done.", audience="internal", next_update="")
    answer = act(browser, incident, "updates", over)
    assert answer.status_code == 422
    assert "Everyone who was informed" in said(answer)
    assert the_incident().resolved_at is None


def test_a_number_that_is_none_is_said_at_its_field(browser: FlaskClient) -> None:
    incident = open_one(browser)
    answer = act(browser, incident, "updates", update(incident, corrects="1" * 5000))
    assert answer.status_code == 422
    assert browser.get("/status/incidents/%00").status_code == 404


@pytest.mark.parametrize(
    ("one", "other", "is_covered"),
    [
        ((EVERYBODY, ()), (CLIENTS, ("mill",)), True),
        ((CLIENTS, ()), (EVERYBODY, ()), False),
        ((CLIENTS, ("mill",)), (CLIENTS, ()), False),
        ((CLIENTS, ("mill", "harbour")), (CLIENTS, ("mill",)), True),
        ((CLIENTS, ("mill",)), (CLIENTS, ("harbour",)), False),
        ((STAFF, ()), (CLIENTS, ("mill",)), False),
        ((STAFF, ()), (STAFF, ()), True),
    ],
)
def test_which_readers_another_update_reaches_as_well(one, other, is_covered: bool) -> None:
    assert covers(*one, *other) is is_covered
