"""Accounts whose deletion is due are deleted in the directory that they are in, by the worker."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.settings import settings as current_settings
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.models import User
from portal.directory.site_tasks import DELETE, delete_accounts_that_are_due, serving
from portal.directory.users.draining import drain_events
from portal.directory.users.ended import EndedOnSite
from portal.directory.users.models import SignUp, SiteAccount, SiteLetter
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform
from tests.support.owners import make_user
from tests.support.site_directory import place_directory

SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"


@pytest.fixture(params=["development", "production"])
def target(app: Flask, request: pytest.FixtureRequest) -> Target:
    """The worker serves development."""
    return place_directory(request.param)


def ask(target: Target, *, ago: timedelta) -> None:
    with serving(target):
        user = make_user()
        number = user.id
        with changing_directory():
            db.session.add(SiteAccount(user_id=number, deletion_due_at=now() - ago))


def people(target: Target) -> list[str]:
    with serving(target):
        found = list(db.session.scalars(select(User.email)))
        db.session.rollback()
        return found


def work() -> list[Operation]:
    """What the worker would carry out now."""
    db.session.rollback()
    delete_accounts_that_are_due()
    query = select(Operation).where(
        Operation.kind == DELETE, Operation.state == OperationState.WAITING
    )
    return [perform(each) for each in db.session.scalars(query).all()]


def test_it_is_deleted_once_it_is_due_and_the_letter_says_so(target: Target) -> None:
    ask(target, ago=-timedelta(hours=1))
    assert (work(), people(target)) == ([], ["olive@example.com"])
    with serving(target), changing_directory():
        db.session.scalars(select(SiteAccount)).one().deletion_due_at = now()
    (operation,) = work()
    assert (operation.outcome, operation.target) == ("1 account deleted.", target.name)
    assert people(target) == []
    with serving(target):
        assert list(db.session.scalars(select(SiteLetter.kind))) == ["deleted"]
        db.session.rollback()
    assert drain_events(target) == 1
    assert db.session.scalars(select(EndedOnSite)).one().user_id == 1
    db.session.rollback()
    assert work() == []


def test_in_maintenance_nothing_is_deleted_until_it_ends(target: Target) -> None:
    ask(target, ago=timedelta(hours=1))
    begin_maintenance(target, because="A change", by=SYSTEM)
    assert (work(), people(target)) == ([], ["olive@example.com"])
    end_maintenance(target, by=SYSTEM)
    assert [each.outcome for each in work()] == ["1 account deleted."]


def test_what_has_expired_is_cleaned_once_a_day(target: Target) -> None:
    old, newer = now() - timedelta(days=9), now() - timedelta(days=7, hours=12)
    with serving(target), changing_directory():
        for id_, at in ((SOME_ID, newer), (SOME_ID[::-1], newer)):
            db.session.add(
                SignUp(
                    id=id_, email="a@example.com", display_name="A", password_hash="", expires_at=at
                )
            )
    assert work() == []
    with serving(target), changing_directory():
        db.session.get_one(SignUp, SOME_ID).expires_at = old
    assert [each.outcome for each in work()] == ["0 accounts deleted."]
    with serving(target):
        assert list(db.session.scalars(select(SignUp.id))) == []
        db.session.rollback()
    assert current_settings().env.value == "development"
    assert work() == []
