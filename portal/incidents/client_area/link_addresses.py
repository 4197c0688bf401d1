"""The addresses of private links: whoever has one may open what it leads to.

A message holds a stand-in where its link's key will stand. It is as long as a key, and made of the
characters of one, so that a letter with the key in its place is the same letter in all else.
"""

from portal.core.configuration.settings import settings

PATH = "/client/links/"
#: Opens nothing. What stands in drafts, in what is approved, and in what is kept of what was sent.
STAND_IN = "a-new-key-is-made-when-this-message-is-sent"
#: Of a key of 256 bits.
KEY_LENGTH = 43


def address_of(key: str) -> str:
    return f"{settings().base_url}{PATH}{key}"
