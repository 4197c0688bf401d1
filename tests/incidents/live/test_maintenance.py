"""Planned maintenance: its messages are written at once, and each leaves at its time, once."""

from datetime import timedelta

import time_machine
from flask.testing import FlaskClient

from portal.control.checking import mails
from portal.core.clock import now
from portal.core.storage.database import db
from portal.emails.delivery.sending import due_messages
from portal.emails.models import MessageState
from portal.incidents.live.maintenance import maintenance_to_settle
from portal.incidents.live.models import Phase
from portal.incidents.tasks import move_maintenance_on
from tests.incidents.live.scene import (
    NEW,
    act,
    messages,
    open_one,
    opening,
    said,
    the_incident,
    update,
    updates,
    window,
)
from tests.support.cast import log_in, make_account

ALL = [Phase.SCHEDULED, Phase.SCHEDULED, Phase.UNDER_WAY, Phase.DONE]


def due_at(moment) -> int:
    with time_machine.travel(moment):
        count = len(due_messages())
    db.session.rollback()
    return count


def test_the_form_shows_each_message_and_creating_it_is_the_act(browser: FlaskClient) -> None:
    form = opening(**window())
    shown = said(browser.post(f"{NEW}/preview", data=form))
    for name in ("Now", "The day before", "At the start", "At the end", "If it is cancelled"):
        assert name in shown
    assert messages() == []
    assert browser.post(NEW, data=form).status_code == 303
    assert browser.post(NEW, data=form).status_code == 303
    incident, found = the_incident(), updates()
    assert [each.phase for each in found] == ALL
    begins, ends = incident.begins_at, incident.ends_at
    assert begins
    assert ends
    assert [each.leaves_at for each in found[1:]] == [begins - timedelta(days=1), begins, ends]
    assert len(messages()) == 16
    second = timedelta(seconds=1)
    assert [due_at(each.leaves_at - second) for each in found] == [0, 4, 8, 12]
    assert due_at(ends) == 16
    assert list(mails()) == []
    with time_machine.travel(ends + timedelta(minutes=16)):
        assert len(list(mails())) == 16


def test_the_phase_moves_on_with_the_time(browser: FlaskClient) -> None:
    incident = open_one(browser, **window())
    begins, ends = incident.begins_at, incident.ends_at
    for moment, phase in ((begins, Phase.UNDER_WAY), (ends, Phase.DONE)):
        with time_machine.travel(moment + timedelta(seconds=1)):
            db.session.rollback()
            move_maintenance_on()
            assert the_incident().phase is phase
            assert maintenance_to_settle() == []
    assert the_incident().resolved_at == ends


def test_what_would_be_late_is_not_made(browser: FlaskClient) -> None:
    open_one(browser, **window(hours=1))
    assert [each.phase for each in updates()] == [Phase.SCHEDULED, Phase.UNDER_WAY, Phase.DONE]


def test_times_that_cannot_be_are_refused_at_their_field(browser: FlaskClient) -> None:
    wrong = {
        "Say when it begins": {"begins": ""},
        "Say when it ends": {"ends": ""},
        "end after it begins": {"ends": window(hours=1)["begins"]},
        "a week at most": {"ends": window(hours=48, length=200)["ends"]},
        "within the coming year": {"begins": "2999-01-01T10:00"},
    }
    for sentence, fields in wrong.items():
        answer = browser.post(NEW, data=opening(**window() | fields))
        assert answer.status_code == 422
        assert sentence in said(answer)
    assert the_incident() is None


def test_cancelling_withdraws_what_has_not_left_and_informs_who_was_informed(
    browser: FlaskClient, ana_s: FlaskClient
) -> None:
    incident = open_one(browser, **window())
    with time_machine.travel(now() + timedelta(minutes=2)):
        form = update(incident, text="It is cancelled: the parts are late.")
        assert act(ana_s, incident, "cancellation", form).status_code == 303
        assert act(ana_s, incident, "cancellation", form).status_code == 303
        found = updates()
        assert [each.held_at is not None for each in found] == [False, True, True, True, False]
        states = [each.state for each in messages()]
        assert states.count(MessageState.WITHDRAWN) == 12
        assert due_at(found[-1].leaves_at) == 8  # the announcement, which no worker sent here
    assert due_at(found[-2].leaves_at) == 8


def test_cancelled_before_anybody_was_informed_nothing_is_sent(browser: FlaskClient) -> None:
    incident = open_one(browser, **window())
    form = update(incident, text="A mistake of ours.")
    assert act(browser, incident, "cancellation", form).status_code == 303
    assert {each.state for each in messages()} == {MessageState.WITHDRAWN}
    assert the_incident().phase is Phase.CANCELLED


def test_an_update_by_hand_takes_the_place_of_what_was_written_for_its_phase(
    browser: FlaskClient, ana_s: FlaskClient
) -> None:
    incident = open_one(browser, **window(hours=1))
    begins = incident.begins_at
    with time_machine.travel(begins + timedelta(minutes=5)):
        log_in(ana_s, make_account("ana"))
        early = update(incident, phase="done", text="It is done earlier than planned.")
        assert act(ana_s, incident, "updates", early).status_code == 303
        last = updates()
        assert [(e.number, e.phase, bool(e.held_at)) for e in last[2:]] == [
            (3, Phase.DONE, False),
            (4, Phase.DONE, True),
        ]
        assert last[2].text.startswith("It is done earlier")
    assert due_at(last[3].leaves_at) == 12


def test_one_message_of_it_is_held_alone(browser: FlaskClient) -> None:
    incident = open_one(browser, **window())
    reminder = updates()[1]
    assert act(browser, incident, "hold", {"update": reminder.id}).status_code == 303
    states = [each.state for each in messages()]
    assert states.count(MessageState.WITHDRAWN) == 4
    assert [bool(each.held_at) for each in updates()] == [False, True, False, False]
