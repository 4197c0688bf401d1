"""Two uploads at once to a studio with nine pictures: ten, and one plain sentence; both engines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core.configuration.settings import Settings
from portal.core.storage.database import DirectoryModel, db
from portal.directory.models import StudioImage
from portal.directory.owners.models import PictureFile
from portal.directory.uploads import service
from portal.directory.uploads.encoding import Encoded
from tests.directory.uploads.conftest import add_image, images, owner
from tests.directory.uploads.files import picture
from tests.support.alembic import engine_for
from tests.support.owners import log_in_site, make_site
from tests.support.postgres import running_server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield settings
        return
    with ExitStack() as stack:
        url = stack.enter_context(running_server().database())
        engine = engine_for(url)
        DirectoryModel.metadata.create_all(engine)
        engine.dispose()
        yield replace(settings, development_url=url)


@pytest.fixture
def both(app: Flask, settings: Settings) -> Flask:
    if settings.development_url.get_backend_name() == "sqlite":
        make_site(app, settings)
    app.extensions["portal.directory.check"] = None
    return app


def test_ten_and_a_sentence(both: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are encoded before one of them looks how many there are."""
    olive = owner("olive@example.com", "Quiet Corner")
    for number in range(9):
        add_image(olive, f"{number:064x}.webp", place=number)
    clients = [both.test_client() for _ in range(2)]
    for client in clients:
        log_in_site(client, olive)
    db.session.remove()
    ready, real = Barrier(2), service.encode

    def encode(data: bytes) -> Encoded:
        found = real(data)
        ready.wait(30)
        return found

    monkeypatch.setattr(service, "encode", encode)

    def post(number: int) -> tuple[int, Any]:
        file = (BytesIO(picture(colour=f"#{number + 1}00")), "a.jpg")
        answer = clients[number].post(
            "/me/images", data={"pictures": file}, headers={"Accept": "application/json"}
        )
        return answer.status_code, answer.json

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(post, range(2)), key=lambda each: each[0])
    assert said == [
        (200, {"said": "Added."}),
        (409, {"said": f"{service.FULL} {service.REMOVE_ONE}"}),
    ]
    assert len(images()) == 10
    assert db.session.scalar(select(func.max(StudioImage.sort_order))) == 9


def test_two_studios_with_the_same_picture_at_once(
    both: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = [owner(f"{name}@example.com", f"Studio of {name}") for name in ("olive", "oscar")]
    clients = [both.test_client() for _ in owners]
    for client, each in zip(clients, owners, strict=True):
        log_in_site(client, each)
    db.session.remove()
    ready, real = Barrier(2), service.encode

    def encode(data: bytes) -> Encoded:
        found = real(data)
        ready.wait(30)
        return found

    monkeypatch.setattr(service, "encode", encode)

    def post(number: int) -> int:
        data = {"pictures": (BytesIO(picture()), "a.jpg")}
        return clients[number].post("/me/images", data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(post, range(2))) == [303, 303]
    assert len(images()) == 2
    assert db.session.scalar(select(func.count()).select_from(PictureFile)) == 1
