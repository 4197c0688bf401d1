"""`flask incidents open` and `update`: the same acts as on the pages, shown and asked first."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account, Organisation
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from tests.incidents.live.scene import TEXT, draft, messages, the_incident, updates

Flask_ = Callable[..., Result]
OPEN = ("open", "Search is slow", "--by", "omar@example.com", "--for", "clients")
UPDATE = ("update", "--by", "omar@example.com", "--for", "clients", "--phase")


@pytest.fixture
def flask(app: Flask, omar: Account, clients: dict[str, Organisation]) -> Flask_:
    def run(*words: str, answer: str | None = None) -> Result:
        db.session.commit()
        return app.test_cli_runner().invoke(args=["incidents", *words], input=answer)

    return run


def test_it_is_shown_and_asked_before_it_is_sent(flask: Flask_, omar: Account):
    no = flask(*OPEN, "--text", TEXT, answer="n\n")
    assert (no.exit_code, the_incident(), messages()) == (1, None, [])
    assert "Search is slow: for clients, by email to 4 people." in no.output
    assert TEXT in no.output
    done = flask(*OPEN, "--text", TEXT, "--next-update", "30", answer="y\n")
    assert done.exit_code == 0, done.output
    incident, sent = the_incident(), messages()
    assert f"The incident is {incident.slug}." in done.output
    assert (incident.lead_id, incident.severity, len(sent)) == (omar.id, "major", 4)
    assert {each.state.value for each in sent} == {"waiting"}
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "incident.opened")
    ).one()
    assert (entry.actor_role, entry.actor_id) == ("console", omar.id)


def test_an_update_goes_to_the_incident_that_goes_on_and_publishes_a_draft(flask: Flask_):
    nothing = flask(*UPDATE, "resolved", "--text", TEXT, "--yes")
    assert (nothing.exit_code, "No incident goes on." in nothing.output) == (1, True)
    own = draft()
    assert flask(*UPDATE, "investigating", "--yes", own.slug, answer=TEXT).exit_code == 0
    assert the_incident().published_at
    done = flask(*UPDATE, "resolved", "--yes", "--text", "The index is back.")
    assert done.exit_code == 0, done.output
    assert [(each.number, each.phase) for each in updates()] == [
        (1, "investigating"),
        (2, "resolved"),
    ]
    assert len(messages()) == 8


def test_what_is_wrong_is_said_and_nothing_is_sent(flask: Flask_, cleo: Account):
    for words, said in (
        ((*OPEN, "--text", TEXT, "--client", "nobody", "--yes"), "There is no client “nobody”."),
        ((*OPEN, "--text", " ", "--yes"), "Write one to three sentences."),
        ((*OPEN[:3], "cleo@example.com", *OPEN[4:], "--text", TEXT), "an active account of staff"),
        ((*OPEN[:3], "none@example.com", *OPEN[4:], "--text", TEXT), "There is no account for"),
        ((*UPDATE, "resolved", "--text", TEXT, "--yes", "gone"), "There is no such incident."),
    ):
        ended = flask(*words)
        assert (ended.exit_code, said in ended.output) == (1, True), ended.output
    unasked = flask(*OPEN, answer=TEXT)
    assert "a text from the input needs --yes" in unasked.output
    assert (the_incident(), messages()) == (None, [])


def test_a_disabled_account_sends_nothing(flask: Flask_, omar: Account):
    omar.disabled_at = now()
    assert "an active account of staff" in flask(*OPEN, "--text", TEXT, "--yes").output
    assert the_incident() is None
