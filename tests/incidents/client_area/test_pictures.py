"""Pictures in reports: seen by whoever reads the text around them, and by nobody else."""

from hashlib import sha256

import pytest

from portal.core.storage.database import db
from portal.documents.images.store import images_root
from portal.emails.html import shown
from portal.incidents.client_area.links import create_link
from portal.incidents.reports import reader_of_contact
from tests.support.pages import words

PAGE = "/client/incidents/outage"


def keep(content: str) -> str:
    """A picture among those that are kept; gives its address."""
    name = sha256(content.encode()).hexdigest()
    images_root().mkdir(parents=True, exist_ok=True)
    (images_root() / f"{name}.webp").write_text(content)
    return f"/documents/images/{name}.webp"


@pytest.fixture
def pictured(app, write):
    ours, theirs, everybodys = keep("ours"), keep("theirs"), keep("everybody's")
    return write(
        "---\naudience: clients\n---\n# Outage\n\n"
        f"![For all]({everybodys})\n\n/// internal\n![Ours]({ours})\n///\n\n"
        f"/// client beta\n![Theirs]({theirs})\n///\n"
    )


def pictures_of(client, path, by=None) -> dict[str, str]:
    """What each picture of a page holds, by its words, fetched by the reader or by another."""
    images = client.page(path).select("[data-document] img")
    return {image["alt"]: (by or client).get(image["src"]).text for image in images}


def test_a_client_sees_those_of_the_text_they_read(app, cleos, pictured):
    assert pictures_of(cleos, PAGE) == {"For all": "everybody's"}


def test_so_does_whoever_has_a_private_link(app, client, pictured, otto, omar):
    _, address = create_link(pictured, otto, by=omar)
    path = address.removeprefix("http://localhost:8000")
    assert pictures_of(client, path) == {"For all": "everybody's", "Theirs": "theirs"}


def test_staff_see_all_of_them(omars, pictured, otto):
    seen = {"For all": "everybody's", "Ours": "ours", "Theirs": "theirs"}
    assert pictures_of(omars, "/ops/incidents/outage") == seen
    assert pictures_of(omars, f"{PAGE}?as=beta") == {
        "For all": "everybody's",
        "Theirs": "theirs",
    }


@pytest.mark.parametrize("content", ["ours", "theirs", "everybody's"])
def test_an_address_without_its_page_opens_none(app, cleos, client, pictured, content):
    for browser in (cleos, client):
        answer = browser.get(keep(content))
        assert answer.status_code == 404
        assert "There is no such picture" in words(browser.page(keep(content), status=404))


def test_a_message_shows_its_pictures_to_whoever_gets_it(app, client, pictured, otto):
    text = f"Hi.\n\n![A chart]({keep('ours')})\n"
    page = shown(
        subject="S", body=text, reader=reader_of_contact(otto), base_url="https://talkback.example"
    )
    db.session.commit()
    address = page.html.split(' src="')[1].split('"')[0]
    assert address.startswith("https://talkback.example/documents/images/")
    assert client.get(address.removeprefix("https://talkback.example")).text == "ours"
    assert "key=" not in page.text
