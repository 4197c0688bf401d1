"""What each email says, and that nobody gets by one what is not theirs, whatever was typed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from uuid import UUID

import pytest

from portal.core.configuration.settings import load_settings
from portal.directory.unattended.letters import StoredLetter
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import id_in
from portal.emails.delivery.message_bytes import envelope_of, letter_of
from portal.emails.site_letters.composing import compose
from portal.emails.site_letters.parts import Site, html_and_text
from portal.emails.site_letters.texts import LINKS, UNSUBSCRIBE, text_of_letter
from portal.start import bare_app
from tests.support.corpora import hostile_strings

SITE = Site("Studio Directory", "https://studios.example")
SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"
AT = datetime(2026, 11, 30, 14, 5, tzinfo=UTC)
OF_OTHERS = {"old": "old@other.example", "new": "new@other.example", "ip": "203.0.113.7"}
"""What details may hold besides what the text is made of."""
WHY = (
    *("probably you", "You asked", "as you had asked", "was changed on", "wrote to"),
    *("Somebody reviewed", "You wrote a review"),
)
WHY_CLAIMED = ("You claimed", "You had claimed", "knows this email address as the studio’s")
WHY_STAFF, IF_NOT_STAFF = "The people who run Studio Directory have", "that this is a mistake"
IF_NOT = ("not ask for this?", "was not you?", "don’t want", "did not write", "nothing to do")
IF_NOT_CLAIMED = ("did not claim it?", "You don’t know", "Is it wrong?")
NAME_A_PERSON = (
    *(LetterKind.MESSAGE, LetterKind.REPLY, LetterKind.CONFIRM_CLAIM, LetterKind.STUDIO_CLAIMED),
)
"""Who wrote or claims, by the name that they gave."""
ABOUT_THE_ACCOUNT = list(LetterKind)[: list(LetterKind).index(LetterKind.MESSAGE)]
HEADERS = {
    *("subject", "from", "to", "date", "message-id", "auto-submitted"),
    *("mime-version", "content-type"),
}
UGLY = (
    "Bob\r\nBcc: all@evil.example",
    "=?utf-8?q?Bob=0d=0aBcc:_all@evil.example?=",
    "<a href='https://evil.example/'>Click</a>",
    "https://evil.example/ www.evil.example bob@evil.example",
    "{unsubscribe} {0} {site.name} {link}",
    "</p></body><script>alert(1)</script>",
    "**bold** [here](https://evil.example) ![](https://evil.example/x.png)",
    "Bob\u2028\u2029\u202egnp.exe\x00\x1b[31m",
    "\n\n{home}\n\n",
    "x" * 5000,
)


@pytest.fixture(scope="module", autouse=True)
def _with_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No text asks a database."""
    data = tmp_path_factory.mktemp("texts")
    told = {"PORTAL_DATA": str(data), "SECRET_KEY": "only for tests"}
    route = {"MAIL_URL": "smtp://127.0.0.1?from=desk@studios.example"}
    with bare_app(load_settings({**told, **route})).app_context():
        yield


def stored(kind: LetterKind, **details: object) -> StoredLetter:
    return StoredLetter(
        uuid=SOME_ID,
        database_uuid=SOME_ID,
        kind=kind,
        email="olive@example.com",
        user_id=4,
        about=SOME_ID,
        details={
            "studio": "Tidewater",
            "from": "Vic",
            "body": "Yes, on Monday.",
            **OF_OTHERS,
            **details,
        },
        created_at=AT,
        expires_at=AT.replace(day=1, month=12),
    )


def composed(letter: StoredLetter) -> EmailMessage:
    """As it arrives."""
    return letter_of(envelope_of(compose(letter, SITE, at=AT)).content)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += [] if tag == "br" else [tag]
        given = dict(attrs)
        self.links += [str(given["href"])] if "href" in given else []
        assert not {key for key in given if key.startswith("on") or key == "src"}


