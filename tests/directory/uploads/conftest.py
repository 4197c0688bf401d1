"""Olive, who has a studio, logged in to the site."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.core.subprocesses.parent import Child, started
from portal.directory.models import StudioImage, StudioProfile, User
from portal.directory.uploads import encoding
from tests.support.owners import log_in_site, make_site, make_user

Sends = Callable[..., TestResponse]


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def olive(site: Flask, client: FlaskClient) -> User:
    user = owner("olive@example.com", "Quiet Corner")
    log_in_site(client, user)
    return db.session.get_one(User, user.id)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """The process that encodes, for all files one after the other: none may end it."""
    child = started(encoding.MODULE, "300", "1000")
    yield child
    child.stop()


def owner(email: str, studio: str) -> User:
    user = make_user(email)
    number = user.id
    with changing_directory():
        db.session.add(StudioProfile(user_id=number, name=studio))
    return db.session.get_one(User, number)


def add_image(user: User, name: str, *, text: str | None = None, place: int = 0) -> int:
    number = user.id
    with changing_directory():
        studio = db.session.query(StudioProfile).filter_by(user_id=number).one()
        image = StudioImage(
            studio_id=studio.id, image_url=f"/images/{name}", alt_text=text, sort_order=place
        )
        db.session.add(image)
        db.session.flush()
        return image.id


@pytest.fixture
def send(client: FlaskClient) -> Sends:
    """Files by name, as a form without a script sends them; or as the script does."""

    def post(*files: tuple[str, bytes], script: bool = False) -> TestResponse:
        data = {"pictures": [(BytesIO(content), name) for name, content in files]}
        headers = {"Accept": "application/json"} if script else {}
        return client.post("/me/images", data=data, headers=headers)

    return post


def images() -> list[StudioImage]:
    db.session.rollback()
    return list(db.session.query(StudioImage).order_by(StudioImage.sort_order, StudioImage.id))
