"""The page of one's own pictures: what it says before, and what becomes of each file."""

from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.owners.models import PictureFile
from tests.directory.uploads.conftest import Sends, images
from tests.directory.uploads.files import opened, picture


def test_the_limits_are_said_before(client: FlaskClient, olive: User) -> None:
    page = client.get("/me/images").text
    for limit in ("JPEG, PNG or WebP", "15 MB", "200 pixels", "50 million", "room for 10 more"):
        assert limit in page


def test_a_picture_is_stored_in_its_sizes_by_its_hash(
    client: FlaskClient, olive: User, send: Sends, settings: Settings
) -> None:
    answer = send(("front.png", picture((2400, 1600), kind="PNG")))
    assert answer.status_code == 303, answer.text
    [image] = images()
    name = image.image_url.removeprefix("/images/")
    row = db.session.get_one(PictureFile, name)
    assert (row.width, row.height) == (1920, 1280)
    found = {"": (1920, 1280), "960/": (960, 640), "480/": (480, 320)}
    assert row.bytes == sum(
        (settings.data / "images" / f"{folder}{name}").stat().st_size for folder in found
    )
    for folder, size in found.items():
        shown = client.get(f"/images/{folder}{name}")
        assert (shown.status_code, shown.mimetype) == (200, "image/webp")
        assert "immutable" in shown.headers["Cache-Control"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert opened(shown.data).size == size
