"""A scan of every kind of email: whatever its row holds, nobody gets another person's address, an
address of the network or one of the control room by it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.core.configuration.settings import load_settings
from portal.directory.unattended.letters import StoredLetter
from portal.directory.users.letters import LetterKind
from portal.emails.delivery.message_bytes import envelope_of, letter_of
from portal.emails.site_letters.composing import compose
from portal.emails.site_letters.parts import Site, without_addresses
from portal.start import bare_app

SITE = Site("Studio Directory", "https://studios.example")
SOME_ID = "9b7a4a5e-3f43-4a63-8a52-0f7a2e3f6a11"
AT = datetime(2026, 11, 30, 14, 5, tzinfo=UTC)
FOREIGN = (
    *("mallory@other.example", "203.0.113.7", "2001:db8::7", "::ffff:203.0.113.9"),
    *("https://studios.example/ops/directory/people/5", "/ops/directory/queue", "/client/2026"),
)
PARTS = ("mallory", "other.example", "203.0.113", "2001:db8", "::ffff", "/ops", "/client")
"""By which each of them would be found, also in pieces."""
SENTINEL = f"Tidewater {' '.join(FOREIGN)} end"
MEANT = {LetterKind.REPLY: ("body", "reply_to")}
"""What an owner gives a visitor on purpose: their own words, and their address if they agreed."""
UNSEEN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]")


class Everything(dict[str, Any]):
    """Details that hold the sentinel in every field that anything asks for, but in those `less`."""

    def __init__(self, *less: str) -> None:
        super().__init__()
        self.less = less

    def __missing__(self, name: str) -> str:
        if name in self.less:
            raise KeyError(name)
        return SENTINEL

    def __contains__(self, name: object) -> bool:
        return name not in self.less

    def get(self, name: str, otherwise: Any = None) -> Any:
        return otherwise if name in self.less else SENTINEL


@pytest.fixture(scope="module", autouse=True)
def _with_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    told = {"PORTAL_DATA": str(tmp_path_factory.mktemp("scan")), "SECRET_KEY": "only for tests"}
    route = {"MAIL_URL": "smtp://127.0.0.1?from=desk@studios.example"}
    with bare_app(load_settings({**told, **route})).app_context():
        yield


def everything_in(letter: StoredLetter) -> str:
    """All headers and both texts, without the characters that nobody sees."""
    sent = letter_of(envelope_of(compose(letter, SITE, at=AT)).content)
    bodies = [str(part.get_content()) for part in sent.walk() if not part.is_multipart()]
    assert len(bodies) == 2
    return UNSEEN.sub("", "\n".join([*map(str, sent.values()), *bodies]))


@pytest.mark.parametrize("kind", LetterKind)
def test_whatever_its_row_holds_no_address_of_others_leaves(kind: LetterKind) -> None:
    letter = StoredLetter(
        *(SOME_ID, SOME_ID, kind, "olive@example.com", 4, SOME_ID),
        details=Everything(*MEANT.get(kind, ())),
        created_at=AT,
        expires_at=AT,
    )
    said = everything_in(letter)
    assert [each for each in PARTS if each in said.casefold()] == []
    if kind in MEANT:
        own = replace(letter, details=Everything("reply_to"))
        assert "mallory@other.example" in everything_in(own)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ask mallory@other.example, please", "Ask …, please"),
        ("See HTTPS://x.example/OPS/people/5.", "See …"),
        ("from 203.0.113.7 and [2001:db8::7]:443", "from … and […]:443"),
        ("10:30 to 18:00, v1.2, a/b, co-ops/", "10:30 to 18:00, v1.2, a/b, co-ops/"),
    ],
    ids=["person", "control-room", "network", "none"],
)  # fmt: skip
def test_only_addresses_are_left_out(typed: str, shown: str) -> None:
    assert without_addresses(typed) == shown
