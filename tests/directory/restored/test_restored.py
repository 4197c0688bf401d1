import signal

import pytest
from sqlalchemy import func, select, text

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Conflict, PortalError
from portal.core.storage.database import changing_directory, db
from portal.databases.engines import engine_for
from portal.databases.restores import restore
from portal.databases.restores.models import Restore
from portal.databases.targets.config import Target
from portal.databases.targets.identity_label import read_label
from portal.directory.claims.deciding import confirm_claim
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.placeholders import has_owner
from portal.directory.history.models import Batch
from portal.directory.models import StudioProfile, User
from portal.directory.restored import applying
from portal.directory.users.ended import EndedOnSite
from portal.directory.users.links import link_code
from portal.directory.users.models import SignUp, SiteAccount, SiteLetter, SiteLink, SiteSession
from portal.directory.users.sessions import open_session
from portal.jobs.models import Operation
from portal.jobs.operations.recovery import reconcile_lost
from portal.jobs.operations.service import perform, request_operation
from tests.databases import stage
from tests.directory.restored.conftest import (
    BATCH,
    BLOCKED,
    CHANGED,
    CLAIMS,
    GONE,
    NEW_HASH,
    QUIET,
    SAME,
    delete,
    end_all,
    renew_connections,
    sign_up,
    take,
)
from tests.faults import moments
from tests.faults.forks import in_a_fork
from tests.support.cast import log_in, make_account

APPLIED = (
    "1 deletion, 1 block, 1 end of mails and 1 password change since the backup were applied again."
    " All visitors' logins, links and sign-ups ended. 1 claim that waited for a link ended. What"
    " was decided on claims since the backup is undone. 1 action of staff that was under way ended"
    " where the backup has it. 1 account that waits for deletion will be deleted 30 days from now."
)


def give_back(name: str) -> Operation:
    operation = stage.operate("databases.restore", by=stage.ANA, target="development", backup=name)
    renew_connections()
    return db.session.get_one(Operation, operation.id)


def nothing_came_back() -> None:
    renew_connections()
    assert db.session.get(User, GONE) is None
    assert db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == GONE)) is None
    assert db.session.get_one(User, CHANGED).password_hash == NEW_HASH
    assert db.session.get_one(SiteAccount, BLOCKED).blocked_at
    assert db.session.get_one(SiteAccount, QUIET).mail_ended_at
    stopped = db.session.get_one(Batch, BATCH)
    assert stopped.finished_at
    assert "restored" in stopped.details["stopped"]
    assert (db.session.get_one(SiteAccount, SAME).deletion_due_at - now()).days == 29
    for table in (SiteSession, SiteLink, SignUp, SiteLetter):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0, table
    with pytest.raises(Conflict):
        confirm_claim(link_code("claim", CLAIMS[ClaimState.SENT]))
    rows = db.session.scalars(select(Claim).order_by(Claim.studio_number)).all()
    assert [each.state for each in rows] == [ClaimState.EXPIRED, ClaimState.WAITING]
    assert not has_owner(rows[0].studio_number)
    assert rows[0].open_studio is None
    db.session.rollback()


def test_neither_a_deleted_account_nor_an_old_password_comes_back(site: Target, client):
    name = take()
    end_all()

    operation = give_back(name)

    assert operation.is_done, operation.outcome
    assert APPLIED in operation.outcome
    nothing_came_back()
    query = select(AuditEntry).where(AuditEntry.action == "restore.finished")
    assert "1 deletion, 1 block" in db.session.scalars(query).one().canonical
    log_in(client, make_account("omar"))
    assert "1 deletion, 1 block, 1 end of mails" in client.page("/ops").get_text(" ", strip=True)

    again = give_back(name)

    assert APPLIED in again.outcome, "from the list in ops: the events are gone"
    nothing_came_back()


