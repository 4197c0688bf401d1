"""New pictures wait for staff while they are shown; what staff remove can be put back."""

from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioImage, StudioProfile, StudioStatus
from portal.directory.reports.models import PictureCheck
from portal.directory.reports.pictures import forget_picture, note_new_picture
from portal.directory.revisions import WITH_OWNERS
from portal.directory.uploads.service import add_picture, put_back, remove_picture
from tests.directory.uploads.files import picture
from tests.support.databases import make_database


def checks() -> list[PictureCheck]:
    db.session.rollback()
    return list(db.session.scalars(select(PictureCheck)))


def test_what_an_owner_adds_waits_until_it_is_removed(site: Flask, studio: StudioProfile):
    owner = studio.user_id
    number = add_picture(owner, picture())
    [check] = checks()
    assert (check.image_number, check.user_id, check.decided_at) == (number, owner, None)
    removed = remove_picture(owner, number)
    assert checks() == []
    put_back(owner, removed)
    assert [each.image_number for each in checks()] == [number]


def test_what_staff_have_seen_does_not_wait_again(site: Flask, studio: StudioProfile):
    number = db.session.scalars(select(StudioImage.id)).one()
    with changing_directory():
        note_new_picture(studio.user_id, number)
        db.session.flush()
        check = db.session.scalars(select(PictureCheck)).one()
        check.decided_at, check.decided_by = check.created_at, "Ada"
    with changing_directory():
        forget_picture(number)
        note_new_picture(studio.user_id, number)
    assert [each.decided_by for each in checks()] == ["Ada"]


def test_without_the_tables_pictures_are_added_all_the_same(app: Flask):
    make_database("development", WITH_OWNERS, studios=3)
    query = select(StudioProfile.user_id).where(StudioProfile.status == StudioStatus.ACTIVE)
    assert add_picture(db.session.scalars(query.limit(1)).one(), picture())
