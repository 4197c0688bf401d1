"""What is known after each way of handing a letter over can end."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from portal.core.configuration.mail_url import mail_route
from portal.emails.delivery.message_bytes import letter_bytes, letter_of
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.delivery.transport import (
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Temporary,
    transport_for,
)
from tests.support.mail import MailServer, broken_server


def letter(**changed: str) -> EmailMessage:
    letter = EmailMessage()
    headers = {"From": "Desk <desk@studios.example>", "To": "Cleo <cleo@client.example>"}
    for header, value in {**headers, "Subject": "Über", **changed}.items():
        letter[header] = value
    letter.set_content("Hi,\n.hidden\n..two\n\nÜber alles, am Ende.")
    return letter


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


def transport(url: str, **patience: float) -> SmtpTransport:
    route = mail_route(url, data=Path("/nowhere"), site_name="Studio Directory")
    return SmtpTransport(route, **{"patience": 5.0, "patience_at_the_end": 5.0, **patience})


def outcome(server: MailServer, **patience: float) -> NotDelivered:
    with pytest.raises(NotDelivered) as refused:
        transport(server.url, **patience).deliver(letter())
    return refused.value


def test_what_the_server_takes_is_what_was_handed_over(server: MailServer) -> None:
    assert transport(server.url).deliver(letter()) == "250 Taken as 4711"
    (taken,) = server.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("desk@studios.example", ["cleo@client.example"])
    assert taken.content == letter_bytes(letter())


def test_a_line_that_begins_with_a_dot_arrives_as_it_is(server: MailServer) -> None:
    plain = letter()
    plain.set_content("Hi,\n.hidden\n.\nthe end")
    transport(server.url).deliver(plain)
    assert server.taken[0].content == letter_bytes(plain)
    assert b"\r\n.\r\n" in letter_bytes(plain)


def test_a_letter_is_the_same_after_it_was_kept_as_bytes() -> None:
    kept = letter_bytes(letter())
    assert letter_bytes(letter_of(kept)) == kept
    assert kept.isascii()


@pytest.mark.parametrize(
    ("asked", "answer", "kind"),
    [
        ("rcpt", "450 greylisted", Temporary),
        ("rcpt", "550 no such person", Permanent),
        ("data", "451 come again", Temporary),
        ("data", "554 not here", Permanent),
        ("data", "354 and what else?", OutcomeUnknown),
    ],
)
def test_the_servers_answer_decides(
    server: MailServer, asked: str, answer: str, kind: type[NotDelivered]
) -> None:
    getattr(server, asked).append(answer)
    refused = outcome(server)
    assert type(refused) is kind
    assert refused.answer == answer
    assert server.taken == []


def test_a_connection_lost_before_the_letter_is_tried_again(server: MailServer) -> None:
    server.rcpt.append("abort")
    assert type(outcome(server)) is Temporary


def test_a_connection_lost_after_the_letter_leaves_a_doubt(server: MailServer) -> None:
    server.data.append("abort")
    assert type(outcome(server)) is OutcomeUnknown


def test_a_server_that_is_slow_before_the_letter_is_tried_again(server: MailServer) -> None:
    server.rcpt.append(10.0)
    refused = outcome(server, patience=0.2)
    assert type(refused) is Temporary
    assert refused.answer == "The server took too long to answer."


def test_a_server_that_is_slow_after_the_letter_leaves_a_doubt(server: MailServer) -> None:
    server.data.append(10.0)
    assert type(outcome(server, patience_at_the_end=0.2)) is OutcomeUnknown


def test_a_slow_server_is_given_its_time_at_the_end(server: MailServer) -> None:
    server.data.append(2.0)
    assert transport(server.url, patience=1.5).deliver(letter()).startswith("250")


def test_a_server_that_can_not_be_reached() -> None:
    server = MailServer()
    assert outcome(server).answer == "The server can't be reached (connection refused)."


def test_a_server_that_hangs_up_at_once() -> None:
    with broken_server() as port:
        server = MailServer()
        server.port = port
        refused = outcome(server)
    assert type(refused) is Temporary
    assert "lost" in refused.answer


def test_credentials_are_not_sent_to_a_server_without_encryption(server: MailServer) -> None:
    url = f"smtp://desk%40studios.example:secret@127.0.0.1:{server.port}"
    with pytest.raises(Temporary, match="offers no encryption"):
        transport(url).deliver(letter())


def test_encryption_that_is_demanded_is_insisted_on(server: MailServer) -> None:
    with pytest.raises(Temporary, match="offers no encryption"):
        transport(f"{server.url}&starttls=require").deliver(letter())
    assert server.taken == []


@pytest.mark.parametrize(
    "changed",
    [
        {"To": "Cleo <cleo@client.example>, Omar <omar@other.example>"},
        {"To": "Cleo"},
        {"Cc": "omar@other.example"},
        {"Bcc": "omar@other.example"},
        {"To": '"cleo omar"@client.example'},
    ],
    ids=["two", "none", "copy", "blind copy", "a blank"],
)
def test_a_letter_for_anything_but_one_address_never_leaves(
    server: MailServer, changed: dict[str, str]
) -> None:
    with pytest.raises(Permanent):
        transport(server.url).deliver(letter(**changed))
    assert server.taken == []


def test_no_second_message_hides_in_the_first(server: MailServer) -> None:
    """Servers differ in what ends a line; only what all of them take for one may leave."""
    smuggler = letter()
    smuggler.set_payload("Hi\n.\nMAIL FROM:<x@y.example>\r.\rQUIT\r\n.\r\nRSET\n.", "us-ascii")
    transport(server.url).deliver(smuggler)
    (taken,) = server.taken
    content = taken.content or b""
    assert content.endswith(
        b"Hi\r\n.\r\nMAIL FROM:<x@y.example>\r\n.\r\nQUIT\r\n.\r\nRSET\r\n.\r\n"
    )
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", content) is None


@pytest.mark.parametrize("can", [True, False], ids=["a server that can", "one that can't"])
def test_an_address_beyond_ascii(can: bool) -> None:
    with MailServer().running(enable_SMTPUTF8=can) as server:
        deliver = transport(server.url).deliver
        if not can:
            with pytest.raises(Permanent, match="can't write to"):
                deliver(letter(To="jörg@client.example"))
        else:
            deliver(letter(To="jörg@client.example"))
            assert server.taken[0].rcpt_tos == ["jörg@client.example"]


def test_in_a_folder_each_letter_is_a_file(tmp_path: Path) -> None:
    route = mail_route(f"file:{tmp_path}/mail", data=tmp_path, site_name="Studio Directory")
    answer = transport_for(route, is_demo=True).deliver(letter())
    (file,) = (tmp_path / "mail").iterdir()
    assert answer == f"Written to {file.name}."
    assert file.read_bytes() == letter_bytes(letter())
    assert file.stat().st_mode & 0o077 == 0


def test_a_folder_that_cant_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands here")
    route = mail_route(f"file:{tmp_path}/mail", data=tmp_path, site_name="Studio Directory")
    with pytest.raises(Temporary):
        transport_for(route, is_demo=True).deliver(letter())


def test_outside_of_a_demo_a_folder_counts_as_no_delivery(tmp_path: Path) -> None:
    route = mail_route("", data=tmp_path, site_name="Studio Directory")
    with pytest.raises(Temporary, match=r"MAIL_URL names no mail server.*smtp://"):
        transport_for(route, is_demo=False).deliver(letter())
    assert not (tmp_path / "mail").exists()
