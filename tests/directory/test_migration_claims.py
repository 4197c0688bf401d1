"""Imported studios, placeholders, claims and hand-overs on the way to the legacy schema and forward
again; and nobody gets into the release before as a placeholder."""

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from portal.accounts.login.passwords import fits
from portal.core.clock import now
from portal.directory.claims.models import Claim, ClaimState, Origin
from portal.directory.claims.placeholders import NO_HASH
from portal.directory.history.models import Change, ChangedBy, Subject
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails, StudioHours
from portal.directory.users.placeholder_addresses import (
    is_placeholder_address,
    new_placeholder_address,
)
from tests.directory.rows import contents
from tests.directory.trial_migration_owners import digests, finish_drafts
from tests.releases.legacy.app import create_legacy_app
from tests.support.alembic import LEGACY, downgrade, upgrade

KEPT = ("site_origins", "site_claims", "site_changes")


def person(session: Session, name: str, **more: object) -> User:
    values = {"email": f"{name}@example.org", "password_hash": "-", "email_verified": True}
    user = User(username=name, display_name=name, **(values | more))
    session.add(user)
    session.flush()
    return user


def imported(session: Session, name: str) -> StudioProfile:
    """As an import makes it."""
    more = {"email": new_placeholder_address(), "password_hash": NO_HASH, "email_verified": False}
    user = person(session, f"imported-{name}", **more)
    studio = StudioProfile(user_id=user.id, name=name, city="Leeds", about="From a list")
    studio.status, studio.is_profile_visible = StudioStatus.ACTIVE, True
    session.add(studio)
    session.flush()
    origin = Origin(user_id=user.id, studio_number=studio.id, key=name, fingerprint="-")
    origin.email = "desk@rooms.example"
    session.add_all([origin, StudioDetails(user_id=user.id, zone="Europe/London")])
    session.flush()
    return studio


def hand(session: Session, studio: StudioProfile, to: User) -> None:
    """As a hand-over and the claim before it leave it."""
    before = studio.user_id
    for model in (StudioDetails, StudioHours):
        for row in session.scalars(select(model).where(model.user_id == before)):
            row.user_id = to.id
    studio.user_id = to.id
    change = Change(id=f"change {to.id}", subject=Subject.STUDIO, number=str(studio.id),
                    studio_number=studio.id, user_id=to.id, action="studio.handed-over",
                    by=ChangedBy.STAFF, by_name="Ada", before={"owner": before},
                    after={"owner": to.id})  # fmt: skip
    claim = Claim(id=f"claim {to.id}", user_id=to.id, studio_number=studio.id,
                  open_studio=studio.id, state=ClaimState.GRANTED, expires_at=now(),
                  former_user_id=before, former={"change": change.id})  # fmt: skip
    session.add_all([change, claim])
    session.flush()


def write(engine: Engine) -> None:
    """One that waits for its owner, one that was claimed by somebody new, one by a person whose
    draft (from before the consolidation) made room; and a studio of before that went on."""
    with Session(engine) as session:
        imported(session, "waits")
        hand(session, imported(session, "claimed"), person(session, "petra"))
        finish_drafts(session)
        session.flush()
        named = select(StudioProfile).where(StudioProfile.name == "A name at last")
        draft = session.scalars(named).one()
        theirs = draft.user
        session.delete(draft)
        session.flush()
        hand(session, imported(session, "instead"), theirs)
        hand(session, session.get_one(StudioProfile, 1), person(session, "rosa"))
        session.commit()


def test_the_way_back_and_forward_again(demo: Engine) -> None:
    upgrade(demo)
    write(demo)
    before, rows = digests(demo), contents(demo)

    downgrade(demo, LEGACY)

    there = contents(demo)
    assert {name: there[name] for name in KEPT} == {name: rows[name] for name in KEPT}
    owners = "SELECT s.name, u.username FROM studios AS s JOIN users AS u ON u.id = s.owner_id"
    with demo.connect() as connection:
        found = {row.name: row.username for row in connection.execute(text(owners))}
        people = connection.execute(text("SELECT username, email, password_hash FROM users")).all()
    assert (found["waits"], found["claimed"]) == ("imported-waits", "petra")
    assert "rosa" in found.values()
    nobodys = [each for each in people if is_placeholder_address(each.email)]
    assert len(nobodys) == 3
    old = create_legacy_app(demo.url)
    client = old.test_client()
    for each in nobodys:
        for typed in ("", "!", NO_HASH, "imported"):
            assert not fits(typed, each.password_hash)
            assert not check_password_hash(each.password_hash, typed)
    assert client.get("/studios/imported-waits").json["about"] == "From a list"
    assert client.get("/studios/imported-claimed").status_code == 404, "it is Petra's"
    assert client.get("/studios/petra").json["name"] == "claimed"

    upgrade(demo)

    assert digests(demo) == before
