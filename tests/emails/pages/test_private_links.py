"""The key of a private link stands in the letter that a server was handed, and nowhere else."""

import base64
import quopri
import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.storage.database import db
from portal.databases.backups.ops_database import copy_ops
from portal.emails.delivery import sending
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.message_bytes import letter_of
from portal.emails.delivery.sending import send_message
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.delivery.transport import MailFolder
from portal.emails.delivery.unknown_outcomes import settle_lost
from portal.emails.models import Message, MessageLink, MessageState, UnsavedWords
from portal.emails.old_keys import cover_old_keys
from portal.incidents.client_area.link_addresses import STAND_IN
from portal.incidents.client_area.links import create_link
from portal.incidents.models import PrivateLink
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.demo import mark_as_demo
from tests.support.mail import MailServer
from tests.support.pages import check_page, words

IN_A_TEXT = re.compile(r"/client/links/([\w-]{43})")
REFUSED = "554 5.7.1 Looks like spam: "


@pytest.fixture
def server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def waiting(client, ana, make_drafts, contacts) -> Message:
    (message,) = make_drafts(template="linked", people=contacts[:1])
    assert approve(client, message).status_code == 303
    return all_messages()[0]


@pytest.fixture
def send(server) -> Callable[[Message], Message]:
    def send(message: Message) -> Message:
        message_id = message.id
        message.next_attempt_at = now() if message.state is MessageState.WAITING else None
        db.session.commit()
        route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
        send_message(message_id, SmtpTransport(route, patience=10, patience_at_the_end=10))
        db.session.expire_all()
        return message

    return send


def texts_of(content: bytes) -> list[str]:
    return [
        part.get_content()
        for part in letter_of(content).walk()
        if part.get_content_maintype() == "text"
    ]


def key_in(content: bytes) -> str:
    """The one key that all texts of a letter hold."""
    (found,) = {tuple(sorted(set(IN_A_TEXT.findall(text)))) for text in texts_of(content)}
    (key,) = found
    return key


def forms_of(key: str) -> list[bytes]:
    """The key as bytes, as base64 at each offset."""
    plain = key.encode()
    coded = [base64.b64encode(b"x" * at + plain)[4:-4] for at in range(3)]
    return [plain, *coded]


def holding(key: str, *files: Path) -> list[str]:
    """Names of the files that hold the key, soft line breaks and case put aside."""
    found = []
    for file in files:
        # Another process reads it: closing a descriptor of a SQLite file ends this one's locks.
        content = subprocess.run(["cat", file], check=True, capture_output=True).stdout
        texts = [content, content.replace(b"=\r\n", b""), content.replace(b"=\n", b"")]
        texts += [re.sub(rb"\s", b"", content), quopri.decodestring(content)]
        if any(form in text for form in forms_of(key) for text in texts):
            found.append(file.name)
    return found


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def opens(client, key: str) -> bool:
    return client.application.test_client().get(f"/client/links/{key}").status_code == 200


def test_44_only_the_letter_that_left_holds_the_key(
    client, app, settings, ana, waiting, send, server
):
    before = client.get(f"/ops/emails/{waiting.id}/message.eml").data
    send(waiting)
    assert waiting.state is MessageState.SENT
    content = server.taken[0].content.replace(b"\r\n", b"\n")
    key = key_in(content)
    assert opens(client, key)
    assert content == _with(key, before.replace(b"\r\n", b"\n"))
    assert holding(key, *everything(settings.data)) == []
    for address in ("", "/preview", "/message.eml"):
        shown = client.get(f"/ops/emails/{waiting.id}{address}").data.replace(b"=\r\n", b"")
        assert key.encode() not in shown
        assert STAND_IN.encode() in shown
    assert db.session.scalar(select(MessageLink.seed)) is None


def _with(key: str, content: bytes) -> bytes:
    """Another way to the same bytes: the text without soft breaks has the key in one piece."""
    assert STAND_IN.encode() in content.replace(b"=\n", b"")
    pattern = rb"(?:=\n)?".join(re.escape(bytes([char])) for char in STAND_IN.encode())

    def put(found: re.Match[bytes]) -> bytes:
        chars = iter(key.encode())
        pieces = found[0].split(b"=\n")
        return b"=\n".join(bytes(next(chars) for _ in piece) for piece in pieces)

    return re.sub(pattern, put, content)


