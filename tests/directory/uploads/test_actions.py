"""Each action on one's own pictures: the owner, another owner, strangers, staff, odd input."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import NOTICE, begin_maintenance
from portal.databases.targets.config import target_named
from portal.directory.models import StudioImage, User
from portal.directory.uploads import service
from portal.directory.views.site import NOT_NOW
from tests.databases import stage
from tests.directory.uploads.conftest import Sends, add_image, images, owner
from tests.directory.uploads.files import picture
from tests.support.cast import log_in
from tests.support.owners import log_in_site, make_user

NAMES = [f"{letter * 64}.webp" for letter in "abc"]
ACTIONS = ("order", "{}/text", "{}/delete", "{}/return")


@pytest.fixture
def three(olive: User, settings: Settings) -> list[int]:
    """Olive's pictures, in their order, with files."""
    for name in NAMES:
        (settings.data / "images").mkdir(exist_ok=True)
        (settings.data / "images" / name).write_bytes(picture(kind="WEBP"))
    return [add_image(olive, name, place=place) for place, name in enumerate(NAMES)]


@pytest.fixture
def other(app: Flask, olive: User) -> FlaskClient:
    """A client in which another owner is logged in."""
    client = app.test_client()
    log_in_site(client, owner("oscar@example.com", "Loud Corner"))
    return client


def order() -> list[int]:
    return [each.id for each in images()]


def joined(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


def test_they_are_moved_by_a_button_and_by_a_script(client: FlaskClient, three: list[int]) -> None:
    first, second, third = three
    moved = client.post("/me/images/order", data={"order": joined(three), "move": f"{third} up"})
    assert moved.location == f"/me/images#picture-{third}"
    assert order() == [first, third, second]
    client.post("/me/images/order", data={"order": joined([second, third, first])})
    assert order() == [second, third, first]
    at_the_end = {"order": joined(order()), "move": f"{second} up"}
    assert client.post("/me/images/order", data=at_the_end).status_code == 303
    assert order() == [second, third, first]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [("{0},{1}", 409), ("{0},{1},{1}", 409), ("{0},{1},{2},99999", 409), ("", 422), ("a", 422)],
)
def test_an_order_of_other_pictures_is_refused(
    client: FlaskClient, three: list[int], wrong: str, status: int
) -> None:
    answer = client.post("/me/images/order", data={"order": wrong.format(*three)})
    assert answer.status_code == status, answer.text
    assert order() == three
    assert "order" in answer.text


def test_a_text_is_saved_cleaned_and_shown(client: FlaskClient, three: list[int]) -> None:
    address = f"/me/images/{three[1]}/text"
    answer = client.post(address, data={"text": " The  booth\0\r\nBcc: \u202ex <b> "})
    assert answer.location == f"/me/images#picture-{three[1]}"
    assert images()[1].alt_text == "The booth Bcc: x <b>"
    assert 'alt="The booth Bcc: x &lt;b&gt;"' in client.get("/me/images").text
    long = client.post(address, data={"text": "x" * 301})
    assert long.status_code == 422
    assert "300 characters at most" in long.text
    assert "x" * 301 in long.text
    client.post(address, data={"text": "  "})
    assert images()[1].alt_text is None


def test_one_is_removed_and_put_back_at_its_place(
    client: FlaskClient, three: list[int], settings: Settings
) -> None:
    client.post(f"/me/images/{three[1]}/text", data={"text": "The booth"})
    client.post(f"/me/images/{three[1]}/delete")
    assert order() == [three[0], three[2]]
    assert (settings.data / "images" / NAMES[1]).exists()
    assert "Removed: The booth" in client.get("/me/images").text
    for _ in range(2):
        back = client.post(f"/me/images/{three[1]}/return")
    assert back.status_code == 404  # it is back, and nothing is left to put back
    assert order() == three
    assert images()[1].alt_text == "The booth"
    assert "Removed:" not in client.get("/me/images").text


