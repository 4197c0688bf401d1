"""One form, one transaction: opening, publishing, updating, and what is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account, Organisation
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import SettingError
from portal.core.storage.database import db
from portal.documents.rendering.process import Renderer
from portal.emails.models import MessageState
from portal.incidents.live.models import LiveIncident, Phase
from portal.incidents.live.phases import starter_of
from tests.house.test_ways import first_missing, way
from tests.incidents.live.scene import (
    ADDRESSES,
    NEW,
    TEXT,
    act,
    draft,
    messages,
    open_one,
    opening,
    said,
    the_incident,
    update,
    updates,
)
from tests.support.held_lock import Held
from tests.support.tracing import calls_in_order


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_opening_writes_the_update_and_one_message_a_person(browser: FlaskClient) -> None:
    incident = open_one(browser)
    assert (incident.phase, incident.lead, incident.acknowledged_by) == (
        Phase.INVESTIGATING,
        "Omar",
        "Omar",
    )
    (first,) = updates()
    assert first.leaves_at - first.created_at > timedelta(seconds=25)
    found = messages()
    assert sorted(each.to_address for each in found) == ADDRESSES
    assert {each.state for each in found} == {MessageState.WAITING}
    assert {each.next_attempt_at for each in found} == {first.leaves_at}
    assert all(TEXT in str(each.body) for each in found)
    assert actions()[-5:] == ["incident.opened", *["message.approved"] * 4]
    page = browser.get(f"/ops/incidents/live/{incident.slug}")
    assert "Leaves at" in said(page)
    assert "Hold update 1" in page.text
    assert "next update by" in browser.get("/ops").text
    assert "Search is slow" in browser.get("/ops/incidents").text
    message = browser.get(f"/ops/emails/{found[0].id}")
    assert f"/ops/incidents/live/{incident.slug}" in message.text
    assert "Make it a draft again" not in message.text


def test_staff_alone_get_no_message_and_nothing_waits(browser: FlaskClient) -> None:
    open_one(browser, audience="internal", text="acme's import broke, see 10.0.0.7")
    assert messages() == []
    assert updates()[0].has_left


def test_a_form_that_is_sent_twice_is_one_act(browser: FlaskClient) -> None:
    form = opening()
    first, second = browser.post(NEW, data=form), browser.post(NEW, data=form)
    assert first.location == second.location
    incident = the_incident()
    again, steps = update(incident), way("An update of a live incident, to each person")
    with calls_in_order(steps) as calls:
        assert act(browser, incident, "updates", again).status_code == 303
    assert first_missing(steps, calls) is None
    assert act(browser, incident, "updates", again).status_code == 303
    assert len(updates()) == 2
    assert len(messages()) == 8


def test_a_draft_is_published_by_the_same_form(browser: FlaskClient) -> None:
    incident = draft()
    page = browser.get(f"/ops/incidents/live/{incident.slug}")
    assert "Publish the draft" in page.text
    assert act(browser, incident, "updates", update(incident)).status_code == 409
    data = opening(version=incident.version, title="Nothing opens")
    assert act(browser, incident, "publication", data).status_code == 303
    assert (incident.title, len(messages())) == ("Nothing opens", 4)
    assert (
        act(browser, incident, "publication", opening(version=incident.version)).status_code == 409
    )
    assert act(browser, incident, "discard", {}).status_code == 409


def test_a_draft_that_was_discarded_stays_so(browser: FlaskClient) -> None:
    incident = draft()
    assert act(browser, incident, "discard", {}).status_code == 303
    assert (
        act(browser, incident, "publication", opening(version=incident.version)).status_code == 409
    )
    assert "discarded" in browser.get(f"/ops/incidents/live/{incident.slug}").text
    assert messages() == []


def test_an_older_form_is_refused_with_what_is_new(browser: FlaskClient) -> None:
    incident = open_one(browser)
    older, newer = update(incident, text="My own words of before."), update(incident)
    act(browser, incident, "updates", newer)
    answer = act(browser, incident, "updates", older)
    assert answer.status_code == 409
    assert "An index was missing" in said(answer)
    assert "My own words of before." in answer.text
    assert f'name="version" type="hidden" value="{the_incident().version}"' in answer.text
    assert len(updates()) == 2


WRONG = (
    ("text", "", "Write one to three sentences"),
    ("text", starter_of(Phase.MONITORING), "came with the text to begin with"),
    ("text", "It works. Say whether anything is left to do.", "came with the text"),
    ("text", "x " * 300, "Keep it below 500"),
    ("text", "Ask [Name of the client] for it.", "Nothing is filled in for"),
    ("text", "The password is hunter2hunter2", "seems to hold a password"),
    ("text", "We fixed it for Quarry Voices.", "another client’s name"),
    ("text", "See db1.internal for it", "is an internal word"),
    ("title", "Harbour Voices is down", "another client’s name"),
    ("own", "quarry", "another client’s name"),
    ("title", "", "Say what it is about"),
    ("severity", "worst", "Choose how bad"),
    ("audience", "", "Choose whom it is for"),
    ("phase", "resolved-ish", "Choose a phase"),
    ("next_update", "7", "Choose one of the times"),
    ("happened", "2999-01-01T00:00", "has yet to come"),
    ("happened", "soon", "Give the day and the time"),
    ("clients", "nemo", "There is no client"),
    ("once_key", "", "out of date"),
)


def test_what_is_wrong_comes_back_in_the_form(browser: FlaskClient) -> None:
    for field, value, sentence in WRONG:
        answer = browser.post(NEW, data=opening(**{field: value}))
        assert answer.status_code == 422, field
        assert sentence in said(answer), (field, value)
        assert "Search is slow" in answer.text or field == "title"
    assert (updates(), messages(), the_incident()) == ([], [], None)


def test_names_of_the_only_client_that_reads_it_are_its_own(browser: FlaskClient) -> None:
    text = "The pages of Quarry Voices load again, Pat."
    open_one(browser, clients="quarry", text=text, title="Quarry Voices is slow", own="")
    assert sorted(each.to_address for each in messages()) == [
        "nia@harbour.example",
        "pat@quarry.example",
    ]


def test_an_earlier_time_and_a_correction_are_visible_to_staff(
    browser: FlaskClient, ana_s: FlaskClient
) -> None:
    incident = open_one(browser)
    earlier = now() - timedelta(minutes=20)
    act(browser, incident, "updates", update(incident, happened=f"{earlier:%Y-%m-%dT%H:%M}"))
    with time_machine.travel(now() + timedelta(minutes=5)):
        correction = update(incident, corrects="1", text="It began at 13:50, not at 14:05.")
        assert act(browser, incident, "updates", correction).status_code == 403
        correction["once_key"] = "0" * 32
        assert act(ana_s, incident, "updates", correction).status_code == 303
        page = said(ana_s.get(f"/ops/incidents/live/{incident.slug}"))
    assert "added later" in page
    assert "corrects update 1" in page
    assert messages()[-1].subject == "Correction: Search is slow"


def test_leading_is_handed_over_to_staff_alone(
    browser: FlaskClient, ana: Account, cleo: Account, clients: dict[str, Organisation]
) -> None:
    incident = open_one(browser)
    assert act(browser, incident, "lead", {"lead": cleo.id}).status_code == 422
    assert act(browser, incident, "lead", {"lead": ana.id}).status_code == 303
    db.session.rollback()
    assert incident.lead == "Ana"
    assert actions()[-1] == "incident.handed-over"


def test_a_draft_is_acknowledged_once(browser: FlaskClient, ana_s: FlaskClient) -> None:
    incident = draft()
    for each in (browser, ana_s):
        assert act(each, incident, "acknowledge", {}).status_code == 303
    db.session.rollback()
    assert incident.acknowledged_by == "Omar"
    assert actions().count("incident.acknowledged") == 1


def test_resolving_ends_the_promise_and_a_later_update_opens_it_again(browser: FlaskClient) -> None:
    incident = open_one(browser)
    act(browser, incident, "updates", update(incident, phase="resolved"))
    db.session.rollback()
    assert incident.resolved_at
    assert incident.mitigated_at
    assert incident.next_update_at is None
    assert "Search is slow" not in browser.get("/ops").text
    act(browser, incident, "updates", update(incident, phase="monitoring"))
    db.session.rollback()
    assert incident.resolved_at is None


def test_what_staff_say_to_each_other_ends_no_promise(browser: FlaskClient) -> None:
    incident = open_one(browser)
    promised = incident.next_update_at
    act(browser, incident, "updates", update(incident, audience="internal", next_update=""))
    db.session.rollback()
    assert incident.next_update_at == promised
    for minutes, look in ((15, "live-busy"), (25, "live-wary"), (40, "live-bad")):
        with time_machine.travel(now() + timedelta(minutes=minutes)):
            assert look in browser.get("/ops").text
            assert look in browser.get(f"/ops/incidents/live/{incident.slug}").text


def test_messages_are_rendered_while_others_may_write(
    browser: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, html = Held(settings.data / "ops.sqlite3"), Renderer.html

    def watched(renderer: Renderer, *given: Any) -> Any:
        held.look("rendering")
        return html(renderer, *given)

    monkeypatch.setattr(Renderer, "html", watched)
    incident = open_one(browser, text="Words that nobody has rendered before.")
    first = held.asked
    assert (first >= 4, held.seen) == (True, set()), "a message each, and what is checked"
    text = "Other words that nobody has rendered before."
    assert act(browser, incident, "updates", update(incident, text=text)).status_code == 303
    assert (held.asked - first >= 4, held.seen, len(messages())) == (True, set(), 8)


def test_the_preview_says_to_whom_and_writes_nothing(browser: FlaskClient) -> None:
    whole = browser.post(f"{NEW}/preview", data=opening())
    assert "To 4 people" in said(whole)
    assert TEXT in said(whole)
    part = browser.post(f"{NEW}/preview", data=opening(), headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "To 4 people" in said(part)
    for page in (whole, part):
        label = BeautifulSoup(page.text, "html.parser").select_one("#send-label")
        assert label.get_text() == "Open the incident and send to 4 people"
    refused = browser.post(f"{NEW}/preview", data=opening(text="For Pat"))
    assert "another client’s name" in said(refused)
    assert (updates(), messages()) == ([], [])
    incident = open_one(browser)
    typed = update(incident, clients="mill", text="Typed words.")
    whole = act(browser, incident, "preview", typed)
    assert "To 1 person" in said(whole)
    assert "Typed words." in whole.text
    assert isinstance(incident, LiveIncident)
    assert len(updates()) == 1


def test_how_long_it_waits_is_a_setting(tmp_path: Path) -> None:
    given = {"PORTAL_DATA": str(tmp_path), "UPDATE_DELAY": "0"}
    assert load_settings(given).update_delay == 0
    for wrong in ("601", "-1", "soon"):
        with pytest.raises(SettingError, match="UPDATE_DELAY"):
            load_settings({**given, "UPDATE_DELAY": wrong})