def test_it_opens_from_the_sending_on_for_as_long_as_it_says(client, ana, waiting, send, server):
    server.data = ["451 Later"]
    send(waiting)
    link = db.session.scalars(select(PrivateLink)).one()
    made = db.session.scalars(select(MessageLink)).one()
    assert (waiting.state, link.is_open, bool(made.seed)) == (MessageState.WAITING, False, True)
    page = words(client.page("/ops/incidents/2026-03-09-away?tab=readers"))
    assert "opens nothing yet: its message has not left" in page
    link.expires_at = now()  # as if it had waited for weeks
    send(waiting)
    assert opens(client, key_in(server.taken[0].content))
    assert link.expires_at > now() + timedelta(days=29)
    assert db.session.scalars(select(PrivateLink)).one() is link


def test_every_attempt_hands_over_the_same_link(client, ana, waiting, send, server, monkeypatch):
    handed = []
    deliver = SmtpTransport.deliver
    monkeypatch.setattr(
        SmtpTransport,
        "deliver",
        lambda self, letter: handed.append(letter.as_bytes()) or deliver(self, letter),
    )
    server.data = ["451 Later"]
    send(waiting)
    send(waiting)
    assert len({key_in(content) for content in handed}) == 1
    assert len(handed) == 2


def test_refused_for_good_its_link_is_dead_and_the_answer_is_kept_without_the_key(
    client, settings, ana, waiting, send, server, monkeypatch
):
    handed = []

    async def quote(_server, _session, envelope):
        handed.append(key_in(envelope.content))
        return f"{REFUSED}http://localhost:8000/client/links/{handed[-1]} and {handed[-1]}"

    monkeypatch.setattr(server, "handle_DATA", quote)
    send(waiting)
    assert waiting.state is MessageState.FAILED
    assert waiting.answer == f"{REFUSED}http://localhost:8000/client/links/… and …"
    assert not opens(client, handed[0])
    assert db.session.scalar(select(MessageLink.seed)) is None
    assert holding(handed[0], *everything(settings.data)) == []
    monkeypatch.undo()
    assert client.post(f"/ops/emails/{waiting.id}/sending").status_code == 303
    send(waiting)
    key = key_in(server.taken[-1].content)
    assert key != handed[0]
    assert [opens(client, each) for each in (handed[0], key)] == [False, True]


@pytest.mark.parametrize(
    ("decision", "lives"), [("arrival", True), ("loss", False), ("sending", False)]
)
def test_in_doubt_it_stays_sealed_until_a_person_decides(
    client, settings, ana, waiting, decision, lives
):
    message_id = waiting.id
    db.session.rollback()
    taken = sending.take(message_id)
    mark_as_demo()
    backup, _ = copy_ops()
    settle_lost([(message_id, 1)])
    key = key_in(taken.content)
    assert key not in repr(taken)
    assert backup.file.read_bytes().startswith(b"SQLite format 3")
    assert holding(key, *everything(settings.data)) == []
    assert db.session.scalar(select(MessageLink.seed)) is not None
    assert opens(client, key)
    assert client.post(f"/ops/emails/{message_id}/{decision}").status_code == 303
    assert db.session.scalar(select(MessageLink.seed)) is None
    assert opens(client, key) is lives


def test_given_up_too_early_the_link_lives_when_the_letter_left_after_all(client, ana, waiting):
    message_id = waiting.id
    db.session.rollback()
    taken = sending.take(message_id)
    settle_lost([(message_id, 1)])
    client.post(f"/ops/emails/{message_id}/loss")
    assert not opens(client, key_in(taken.content))
    sending.conclude(message_id, 1, sending.AttemptResult(sending.AttemptOutcome.SENT, "250 OK"))
    assert opens(client, key_in(taken.content))


