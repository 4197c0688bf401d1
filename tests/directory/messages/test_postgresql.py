"""The profile with what owners add, a message and its answer on PostgreSQL."""

from flask import Flask

from portal.core.storage.database import changing_directory, db
from portal.directory.owners.models import PictureFile
from tests.directory.messages.conftest import SECRET, letters, logged_in, messages, owned_studio
from tests.directory.messages.conftest import write as write_to
from tests.directory.pages.studios import address_of, make_studio
from tests.directory.pages.test_hours import OTHER, open_at, rows
from tests.directory.pages.test_postgresql import settings, site
from tests.support.client import PortalClient

__all__ = ["settings", "site"]


def test_a_profile_with_hours_and_sizes(site: Flask, visitor: PortalClient):  # noqa: F811
    studio = make_studio(pictures=(OTHER,))
    open_at(studio, (0, 840, 1080), (0, 540, 780))
    with changing_directory():
        name = OTHER.removeprefix("/images/")
        db.session.add(PictureFile(name=name, width=1920, height=1080, bytes=1))
    page = visitor.page(address_of(studio))
    assert rows(page)[0] == ("Monday", "09:00–13:0014:00–18:00", "540-780 840-1080")
    assert page.select_one(".gallery img")["width"] == "1920"


def test_a_message_is_answered(site: Flask, visitor: PortalClient):  # noqa: F811
    studio = owned_studio()
    address = f"/me/messages/{write_to(visitor, studio).id}"
    owner = logged_in(site, studio)
    owner.page("/me/messages")
    owner.page(address)
    typed = {"body": "Yes.", "way": "with", "address": SECRET}
    assert owner.post(f"{address}/reply", data=typed).status_code == 303
    assert owner.post(f"{address}/reply", data=typed).status_code == 409
    assert owner.get("/me/messages/%00").status_code == 404
    assert letters()[-1].details["reply_to"] == SECRET
    assert messages()[0].read_at is not None
    assert owner.post(f"{address}/delete").status_code == 303
    assert messages() == []