@pytest.mark.parametrize("kind", LetterKind)
def test_each_says_why_it_comes_from_where_what_to_do_and_what_if_not(kind: LetterKind) -> None:
    letter = composed(stored(kind))
    plain, html = (str(part.get_content()) for part in letter.walk() if not part.is_multipart())
    assert set(map(str.lower, letter)) - {"list-unsubscribe", "list-unsubscribe-post"} == HEADERS
    assert str(letter["From"]) == "Studio Directory <desk@studios.example>"
    assert (str(letter["To"]), str(letter["Message-ID"])) == (
        "olive@example.com",
        f"<{SOME_ID}@studios.example>",
    )
    for said in (plain, html):
        words = " ".join(said.split())
        assert "Studio Directory" in words
        assert any(each in words for each in (*WHY, *WHY_CLAIMED, WHY_STAFF))
        assert any(each in words for each in (*IF_NOT, *IF_NOT_CLAIMED, IF_NOT_STAFF))
    assert all(each.startswith("https://studios.example/") for each in Page(html).links)
    assert Page(html).links[-1] == "https://studios.example/"
    if kind in LINKS:
        path, of = LINKS[kind]
        code = next(each for each in Page(html).links if path in each).rpartition("/")[2]
        assert id_in(of, code) == SOME_ID
        assert "until 1 December 2026, 14:05 UTC." in " ".join(plain.split())


@pytest.mark.parametrize("kind", LetterKind)
def test_none_holds_what_belongs_to_somebody_else(kind: LetterKind) -> None:
    letter = composed(stored(kind))
    everything = "\n".join(
        [*map(str, letter.values())]
        + [str(part.get_content()) for part in letter.walk() if not part.is_multipart()]
    )
    for each in (*OF_OTHERS.values(), "/ops", "/client", "/documents", "localhost"):
        assert each not in everything
    if kind in ABOUT_THE_ACCOUNT:
        assert "Tidewater" not in everything
    if kind not in NAME_A_PERSON:
        assert "Vic" not in everything


def test_a_reply_reveals_the_owners_address_where_the_owner_agreed() -> None:
    assert composed(stored(LetterKind.REPLY))["Reply-To"] is None
    letter = composed(stored(LetterKind.REPLY, reply_to="own@example.com"))
    assert str(letter["Reply-To"]) == "own@example.com"
    others = (each for each in LetterKind if each is not LetterKind.REPLY)
    assert not any(
        composed(stored(each, reply_to="own@example.com"))["Reply-To"] for each in others
    )


def test_emails_about_messages_end_by_one_request() -> None:
    letter = composed(stored(LetterKind.MESSAGE))
    address = str(letter["List-Unsubscribe"]).strip("<>")
    code = address.removeprefix("https://studios.example/unsubscribe/")
    assert id_in(UNSUBSCRIBE, code) == str(UUID(int=4))
    assert str(letter["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert address in Page(str(letter.get_body(("html",)).get_content())).links
    assert composed(stored(LetterKind.REPLY))["List-Unsubscribe"] is None


@pytest.mark.parametrize("kind", LetterKind)
def test_what_was_typed_adds_no_header_no_link_and_no_markup(kind: LetterKind) -> None:
    plain = composed(stored(kind))
    expected = Page(str(plain.get_body(("html",)).get_content()))
    for ugly in UGLY:
        letter = composed(stored(kind, studio=ugly, body=ugly, due=ugly, **{"from": ugly}))
        page = Page(str(letter.get_body(("html",)).get_content()))
        assert (page.tags, page.links) == (expected.tags, expected.links)
        assert letter.keys() == plain.keys()
        assert len(str(letter["Subject"])) < 200


def test_hostile_strings_add_no_link_and_no_markup() -> None:
    for kind in (LetterKind.MESSAGE, LetterKind.REPLY):
        letter = stored(kind)
        expected = Page(html_and_text(text_of_letter(letter, SITE))[0])
        for some in _together(hostile_strings(), 200):
            ugly = replace(letter, details={"studio": some, "from": some, "body": some})
            text = text_of_letter(ugly, SITE)
            page = Page(html_and_text(text)[0])
            assert (page.tags, page.links) == (expected.tags, expected.links)
            assert len(text.subject.splitlines()) == 1


def _together(texts: tuple[str, ...], count: int) -> list[str]:
    """As long texts: names are cut, answers are not."""
    return list(texts[::40]) + [
        "\n".join(texts[begin : begin + count]) for begin in range(0, len(texts), count)
    ]


def test_a_name_holds_no_address_that_a_mail_program_would_link() -> None:
    ugly = "https://evil.example/ www.evil.example bob@evil.example"
    letter = composed(stored(LetterKind.MESSAGE, **{"from": ugly}))
    for part in ("plain", "html"):
        said = str(letter.get_body((part,)).get_content())
        assert "evil" in said
        assert not any(
            each in said for each in ("evil.example", "https://evil", "bob@", "www.evil")
        )
