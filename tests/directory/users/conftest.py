"""The site with its tables for accounts, and a person with an account there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.directory.models import (
    Review,
    ReviewResponse,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStatus,
    User,
)
from portal.directory.owners.models import SiteMessage, StudioDetails, StudioHours
from portal.directory.reports.models import Report
from tests.support.owners import log_in_site, make_site, make_user

PICTURE = "ab" * 16 + ".webp"


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def olive(site: Flask) -> User:
    return make_user()


@pytest.fixture
def own(client: FlaskClient, olive: User) -> FlaskClient:
    """Olive's browser."""
    log_in_site(client, olive)
    return client


def make_studio(user: User, **more: object) -> int:
    values = {"status": StudioStatus.ACTIVE, "is_profile_visible": True, "name": "Quiet Corner"}
    with changing_directory():
        studio = StudioProfile(user_id=user.id, **(values | more))
        db.session.add(studio)
        db.session.flush()
        return studio.id


@pytest.fixture
def filled(olive: User, settings: Settings) -> dict[str, int]:
    """Olive's studio with all it can have, and what others wrote to and about her."""
    other = make_user("other@example.com", name="Otto Other")
    own, others = make_studio(olive, about="About “us”"), make_studio(other, name="Of Otto")
    folder = settings.data / "images"
    folder.mkdir(parents=True)
    (folder / PICTURE).write_bytes(b"picture bytes")
    with changing_directory():
        by_other = Review(studio_id=own, reviewer_id=other.id, owner_id=olive.id, rating=2)
        by_other.content = "Written by Otto"
        by_olive = Review(studio_id=others, reviewer_id=olive.id, owner_id=other.id, rating=4)
        by_olive.content = "Written by Olive"
        db.session.add_all([by_other, by_olive])
        db.session.flush()
        answers = [
            ReviewResponse(review_id=by_other.id, author_id=olive.id, content="Olive answers"),
            ReviewResponse(review_id=by_olive.id, author_id=other.id, content="Otto answers"),
        ]
        message = SiteMessage(id=str(uuid4()), user_id=olive.id, studio_number=own)
        message.sender_name, message.sender_email = "Vera Visitor", "vera@example.com"
        message.body, message.answer = "May I come by?", "Yes, on Monday."
        hours = StudioHours(user_id=olive.id, weekday=0, opens=540, closes=1020)
        image = StudioImage(studio_id=own, image_url=f"/images/{PICTURE}", alt_text="Booth")
        gone = StudioImage(studio_id=own, image_url="/images/../secret.txt", sort_order=1)
        details = StudioDetails(user_id=olive.id, zone="Europe/London", published_at=now())
        service = StudioService(studio_id=own, service="Zoom")
        reports = [
            Report(
                id=str(uuid4()), user_id=each.id, studio_number=others, body=body, about="studio"
            )
            for each, body in ((olive, "Olive reports"), (other, "Written by Otto too"))
        ]
        for report in reports:
            report.problem, report.outcome = "spam", "For staff alone"
        db.session.add_all([*reports, *answers, message, hours, image, gone, details, service])
    return {"own": own, "others": others}


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of them returns; they begin together, each in its own thread."""
    db.session.rollback()  # the test's own reading would hold SQLite's lock
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