def killed(name: str, arm) -> Operation:
    arguments = {"backup": name}
    operation = request_operation(
        "databases.restore", by=stage.ANA, target="development", arguments=arguments
    )
    number = operation.id
    db.session.commit()

    def run() -> None:
        arm()
        perform(db.session.get_one(Operation, number))

    assert in_a_fork(run) == -signal.SIGKILL
    reconcile_lost()
    renew_connections()
    return db.session.get_one(Operation, number)


def before_the_swap() -> None:
    applying.remove_users = lambda *_args: moments.kill()


def behind_the_swap() -> None:
    """When somebody has logged in already."""

    def visited_and_killed(*_args: object, **_more: object) -> None:
        renew_connections()
        with changing_directory():
            open_session(db.session.get_one(User, BLOCKED + 10))
        moments.kill()

    restore.record_restored = visited_and_killed


def test_a_killed_worker_settles_it(site: Target):
    name = take()
    end_all()

    first = killed(name, before_the_swap)

    assert not first.is_done
    assert db.session.get_one(SiteAccount, BLOCKED).blocked_at, "wholly as it was"
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 1
    db.session.rollback()

    second = killed(name, behind_the_swap)

    assert second.is_done, second.outcome
    assert APPLIED in second.outcome
    assert db.session.scalar(select(func.count()).select_from(SiteSession)) == 1, "the new one"
    with changing_directory():
        db.session.delete(db.session.scalars(select(SiteSession)).one())
    nothing_came_back()
    assert [each.is_done for each in db.session.scalars(select(Restore))] == [False, True]


def test_nobody_who_was_given_the_same_number_is_ended(site: Target):
    name = take()
    first = sign_up("first@example.com")
    with changing_directory():
        delete(first)
    assert give_back(name).is_done
    second = sign_up("second@example.com")
    assert second == first, "the restored database gives it again"

    operation = give_back(take())

    assert operation.is_done
    assert "deletion, " not in operation.outcome
    assert db.session.get_one(User, second).email == "second@example.com"


def test_what_could_not_be_ended_again_is_said(site: Target, client, monkeypatch):
    """Neither an event without a person nor a failure stops a restore, and neither is hidden."""
    name = take()
    end_all()
    assert give_back(name).is_done
    db.session.execute(EndedOnSite.__table__.update().values(user_created_at=None))
    db.session.commit()

    operation = give_back(name)

    said = "5 of what was ended could not be applied, since it may be about somebody else"
    assert f"{said}: look at user 1, 2, 3, 4." in operation.outcome
    log_in(client, make_account("omar"))
    assert said in client.page("/ops").get_text(" ", strip=True)

    def fails(*_args: object, **_more: object) -> None:
        raise PortalError("There is no room.")

    monkeypatch.setattr(applying, "remove_users", fails)
    operation = give_back(name)
    assert operation.is_done
    assert "neither deleted accounts nor logins: There is no room." in operation.outcome


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_backup_of_the_legacy_schema_brings_nobody_back_either(app):
    target = stage.place(studios=6)
    name = str(stage.operate("databases.backup").result["backup"])
    with engine_for(target.url).reading() as connection:
        whose = read_label(connection).database_uuid
        created = dict(connection.execute(select(User.id, User.created_at)).all())
    for kind, number in (("deleted", 1), ("blocked", 2)):
        db.session.add(
            EndedOnSite(uuid=kind, database_uuid=whose, kind=kind, user_id=number, at=now(),
                        user_created_at=created[number])
        )  # fmt: skip
    db.session.commit()

    operation = stage.operate(
        "databases.restore", by=stage.ANA, backup=name, text="RESTORE PRODUCTION"
    )

    assert operation.is_done, operation.outcome
    assert "1 deletion since the backup was applied again. 1 block could not be applied" in (
        operation.outcome
    )
    for table, column in (("users", "id"), ("user_profiles", "user_id"), ("studios", "owner_id")):
        with engine_for(target.url).reading() as connection:
            assert not connection.execute(text(f"SELECT 1 FROM {table} WHERE {column} = 1")).all()
            assert not engine_for(target.url).broken_references(connection)
