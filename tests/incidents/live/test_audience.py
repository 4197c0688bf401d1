"""An update for staff or for one client reaches no public page, mail or other client."""

from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from portal.accounts.models import Account, Organisation, Reading
from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience, Reader
from portal.emails.delivery.link_keys import covered_letter
from portal.emails.delivery.message_bytes import letter_of
from portal.emails.live_updates.queueing import queue_updates, withdraw_held
from portal.incidents.live.holding import hold_update
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.opening import Opening, open_incident
from portal.incidents.live.queries import going_on_for, live_view
from portal.incidents.live.updates import Said, add_update, widen
from portal.incidents.live.view import LiveView
from portal.incidents.parsing.vocabulary import Severity
from tests.incidents.live.scene import (
    PEOPLE,
    act,
    messages,
    open_one,
    said,
    the_incident,
    update,
)
from tests.support.trials import examples

READERS = {slug: Reader(Audience.CLIENTS, slug) for slug in PEOPLE} | {
    "a client of none": Reader(Audience.CLIENTS),
    "named only": Reader(Audience.CLIENTS, "quarry", named_only=True),
    "public": PUBLIC,
}
FOR = st.one_of(
    st.just((Audience.INTERNAL, ())),
    st.just((Audience.PUBLIC, ())),
    st.just((Audience.CLIENTS, ())),
    st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=2, unique=True).map(
        lambda named: (Audience.CLIENTS, tuple(sorted(named)))
    ),
)
Step = tuple[tuple[Audience, tuple[str, ...]], bool]
STEPS = st.lists(st.tuples(FOR, st.booleans()), min_size=1, max_size=4)


def may_read(name: str, audience: Audience, clients: tuple[str, ...]) -> bool:
    """The rule, in other words than the product's."""
    reader = READERS[name]
    if audience is Audience.INTERNAL:
        return False
    if clients:
        return reader.client in clients
    if reader.named_only:
        return False
    return audience is Audience.PUBLIC or name != "public"


def addresses_for(audience: Audience, clients: tuple[str, ...]) -> set[str]:
    readers = [slug for slug in PEOPLE if may_read(slug, audience, clients)]
    return {address for slug in readers for address in PEOPLE[slug].values()}


@given(steps=STEPS)
@trying(max_examples=examples(150), deadline=None)
def test_a_view_has_what_is_for_its_reader_and_has_left(steps: list[Step]) -> None:
    incident = LiveIncident(severity=Severity.MINOR, published_at=now(), audience=Audience.INTERNAL)
    incident.clients, incident.updates = [], []
    for at, ((audience, named), is_held) in enumerate(steps):
        widen(incident, audience, list(named))
        left = now() - timedelta(seconds=at)
        held = now() if is_held else None
        new = IncidentUpdate(text=str(at), audience=audience, clients=list(named), leaves_at=left)
        new.held_at, new.phase = held, Phase.INVESTIGATING
        incident.updates.append(new)
    for name, reader in READERS.items():
        expected = [
            str(at)
            for at, ((audience, named), is_held) in enumerate(steps)
            if may_read(name, audience, named) and not is_held
        ]
        shown = texts_of(incident, reader)
        assert shown == expected, name


def texts_of(incident: LiveIncident, reader: Reader) -> list[str]:
    try:
        return [each.text for each in LiveView(incident, reader).updates]
    except NotFound:
        return []


EACH_KIND: list[Step] = [
    ((Audience.INTERNAL, ()), False),
    ((Audience.CLIENTS, ("mill",)), False),
    ((Audience.CLIENTS, ("harbour", "quarry")), True),
    ((Audience.CLIENTS, ()), False),
    ((Audience.PUBLIC, ()), True),
    ((Audience.PUBLIC, ()), False),
    ((Audience.CLIENTS, ("quarry",)), False),
]


def test_its_messages_go_to_those_it_is_for_and_it_is_shown_once_it_has_left(
    app: Flask, omar: Account, clients: dict[str, Organisation]
) -> None:
    texts = write(EACH_KIND, omar)
    for text, audience, named, _is_held in texts:
        to = {each.to_address for each in messages() if text in each.body}
        assert to == addresses_for(audience, named)
    assert not any(seen(reader) for reader in READERS.values())
    with time_machine.travel(now() + timedelta(minutes=1)):
        for name, reader in READERS.items():
            expected = {
                text
                for text, audience, named, is_held in texts
                if may_read(name, audience, named) and not is_held
            }
            assert seen(reader) == expected, name


def write(steps: list[Step], omar: Account) -> list[tuple[str, Audience, tuple[str, ...], bool]]:
    """Each update with a text of its own; what is held is held at once."""
    incident, found = None, []
    for at, ((audience, named), is_held) in enumerate(steps):
        text = f"Words number {at} of this test."
        version = incident.version if incident else 0
        said = Said(text, "investigating", audience, f"k{at}", named, version=version)
        if incident is None:
            new = open_incident(Opening("It is slow", Severity.MINOR), said, by=omar)
            incident = new.incident
        else:
            new = add_update(incident, said, by=omar)
        queue_updates([new], by=omar)
        if is_held:
            hold_update(new, by=omar)
            withdraw_held(incident, by=omar)
        found.append((text, audience, named, is_held))
    db.session.commit()
    return found


