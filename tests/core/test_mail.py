"""MAIL_URL: read once at start, refused in one plain sentence that never holds the password."""

from pathlib import Path

import pytest

from portal.core.configuration.mail_url import MailRoute, mail_route
from portal.core.errors import SettingError


def route(url: str) -> MailRoute:
    return mail_route(url, data=Path("/data"), site_name="Studio Directory")


def test_without_it_messages_are_written_into_a_folder() -> None:
    assert route("").folder == Path("/data/mail")
    assert route("file:").folder == Path("/data/mail")
    assert route("file:///srv/mail%20box").folder == Path("/srv/mail box")


def test_a_server_with_credentials_must_encrypt() -> None:
    read = route("smtp://desk%40studios.example:s%3Acret@mail.example")
    assert (read.host, read.port, read.must_encrypt) == ("mail.example", 587, True)
    assert (read.user, read.password) == ("desk@studios.example", "s:cret")
    assert read.sender.addr_spec == "desk@studios.example"
    assert read.sender.display_name == "Studio Directory"
    assert "s:cret" not in repr(read)


def test_other_ways_to_a_server() -> None:
    plain = route("smtp://127.0.0.1:2525?from=Desk%20<desk@studios.example>")
    assert (plain.port, plain.must_encrypt, plain.sender.display_name) == (2525, False, "Desk")
    assert route("smtp://mail.example?from=a@b.example&starttls=require").must_encrypt
    assert route("smtps://mail.example?from=a@b.example").port == 465


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://mail.example", "begins with “http:”"),
        ("smtp://?from=a@b.example", "names no server"),
        ("smtp://mail.example", "names no sender"),
        ("smtp://mail.example?from=nobody", "is no email address"),
        ("smtp://mail.example?from=a@b.example%0d%0aBcc:%20x@y.example", "is no email address"),
        ("smtp://desk@mail.example?from=a@b.example", "a user without a password"),
        ("smtp://mail.example:port", "can't be read"),
        ("smtp://mail.example?form=a@b.example", "an option “form”"),
        ("smtp://mail.example?from=a@b.example&starttls=never", "only be “require”"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence) as refused:
        route(url)
    assert "\n" not in str(refused.value)


def test_the_password_is_in_no_sentence() -> None:
    with pytest.raises(SettingError) as refused:
        route("smtp://desk:hush@mail.example")
    assert "hush" not in str(refused.value)