@pytest.mark.parametrize("end", ["approval/end", "withdrawal"])
def test_taken_back_it_opens_nothing(client, ana, waiting, send, server, end):
    server.data = ["451 Later"]
    send(waiting)
    client.post(f"/ops/emails/{waiting.id}/{end}")
    link, made = db.session.execute(
        select(PrivateLink, MessageLink).join_from(MessageLink, PrivateLink)
    ).one()
    assert (link.is_open, made.seed) == (False, None)


def test_withdrawn_meanwhile_by_hand_it_keeps_the_message_back(client, ana, waiting, send, server):
    server.data = ["451 Later"]
    send(waiting)
    link = db.session.scalars(select(PrivateLink)).one()
    link.withdrawn_at, link.withdrawn_by = now(), "Ana"
    send(waiting)
    assert waiting.state is MessageState.FAILED
    assert waiting.answer == "Its private link was withdrawn, so it was not sent."
    assert server.taken == []


def test_another_secret_makes_another_link_and_the_old_one_dies(
    client, app, ana, waiting, send, server, monkeypatch
):
    server.data = ["451 Later"]
    send(waiting)
    old = db.session.scalars(select(PrivateLink)).one()
    monkeypatch.setattr(
        "portal.emails.delivery.private_links.secret_key", lambda _settings: "another one"
    )
    send(waiting)
    assert opens(client, key_in(server.taken[0].content))
    assert not old.is_open


def test_a_report_that_is_not_theirs_any_more_gets_no_link(client, app, ana, waiting, send, server):
    file = app.extensions["portal.settings"].incidents_dir / "2026-03-09-away.md"
    file.write_text("---\naudience: internal\n---\n# Not for clients\n", encoding="utf-8")
    send(waiting)
    assert waiting.state is MessageState.FAILED
    assert "Only staff can read the report" in waiting.answer
    assert server.taken == []


def test_44_in_a_demo_s_folder_the_key_is_covered(client, settings, ana, waiting):
    message_id = waiting.id
    db.session.rollback()
    send_message(message_id, MailFolder(settings.mail.folder))
    (file,) = (settings.data / "mail").glob("*.eml")
    assert all(STAND_IN in text for text in texts_of(file.read_bytes()))
    assert all(set(IN_A_TEXT.findall(t)) == {STAND_IN} for t in texts_of(file.read_bytes()))
    page = client.page(f"/ops/mailbox/{file.name}")
    way = page.find("a", string="make a private link on the incident’s page")["href"]
    assert way == "/ops/incidents/2026-03-09-away?tab=readers#links"


def test_44_a_key_put_in_by_hand_is_not_saved(client, ana, contacts, make_drafts):
    message = make_drafts(template="linked")[0]
    _, address = create_link("2026-03-09-away", contacts[0], by=SYSTEM)
    db.session.commit()
    answer = edit(client, message, body=f"Read {address}")
    assert answer.status_code == 422
    assert "holds a private link that opens a report, so it was not saved" in answer.text
    data = {"incident": "2026-03-09-away", "template": "update", "field-0": address}
    data["contact"] = str(contacts[2].id)
    assert client.post("/ops/emails", data=data).status_code == 422
    message.body += f"\n\nRead {address}"
    db.session.commit()
    shown = words(client.page(f"/ops/emails/{message.id}"))
    assert "seems to hold a private link that opens a report" in shown
    message.subject = "The link: [Report Link]".replace("[Report Link]", STAND_IN)
    db.session.commit()
    assert "is not allowed in the subject" in words(client.page(f"/ops/emails/{message.id}"))
    assert approve(client, message).status_code == 409


OWN = f"http://localhost:8000/client/links/{STAND_IN}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"see {OWN}.", None),
        (f"[here]({OWN}) or [as PDF](/client/links/{STAND_IN}.pdf)", None),
        (f"see https://evil.example/client/links/{STAND_IN}", "allowed only in"),
        (f"[here](https://evil.example/?to={OWN})", "allowed only in"),
        (f"[here](https://evil.example/?to=%61{STAND_IN[1:]})", "allowed only in"),
        (f"`https://evil.example/?{OWN}`", "allowed only in"),
        (f"![x](/client/links/{STAND_IN})", "allowed only in"),
        (STAND_IN.replace("when", "**when**"), "allowed only in"),
        (f"[here]({OWN.replace('a-new', '&#97;-new')})", "as it is"),
        (f"[here]({OWN}-now)", "allowed only in"),
        ("[here](/client/links/half-a-key)", "leads nowhere"),
    ],
)
def test_the_key_can_stand_in_the_site_s_own_address_alone(
    client, ana, contacts, make_drafts, body, said
):
    (message,) = make_drafts(template="linked", people=contacts[:1])
    edit(client, message, body=body)
    (message,) = all_messages()
    answer = approve(client, message)
    assert answer.status_code == (409 if said else 303)
    assert said is None or said in answer.text


