"""What owners save is in the history of their studio, by their name; without its tables they save
all the same."""

from io import BytesIO
from typing import cast

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.reading import changes_of
from portal.directory.models import StudioProfile
from portal.directory.revisions import WITH_OWNERS
from portal.directory.uploads.service import (
    add_picture,
    describe_picture,
    order_pictures,
    put_back,
    remove_picture,
)
from portal.directory.users.models import SiteEvent
from tests.directory.owners.editing import Editor
from tests.support.owners import log_in_site, make_user
from tests.support.pages import PageClient
from tests.support.site_directory import place_directory


def editor_of(app: Flask) -> Editor:
    client = cast(PageClient, app.test_client())
    log_in_site(client, make_user())
    return Editor(client)


def picture(shade: int) -> bytes:
    data = BytesIO()
    Image.new("RGB", (400, 300), (shade, 90, 60)).save(data, "PNG")
    return data.getvalue()


def test_each_save_of_an_owner_is_noted(app: Flask, target: Target) -> None:
    editor = editor_of(app)
    editor.complete("Quiet Corner")
    for each in ("publish", "hide", "hide", "show"):
        editor.press(each)
    editor.save("identity")  # nothing is touched
    row = db.session.scalars(select(StudioProfile)).one()
    number, owner = row.id, row.user_id
    first, second = (add_picture(owner, picture(shade)) for shade in (10, 200))
    describe_picture(owner, first, "The desk")
    order_pictures(owner, [second, first])
    put_back(owner, remove_picture(owner, first))

    lines = list(reversed(changes_of(number, 1).items))
    assert [each.words for each in lines] == [
        *["changed"] * 3, "published", "hidden", "shown again", *["picture added"] * 2,
        "picture described", "pictures put in another order", "picture removed", "picture added",
    ]  # fmt: skip
    assert {(each.by, each.kind) for each in lines} == {("Olive Marsh", "its owner")}
    assert {each.after for each in lines[0].fields} >= {"Quiet Corner", "A calm room."}
    rows = db.session.scalars(select(Change)).all()
    assert {(each.by, each.user_id) for each in rows} == {(ChangedBy.PERSON, owner)}
    assert not db.session.scalars(select(SiteEvent)).all(), "the audit log has staff's changes"


@pytest.mark.usefixtures("app")
def test_without_the_tables_owners_save_as_before(app: Flask) -> None:
    place_directory(revision=WITH_OWNERS)
    editor = editor_of(app)
    editor.complete("Quiet Corner")
    for each in ("publish", "hide", "show"):
        assert editor.press(each).status_code == 303
    owner = db.session.scalars(select(StudioProfile.user_id)).one()
    number = add_picture(owner, picture(10))
    describe_picture(owner, number, "The desk")
    put_back(owner, remove_picture(owner, number))
    assert db.session.scalars(select(StudioProfile.name)).one() == "Quiet Corner"
