"""Development's directory on both engines, at the newest revision, with people who come and go."""

from uuid import uuid4

import pytest
from flask import Flask

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.databases.targets.config import Target
from portal.directory.claims.deciding import confirm_claim
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.history.models import Batch
from portal.directory.models import Role, User
from portal.directory.users.events import note_event
from portal.directory.users.letters import LINKS_LAST, LetterKind, queue_letter
from portal.directory.users.links import link_code
from portal.directory.users.models import Purpose, SignUp, SiteAccount, SiteLink
from portal.directory.users.sessions import open_session
from tests.databases import stage
from tests.directory.claims.conftest import imported_studio
from tests.directory.derived.conftest import directory, expanded, settings

__all__ = ["directory", "expanded", "settings"]

GONE, CHANGED, BLOCKED, QUIET, SAME = range(1, 6)
"""The numbers of people of the demo, by what happens to them."""
NEW_HASH = "the newest hash"
BATCH = str(uuid4())
"""An action of staff that has not ended."""
CLAIMS = {each: str(uuid4()) for each in (ClaimState.SENT, ClaimState.WAITING)}


@pytest.fixture
def site(app: Flask, expanded: Target) -> Target:
    """With what is under way on a site."""
    with changing_directory():
        user = db.session.get_one(User, SAME)
        open_session(user)
        link = SiteLink(id=str(uuid4()), user_id=SAME, purpose=Purpose.RESET, email=user.email)
        link.expires_at = now() + LINKS_LAST
        signup = SignUp(
            id=str(uuid4()), email="new@example.com", display_name="New", password_hash="-"
        )
        signup.expires_at = now() + LINKS_LAST
        db.session.add_all([link, signup])
        queue_letter(LetterKind.RESET_PASSWORD, user.email, user_id=SAME, about=link.id)
        db.session.add(SiteAccount(user_id=SAME, deletion_due_at=now()))
        batch = Batch(id=BATCH, action="hide", details={"count": 0}, numbers=[], by_number=1)
        batch.by_name = "Ana"
        db.session.add(batch)
    claim_studios()
    return expanded


def claim_studios() -> None:
    """One claim that waits for its link, one that waits for staff."""
    studios = imported_studio(), imported_studio("Other Rooms")
    with changing_directory():
        for state, number in zip((ClaimState.SENT, ClaimState.WAITING), studios, strict=True):
            row = User(email=f"{state}@example.com", username=state, display_name=state)
            row.password_hash, row.email_verified = "-", True
            db.session.add(row)
            db.session.flush()
            claim = Claim(id=CLAIMS[state], user_id=row.id, studio_number=number, state=state)
            claim.open_studio, claim.expires_at = number, now() + LINKS_LAST
            db.session.add(claim)


def end_all() -> None:
    """As the site does, each with its event."""
    confirm_claim(link_code("claim", CLAIMS[ClaimState.SENT]))
    with changing_directory():
        for hashed in ("an older hash", NEW_HASH):
            db.session.get_one(User, CHANGED).password_hash = hashed
            note_event("password-changed", CHANGED, {"password_hash": hashed})
            db.session.flush()
        note_event("blocked", BLOCKED)
        db.session.add(SiteAccount(user_id=BLOCKED, blocked_at=now()))
        note_event("mail-ended", QUIET)
        db.session.add(SiteAccount(user_id=QUIET, mail_ended_at=now()))
        open_session(db.session.get_one(User, CHANGED))
        delete(GONE)


def delete(number: int) -> None:
    note_event("deleted", number)
    db.session.delete(db.session.get_one(User, number))


def sign_up(email: str) -> int:
    with changing_directory():
        user = User(
            email=email, username=email, display_name=email, password_hash="-", role=Role.OWNER
        )
        db.session.add(user)
        db.session.flush()
        return user.id


def take() -> str:
    operation = stage.operate("databases.backup", target="development")
    assert operation.is_done, operation.outcome
    return str(operation.result["backup"])


def renew_connections() -> None:
    """The restored database is another one on PostgreSQL."""
    db.session.remove()
    db.engine.dispose()