def test_words_typed_with_a_key_are_kept_without_it(client, ana, contacts, make_drafts):
    (message,) = make_drafts(template="update", people=contacts[:1])
    _, address = create_link("2026-03-09-away", contacts[0], by=SYSTEM)
    approve(client, message)
    (message,) = all_messages()
    message.state, message.sent_at = MessageState.SENT, now()
    db.session.commit()
    data = {"wrong": "it was a fuse", "right": f"Read {address}"}
    answer = client.post(f"/ops/emails/{message.id}/correction", data=data)
    assert answer.status_code == 422
    assert check_page(answer.text).find("input", id="right")["value"] == data["right"]
    assert len(all_messages()) == 1
    (draft,) = make_drafts(template="linked", people=contacts[1:2])[1:]
    page = client.page(f"/ops/emails/{draft.id}")
    inputs = page.select("form[data-keep] input[name]")
    typed = {each["name"]: each.get("value", "") for each in inputs if each["name"] != "csrf_token"}
    typed["body"] = f"Read {address}"
    assert client.post(f"/ops/emails/{draft.id}/words", data=typed).status_code == 200
    assert db.session.scalar(select(UnsavedWords.body)) == f"Read {OWN}"


def test_what_an_earlier_release_kept_is_covered_and_goes_on(
    client, app, settings, ana, contacts, make_drafts, send, server
):
    """A draft, one that waits, one that was sent, each with a key of its own; and the folder."""
    drafts = make_drafts(template="linked")
    keys = [_as_before(each) for each in drafts]
    draft, waits, was_sent = all_messages()
    folder = settings.data / "mail"
    folder.mkdir()
    (folder / "1.eml").write_bytes(drafts[1].copy)
    was_sent.state, was_sent.sent_at = MessageState.SENT, now()
    db.session.add(sending.Attempt(message_id=was_sent.id, number=1, host="h", outcome="sent"))
    db.session.commit()
    typed = dict.fromkeys(("key", "page", "seen_hash", "subject"), "x") | {"body": draft.body}
    db.session.add(UnsavedWords(message_id=draft.id, account_id=ana.id, **typed))
    draft.mailing.fields = {"cause": f"/client/links/{keys[0]}"}
    db.session.commit()
    assert cover_old_keys() == 4
    assert cover_old_keys() == 0
    with closing(sqlite3.connect(settings.data / "ops.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert [holding(key, *everything(settings.data)) for key in keys] == [[], [], []]
    assert [opens(client, key) for key in keys] == [False, False, True]
    send(waits)
    assert waits.state is MessageState.SENT
    assert opens(client, key_in(server.taken[0].content))
    assert approve(client, draft).status_code == 303


def _as_before(message: Message) -> str:
    """What an earlier release made of it: the key in draft and copy."""
    link, address = create_link("2026-03-09-away", message.contact, by=SYSTEM)
    key = address.rsplit("/", 1)[1]
    message.body = message.body.replace(STAND_IN, key)
    message.fields = {**message.fields, "report link": address}
    if message.to_name != "Cleo Marsh":
        text = f"To: {message.to_address}\r\nFrom: desk@studios.example\r\n"
        text += f"Subject: {message.subject}\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        soft = f"{address[:-20]}=\r\n{address[-20:]}"
        message.copy = f"{text}Content-Type: text/plain; charset=utf-8\r\n\r\n{soft}\r\n".encode()
        message.seen_hash = content_hash(message)
        message.state, message.next_attempt_at = MessageState.WAITING, now()
    db.session.commit()
    return key