def test_what_has_no_file_any_more_is_not_put_back(
    client: FlaskClient, three: list[int], settings: Settings
) -> None:
    client.post(f"/me/images/{three[0]}/delete")
    (settings.data / "images" / NAMES[0]).unlink()
    answer = client.post(f"/me/images/{three[0]}/return")
    assert answer.status_code == 409
    assert "can’t be put back any more. Upload it again." in answer.text
    assert order() == three[1:]


def test_another_owner_finds_none_of_them(
    client: FlaskClient, other: FlaskClient, three: list[int]
) -> None:
    client.post(f"/me/images/{three[2]}/delete")
    for action, data in (("text", {"text": "mine"}), ("delete", {}), ("return", {})):
        for number in (three[0], three[2], 999_999_999):
            answer = other.post(f"/me/images/{number}/{action}", data=data)
            assert answer.status_code == 404, action
    assert other.post("/me/images/order", data={"order": joined(three[:2])}).status_code == 409
    assert NAMES[0] not in other.get("/me/images").text
    assert order() == three[:2]
    assert images()[0].alt_text is None


@pytest.mark.parametrize("who", ["stranger", "omar", "ana"])
def test_nobody_else_does_anything(
    app: Flask, three: list[int], who: str, omar: Account, ana: Account
) -> None:
    client = app.test_client()
    if who != "stranger":
        log_in(client, {"omar": omar, "ana": ana}[who])
    paths = ["", *(f"/{action.format(three[0])}" for action in ACTIONS)]
    for path in paths:
        answer = client.post(f"/me/images{path}", data={"order": joined(three), "text": "x"})
        assert answer.status_code == 303
        assert answer.location.startswith("/login")
    assert client.get("/me/images").status_code == 303
    said = client.post("/me/images", headers={"Accept": "application/json"})
    assert (said.status_code, "Log in again" in said.json["said"]) == (401, True)
    assert order() == three


def test_nothing_is_done_by_a_get_or_at_an_odd_address(
    client: FlaskClient, three: list[int]
) -> None:
    for action in ACTIONS:
        assert client.get(f"/me/images/{action.format(three[0])}").status_code == 405
    for number in ("0", "-1", "x", "9" * 30):
        assert client.post(f"/me/images/{number}/delete").status_code == 404
    assert order() == three


def test_without_a_studio_it_leads_to_one(app: Flask, site: Flask, client: FlaskClient) -> None:
    log_in_site(client, make_user("new@example.com"))
    page = client.get("/me/images").text
    assert 'href="/me/studio"' in page
    assert "type=file" not in page


def test_one_without_a_studio_adds_none(site: Flask, client: FlaskClient, send: Sends) -> None:
    log_in_site(client, make_user("new@example.com"))
    answer = send(("a.jpg", picture()), script=True)
    assert answer.status_code == 409
    assert "has no name yet" in answer.json["said"]


def test_the_same_picture_is_added_once_and_stored_once(
    client: FlaskClient, other: FlaskClient, olive: User, send: Sends, settings: Settings
) -> None:
    assert send(("a.jpg", picture())).status_code == 303
    again = send(("b.jpg", picture()), script=True)
    assert "has this picture already" in again.json["said"]
    theirs = other.post("/me/images", data={"pictures": (BytesIO(picture()), "c.jpg")})
    assert theirs.status_code == 303
    assert len({each.image_url for each in images()}) == 1
    assert len(images()) == 2
    assert len(list((settings.data / "images").glob("*.webp"))) == 1


def test_no_file_is_a_sentence_at_the_field(client: FlaskClient, olive: User) -> None:
    answer = client.post("/me/images", data={})
    assert answer.status_code == 422
    assert "Choose at least one picture." in answer.text


