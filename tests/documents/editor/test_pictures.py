"""Pictures: POST /ops/documents/images, POST /ops/incidents/pictures, GET /documents/images/…"""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from markupsafe import Markup
from PIL import Image

from portal.core.clock import now
from portal.documents.images.access import with_keys
from portal.documents.images.store import image_file, images_root, keep_image
from portal.start import LARGEST_REQUEST
from tests.documents.editor.conftest import TEXT, browser_of
from tests.documents.editor.test_drafts import text_of
from tests.documents.test_images import SVG, picture
from tests.support.pages import check_page


def upload(browser, data, name="chart.png"):
    sent = {"picture": (BytesIO(data), name)}
    return browser.post("/ops/documents/images", data=sent)


def test_a_dropped_picture_is_answered_with_its_address(browser):
    answer = upload(browser, picture())
    assert answer.status_code == 201
    shown = browser.get(answer.json["address"])
    assert shown.mimetype == "image/webp"
    assert Image.open(BytesIO(shown.data)).size == (40, 30)


def test_its_address_shows_it_to_staff_alone(app, browser):
    address = upload(browser, picture()).json["address"]
    assert browser_of(app, "ana").get(address).status_code == 200
    for name in ("cleo", "stranger"):
        shown = browser_of(app, name).get(address)
        assert shown.status_code == 404
        assert b"WEBP" not in shown.data


def test_whoever_is_shown_a_text_sees_its_pictures_for_a_while(app, browser):
    address = upload(browser, picture()).json["address"]
    source = f'src="{address}"'
    key = with_keys(Markup(f"<img {source}>")).split('"')[1]
    with time_machine.travel(now(), tick=False) as clock:
        stranger = browser_of(app, "stranger")
        shown = stranger.get(key)
        assert shown.status_code == 200
        assert shown.headers["Cache-Control"] == "private, max-age=3600"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in shown.headers
        clock.shift(timedelta(hours=2))
        assert stranger.get(key).status_code == 404


@pytest.mark.parametrize(
    "key", ["", "x", "0-" + "0" * 32, "fffff-" + "0" * 32, "f" * 9 + "-" + "0" * 32]
)
def test_a_made_up_key_opens_nothing(app, browser, key):
    address = upload(browser, picture()).json["address"]
    assert browser_of(app, "stranger").get(f"{address}?key={key}").status_code == 404


def test_the_key_of_one_picture_opens_no_other(app, browser):
    one = upload(browser, picture()).json["address"]
    other = upload(browser, picture(size=(20, 20))).json["address"]
    key = with_keys(Markup(f'<img src="{one}">'), for_good=True).split('"')[1].split("?")[1]
    stranger = browser_of(app, "stranger")
    with time_machine.travel(now() + timedelta(days=400)):
        assert stranger.get(f"{one}?{key}").status_code == 200
        assert stranger.get(f"{other}?{key}").status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(SVG, "SVG"), (b"", "empty"), (b"<html>", "no picture"), (picture()[:60], "damaged")],
)
@pytest.mark.parametrize("name", ["chart.png", "../../chart.svg", "x.html"])
def test_31_what_is_no_picture_is_refused_with_a_sentence(browser, data, sentence, name):
    answer = upload(browser, data, name)
    assert answer.status_code == 400
    assert sentence in answer.json["error"]
    assert not images_root().exists()


def test_a_request_without_a_picture_is_refused(browser):
    assert browser.post("/ops/documents/images").status_code == 400


def test_31_a_request_larger_than_any_page_sends_is_not_read(browser):
    kind = "multipart/form-data; boundary=x"
    data = b"\0" * (LARGEST_REQUEST + 1)
    answer = browser.post("/ops/documents/images", data=data, content_type=kind)
    assert answer.status_code == 413


def test_a_picture_is_not_named_by_its_sender(browser):
    upload(browser, picture(), "../../../../etc/passwd.png")
    (kept,) = images_root().iterdir()
    assert kept.name.removesuffix(".webp").isalnum()


@pytest.mark.parametrize("name", ["x", "..%2f..%2fops", "a" * 64, "A" * 64])
def test_there_is_no_other_picture(app, name):
    assert browser_of(app, "stranger").get(f"/documents/images/{name}.webp").status_code == 404


def add(browser, shows="A chart", data=None, text=TEXT):
    sent = {"text": text, "slug": "outage", "opened": "", "shows": shows}
    sent["picture"] = (BytesIO(picture() if data is None else data), "chart.png")
    return browser.post("/ops/incidents/pictures", data=sent)


def test_without_scripts_it_is_put_at_the_end_of_the_text(browser, omar):
    data = picture()
    page = check_page(add(browser, data=data).text)
    address = keep_image(data, by=omar).address
    assert text_of(page).strip().endswith(f"![A chart]({address})")
    source = page.find(attrs={"data-document": True}).find("img")["src"]
    assert source.startswith(f"{address}?key=")
    assert image_file(address.split("/")[-1].removesuffix(".webp"))


@pytest.mark.parametrize(
    ("shows", "data", "sentence"), [("", None, "what the picture shows"), ("A chart", SVG, "SVG")]
)
def test_a_refused_picture_costs_no_word(browser, shows, data, sentence):
    answer = add(browser, shows, data, TEXT + "\nMany words\n")
    assert answer.status_code == 422
    page = check_page(answer.text)
    assert sentence in page.find(role="alert").get_text()
    assert page.select_one("[name=shows]")["value"] == shows
    assert "Many words" in text_of(page)


def test_no_file_is_said_to_be_none(browser):
    sent = {"text": TEXT, "slug": "outage", "opened": "", "shows": "A chart"}
    answer = browser.post("/ops/incidents/pictures", data=sent)
    assert answer.status_code == 422
    assert "Choose a picture first" in answer.text
