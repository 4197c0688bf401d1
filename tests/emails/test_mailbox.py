"""/ops/mailbox: what a demo wrote into its folder, and nothing that it could run."""

from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from portal.emails.delivery.mail_folder import MailFolder
from tests.support.cast import log_in, make_account


@pytest.fixture
def name(settings: Settings) -> str:
    """The file name of one letter in the folder, whose HTML would like to run something."""
    letter = EmailMessage()
    letter["From"], letter["To"] = "desk@studios.example", "Cleo <cleo@client.example>"
    letter["Subject"] = "What we <b>know</b>"
    letter.set_content("Plain <i>words</i>")
    letter.add_alternative("<p>Hello</p><script>alert(1)</script>", subtype="html")
    assert settings.mail.folder
    folder = MailFolder(settings.mail.folder)
    folder.deliver(letter)
    return folder.names()[0]


def test_staff_see_the_messages_and_read_one(client: FlaskClient, name: str) -> None:
    log_in(client, make_account("omar"))
    page = client.get("/ops/mailbox").get_data(as_text=True)
    assert "What we &lt;b&gt;know&lt;/b&gt;" in page
    letter = client.get(f"/ops/mailbox/{name}").get_data(as_text=True)
    assert "Plain &lt;i&gt;words&lt;/i&gt;" in letter
    assert "sandbox" in letter
    assert "alert(1)" not in letter


def test_the_messages_own_page_can_run_nothing(client: FlaskClient, name: str) -> None:
    log_in(client, make_account("omar"))
    policy = client.get(f"/ops/mailbox/{name}/html").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert policy.endswith("frame-ancestors 'self'; sandbox")
    assert "script-src" not in policy


def test_a_message_is_downloaded_byte_for_byte(
    client: FlaskClient, name: str, settings: Settings
) -> None:
    log_in(client, make_account("omar"))
    answer = client.get(f"/ops/mailbox/{name}/file")
    assert settings.mail.folder
    assert answer.data == (settings.mail.folder / name).read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("other", ["nothing.eml", "..%2Fops.sqlite3", ".."])
def test_no_other_file_is_shown(client: FlaskClient, name: str, other: str) -> None:
    log_in(client, make_account("omar"))
    assert client.get(f"/ops/mailbox/{other}/file").status_code == 404


def test_a_client_and_a_stranger_see_nothing(client: FlaskClient, name: str) -> None:
    assert client.get(f"/ops/mailbox/{name}").status_code == 303
    log_in(client, make_account("cleo"))
    assert client.get("/ops/mailbox").status_code == 403
    assert client.get(f"/ops/mailbox/{name}/html").status_code == 403


def test_many_messages_have_pages_and_one_that_goes_meanwhile_ends_no_list(
    client: FlaskClient, name: str, settings: Settings
) -> None:
    assert settings.mail.folder
    letter = (settings.mail.folder / name).read_bytes()
    for number in range(59):
        (settings.mail.folder / f"20260101-000000-{number:06}.eml").write_bytes(letter)
    log_in(client, make_account("omar"))
    page = client.page("/ops/mailbox?page=2")
    assert len(page.select("tbody tr")) == 10
    folder = MailFolder(settings.mail.folder)
    assert [each for each, _ in folder.letters(["gone.eml", name])] == [name]