def seen(reader: Reader) -> set[str]:
    """By the list and by the page, which agree."""
    db.session.rollback()
    incident = the_incident()
    listed = [each.text for view in going_on_for(reader) for each in view.updates]
    try:
        own = [each.text for each in live_view(incident.slug, reader).updates]
    except NotFound:
        own = []
    assert listed == own
    return set(own)


def test_no_page_outside_of_the_staff_has_words_for_staff_or_another_client(
    browser: FlaskClient, cleo_s: FlaskClient, app: Flask
) -> None:
    incident = open_one(browser, audience="internal", text="Only staff read these words.")
    act(browser, incident, "updates", update(incident, clients="mill", text="Only mill reads it."))
    stranger = app.test_client()
    with time_machine.travel(now() + timedelta(minutes=1)):
        for path in ("/client", f"/client/incidents/live/{incident.slug}"):
            own, other = cleo_s.get(path), stranger.get(path)
            for each in (own, other):
                assert "Only staff" not in each.text
                assert "Only mill" not in each.text
                assert "Search is slow" not in each.text
        hidden = cleo_s.get(f"/client/incidents/live/{incident.slug}")
        missing = cleo_s.get("/client/incidents/live/2026-01-01-nothere")
        assert (hidden.status_code, said(hidden)) == (404, said(missing))
    for each in (cleo_s, stranger):
        for path in ("updates", "hold", "preview", "acknowledge", "lead", "publication"):
            answer = act(each, incident, path, update(incident))
            assert answer.status_code in (302, 303, 401, 403)
            assert "Only" not in answer.text


def test_a_client_sees_what_goes_on_first_and_each_update_for_them(
    browser: FlaskClient, cleo_s: FlaskClient, ana_s: FlaskClient
) -> None:
    incident = open_one(browser)
    page = f"/client/incidents/live/{incident.slug}"
    assert cleo_s.get(page).status_code == 404
    assert "Search is slow" not in cleo_s.get("/client").text
    with time_machine.travel(now() + timedelta(seconds=40)):
        assert "Search is slow" in said(cleo_s.get("/client"))
        shown = said(cleo_s.get(page))
        assert "Investigating" in shown
        assert "Next update by" in shown
        assert "the directory's search" in shown
        assert "Search is slow" in said(ana_s.get("/client?as=harbour"))
        act(ana_s, incident, "updates", update(incident, audience="internal", text="For us."))
        assert "For us." not in cleo_s.get(page).text


def test_public_words_name_no_client(browser: FlaskClient) -> None:
    incident = open_one(browser, clients="quarry", text="Quarry Voices is back.", own="")
    answer = act(
        browser, incident, "updates", update(incident, audience="public", clients="quarry")
    )
    assert answer.status_code == 422
    answer = act(
        browser, incident, "updates", update(incident, audience="public", text="Pat knows.")
    )
    assert answer.status_code == 422
    db.session.rollback()
    assert incident.audience is Audience.CLIENTS
    assert len(messages()) == 2


def test_an_incident_is_not_made_for_more_readers_than_its_title(browser: FlaskClient) -> None:
    incident = open_one(browser, audience="internal", title="Quarry Voices is slow", own="")
    answer = act(browser, incident, "updates", update(incident, audience="clients"))
    assert answer.status_code in (400, 422)
    assert "another client’s name" in said(answer)
    assert messages() == []


def test_a_letter_is_what_was_approved(browser: FlaskClient) -> None:
    open_one(browser, audience="public", text="Words with *stars* and <b>tags</b>.")
    message = messages()[0]
    letter = letter_of(message.copy or b"")
    plain = letter.get_body(("plain",))
    assert plain
    assert "Words with *stars* and <b>tags</b>." in plain.get_content()
    assert "/status/incidents/" in plain.get_content()
    assert covered_letter(message.copy or b"") == message.copy


def test_a_client_that_reads_only_what_names_it_gets_the_updates_that_do(
    browser: FlaskClient, clients: dict[str, Organisation]
) -> None:
    clients["mill"].reading = Reading.NAMED
    db.session.commit()
    incident = open_one(browser)
    assert "kim@mill.example" not in {each.to_address for each in messages()}
    act(browser, incident, "updates", update(incident, clients="mill"))
    assert messages()[-1].to_address == "kim@mill.example"
    with time_machine.travel(now() + timedelta(minutes=1)):
        named = Reader(Audience.CLIENTS, "mill", named_only=True)
        assert [each.number for each in LiveView(incident, named).updates] == [2]
