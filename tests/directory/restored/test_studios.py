"""What staff had taken out of sight since a backup is out of sight after its restore, and what they
gave back is not; rows of all the tables for staff survive."""

import pytest
from sqlalchemy import func, select, text

from portal.core.storage.database import changing_directory, db, moderation_tables
from portal.databases.engines import engine_for
from portal.databases.targets.identity_label import read_label
from portal.directory.claims.models import StudioRestriction
from portal.directory.history.drained import DrainedEvent
from portal.directory.history.models import Change
from portal.directory.models import StudioProfile, User
from portal.directory.owners.own import own_studio
from portal.directory.owners.publishing import State, state_of
from portal.directory.users.draining import drain_events
from tests.databases import stage
from tests.databases.sync.visits import ROWS
from tests.directory.history.studios import by, do, undo
from tests.directory.restored.conftest import renew_connections, sign_up, take
from tests.directory.restored.test_restored import give_back
from tests.support.cast import make_account


def states(numbers: list[int]) -> list[State]:
    rows = [db.session.get_one(StudioProfile, each) for each in numbers]
    return [state_of(own_studio(db.session.get_one(User, each.user_id))) for each in rows]


def public(count: int) -> list[int]:
    query = select(StudioProfile.id).where(
        StudioProfile.status == "active", StudioProfile.is_profile_visible
    )
    return list(db.session.scalars(query.order_by(StudioProfile.id).limit(count)))


def test_what_staff_ended_since_stays_ended(site):
    ana = by(make_account("ana"))
    hidden, deleted, returned, before, moved = public(5)
    do("hide", [before], ana)
    with changing_directory():
        for row in ROWS[10:]:
            if "site_restrictions" not in row:
                db.session.execute(text(row))
    name = take()
    do("hide", [hidden, moved], ana)
    do("delete", [deleted], ana)
    undo(do("delete", [returned], ana), ana)
    to = sign_up("later@example.com")
    with changing_directory():
        db.session.get_one(User, to).email_verified = True
    assert do("hand-over", [moved], ana, details={"to": to}).refused == {}
    do("publish", [moved], ana)
    do("hide", [moved], ana)

    operation = give_back(name)

    assert operation.is_done, operation.outcome
    said = "1 studio was hidden again and 1 studio was deleted again, as staff had done since"
    assert said in operation.outcome
    assert f"by that number: look at studio {moved}." in operation.outcome
    shown = [State.OFF, State.DELETED, State.PUBLISHED, State.OFF, State.PUBLISHED]
    assert states([hidden, deleted, returned, before, moved]) == shown
    row = db.session.get_one(StudioProfile, deleted)
    assert db.session.get_one(StudioRestriction, row.user_id).former["was_listed"] is True
    for table in sorted(moderation_tables()):
        assert db.session.execute(text(f"SELECT 1 FROM {table}")).first(), table
    db.session.rollback()
    drain_events(site)
    seen = db.session.scalar(select(func.count()).select_from(DrainedEvent))
    assert drain_events(site) == 0
    assert db.session.scalar(select(func.count()).select_from(DrainedEvent)) == seen
    assert do("return", [deleted], ana).refused == {}
    assert states([deleted]) == [State.PUBLISHED]
    assert db.session.scalar(select(func.count()).select_from(Change)), "the history is there"

    again = give_back(name)

    assert "1 studio was hidden again" in again.outcome
    assert "deleted again" not in again.outcome, "it was brought back since"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_backup_of_the_legacy_schema_shows_none_of_them(app):
    target = stage.place(studios=6)
    name = str(stage.operate("databases.backup").result["backup"])
    with engine_for(target.url).reading() as connection:
        whose = read_label(connection).database_uuid
        taken = connection.execute(text("SELECT id, owner_id FROM studios WHERE status = 'active'"))
        number, owner = taken.first()
        created = connection.scalar(select(User.created_at).where(User.id == owner))
    db.session.add(
        DrainedEvent(uuid="h", database_uuid=whose, ending="studio-hidden", user_id=owner,
                     user_created_at=created, studio_number=number, at=stage.now())
    )  # fmt: skip
    db.session.commit()

    operation = stage.operate(
        "databases.restore", by=stage.ANA, backup=name, text="RESTORE PRODUCTION"
    )

    assert "1 studio was hidden again, as staff had done" in operation.outcome
    renew_connections()
    with engine_for(target.url).reading() as connection:
        query = text(f"SELECT status FROM studios WHERE id = {number}")
        assert connection.scalar(query) == "inactive"
