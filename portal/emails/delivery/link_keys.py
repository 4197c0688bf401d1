"""The keys of private links in a letter's bytes: inserted for sending, masked in stored copies.

Both texts of a letter are quoted-printable: the characters of a key are literal there, and a soft
line break may separate any two of them.
"""

import re
from collections.abc import Iterator

from portal.core.errors import Invalid
from portal.emails.delivery.message_bytes import letter_of
from portal.incidents.client_area.link_addresses import KEY_LENGTH, PATH, STAND_IN

_SOFT = r"(?:=\r?\n)?"
_KEY = rf"(?:{_SOFT}[\w-]){{{KEY_LENGTH}}}(?!{_SOFT}[\w-])"


def _spread(text: str) -> str:
    return _SOFT.join(re.escape(char) for char in text)


_STAND_IN = re.compile(_spread(STAND_IN).encode())
_KEYS = re.compile(f"(?P<path>{_spread(PATH)})(?P<key>{_KEY})".encode())
KEY_IN_TEXT = re.compile(
    rf"(?<={PATH})(?!{STAND_IN})[A-Za-z0-9_-]{{{KEY_LENGTH}}}(?![A-Za-z0-9_-])"
)
_STEP = re.compile(rb"=\r?\n|(.)", re.S)


def keys_in(text: str) -> list[str]:
    """Every key of a private link in a text, of any site; stand-ins do not count."""
    return KEY_IN_TEXT.findall(text)


def covered(text: str) -> str:
    """The text with each key replaced by a stand-in."""
    return KEY_IN_TEXT.sub(STAND_IN, text)


def covered_letter(content: bytes) -> bytes:
    """A letter with each key replaced by a stand-in."""
    return _KEYS.sub(lambda found: found["path"] + _over(found["key"], STAND_IN), content)


def asks_for_key(content: bytes) -> bool:
    return _STAND_IN.search(content) is not None


def filled_letter(content: bytes, key: str) -> bytes:
    """The letter with the key in place of the stand-in; otherwise it is identical, byte for byte.

    Raises Invalid if a stand-in remains, or if the key would appear in a header.
    """
    head, blank, body = content.partition(b"\r\n\r\n")
    filled = head + blank + _STAND_IN.sub(lambda found: _over(found[0], key), body)
    texts = [head.decode(errors="replace"), *_texts(filled)]
    if any(STAND_IN in text for text in texts):
        raise Invalid("The private link could not be put into the letter, so it was not sent.")
    return filled


def _over(there: bytes, text: str) -> bytes:
    """`text` in place of a text of equal length, with the soft line breaks preserved."""
    chars = iter(text)
    return _STEP.sub(lambda each: next(chars).encode() if each[1] else each[0], there)


def _texts(content: bytes) -> Iterator[str]:
    for part in letter_of(content).walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content())
