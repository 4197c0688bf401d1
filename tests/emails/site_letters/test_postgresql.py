"""Deliveries in a control room on PostgreSQL, where transactions do run at the same time."""

from flask import Flask

from portal.core.storage.database import db
from portal.directory.users.ended import LetterSending
from portal.directory.users.letters import LetterKind
from portal.emails.delivery.sending import AttemptResult
from portal.emails.models import AttemptOutcome
from portal.emails.site_letters.sendings import (
    claim_letter,
    conclude_letter,
    note_letters,
    settle_lost,
    standing_of,
)
from tests.emails.site_letters.test_texts import SOME_ID, stored
from tests.support.ops_on_postgres import at_once, pg_app

__all__ = ["pg_app"]


def test_one_of_many_hands_sends_it_and_one_end_counts(pg_app: Flask) -> None:
    letter = stored(LetterKind.REPLY)

    def take() -> int | None:
        note_letters([letter])
        return claim_letter(letter.uuid)

    assert sorted(map(str, at_once(pg_app, *[take] * 4))) == ["1", "None", "None", "None"]
    assert standing_of([SOME_ID], is_busy=True).lost == []
    sent = AttemptResult(AttemptOutcome.SENT, "250 Taken")
    at_once(
        pg_app,
        lambda: conclude_letter(SOME_ID, 1, sent),
        lambda: settle_lost([(SOME_ID, 1)]),
    )
    row = db.session.get_one(LetterSending, SOME_ID)
    assert row.finished_at
    assert row.is_sent is (row.why_not is None)