def test_an_eleventh_is_refused_before_it_is_decoded(
    client: FlaskClient, olive: User, send: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        add_image(olive, f"{number:064x}.webp", place=number)
    page = client.get("/me/images").text
    assert "no room" in page
    assert "type=file" not in page
    monkeypatch.setattr(service, "encode", lambda _data: pytest.fail("it was decoded"))
    answer = send(("a.jpg", picture()), script=True)
    assert answer.status_code == 409
    assert answer.json["said"] == f"{service.FULL} {service.REMOVE_ONE}"


def test_too_many_in_a_row_have_to_wait(
    client: FlaskClient, olive: User, send: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BURST", 2)
    said = [send(("a.svg", b"<svg/>"), script=True) for _ in range(3)]
    assert [each.status_code for each in said] == [422, 422, 429]
    assert "Too many pictures in a row. Wait" in said[2].json["said"]


def test_of_one_upload_ten_files_are_looked_at(
    client: FlaskClient, olive: User, send: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"{number}.gif", b"GIF89a") for number in range(30)]
    answer = send(*files)
    assert answer.status_code == 422
    assert answer.text.count("GIF pictures are not accepted.") == 10
    assert answer.text.count("10 pictures at once") == 20

    monkeypatch.setattr(service, "BURST", 2)
    monkeypatch.setattr(service, "INTERVAL", timedelta(days=1))
    asked = send(*files[:5])
    assert asked.text.count("Too many pictures in a row.") == 4


def test_a_picture_on_another_site_is_named_and_can_be_removed(
    client: FlaskClient, olive: User
) -> None:
    number = add_image(olive, "x")
    with changing_directory():
        db.session.get_one(StudioImage, number).image_url = "https://elsewhere.example/a.jpg"
    page = client.get("/me/images").text
    assert "elsewhere.example" not in page
    assert "A picture on another site, which no page shows" in page
    assert client.post(f"/me/images/{number}/delete").status_code == 303
    assert client.get("/me/images").status_code == 200
    assert images() == []


def begin_moving(app: Flask) -> None:
    target = target_named("development")
    stage.make_known(target)
    begin_maintenance(target, because="Moving", by=stage.ANA)
    app.extensions["portal.directory.check"] = lambda: NOTICE


def test_in_maintenance_the_page_says_so_before_anybody_chooses(
    app: Flask, client: FlaskClient, three: list[int]
) -> None:
    begin_moving(app)
    page = client.get("/me/images").text
    assert NOT_NOW in page
    assert page.count("disabled") >= 3 * 4 + 2


def test_what_was_typed_when_maintenance_began_comes_back(
    app: Flask, client: FlaskClient, three: list[int], send: Sends, settings: Settings
) -> None:
    """Each form says why, nothing is changed, and no file is stored for nothing."""
    files = sorted((settings.data / "images").iterdir())
    begin_moving(app)
    typed = client.post(f"/me/images/{three[0]}/text", data={"text": "The booth"})
    assert typed.status_code == 503
    assert 'value="The booth"' in typed.text
    for path in (f"{three[0]}/delete", "order"):
        answer = client.post(f"/me/images/{path}", data={"order": joined(three[::-1])})
        assert answer.status_code == 503, path
        assert "nothing was saved" in answer.text
    sent = send(("a.jpg", picture()), script=True)
    assert (sent.status_code, "nothing was saved" in sent.json["said"]) == (503, True)
    assert order() == three
    assert images()[0].alt_text is None
    assert sorted((settings.data / "images").iterdir()) == files


def test_without_ops_nothing_is_added_and_no_file_of_ours_is_named(
    client: FlaskClient, olive: User, send: Sends, settings: Settings
) -> None:
    ops = settings.data / "ops.sqlite3"
    db.session.remove()
    db.engines["ops"].dispose()
    ops.rename(ops.with_suffix(".away"))
    for script in (True, False):
        answer = send(("a.jpg", picture()), script=script)
        assert answer.status_code == 503
        assert "nothing was saved" in (answer.json["said"] if script else answer.text)
        assert "sqlite" not in answer.text
    ops.with_suffix(".away").rename(ops)
    assert images() == []
