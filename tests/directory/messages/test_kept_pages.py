"""What owners save changes the page of their own studio; a message to them changes none."""

from collections.abc import Callable
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import changing_directory, db
from portal.databases.engines.beside import portal_versions
from portal.databases.public_version.version import LISTS, UNSEEN
from portal.directory.models import StudioProfile
from portal.directory.owners.models import SiteMessage, StudioDetails, StudioHours
from portal.directory.revisions import WITH_OWNERS
from tests.support.databases import make_database


def details(studio: StudioProfile) -> StudioDetails:
    return StudioDetails(user_id=studio.user_id, zone="Europe/London")


def hours(studio: StudioProfile) -> StudioHours:
    return StudioHours(user_id=studio.user_id, weekday=0, opens=540, closes=1020)


def message(studio: StudioProfile) -> SiteMessage:
    return SiteMessage(
        id=str(uuid4()), user_id=studio.user_id, studio_number=studio.id, sender_name="Nora",
        sender_email="nora@example.com", body="Hello",
    )  # fmt: skip


def numbers() -> dict[int, int]:
    db.session.rollback()
    rows = db.session.execute(select(portal_versions.c.scope, portal_versions.c.number))
    return {row.scope: row.number for row in rows}


def test_of_whom_the_pages_are_made_again(app: Flask):
    make_database("development", WITH_OWNERS, studios=3)
    studio = db.session.scalars(select(StudioProfile).limit(1)).one()
    number = studio.id

    def raised(make: Callable[[StudioProfile], object]) -> set[int]:
        before = numbers()
        with changing_directory():
            db.session.add(make(db.session.get_one(StudioProfile, number)))
        after = numbers()
        return {scope for scope in after if after[scope] != before.get(scope)}

    assert raised(details) == raised(hours) == {LISTS, number}
    assert raised(message) == {UNSEEN}
    before = numbers()
    with changing_directory():
        db.session.delete(db.session.scalars(select(StudioHours)).one())
    assert {each for each, n in numbers().items() if n != before.get(each)} == {LISTS, number}
