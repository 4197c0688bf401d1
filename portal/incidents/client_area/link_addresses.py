"""Addresses of private links: everyone who has one can open its report.

A message contains a stand-in in place of its link's key. It has a key's length and character set,
so that inserting the key changes nothing else in the letter.
"""

from portal.core.configuration.settings import settings

PATH = "/client/links/"
#: Opens nothing. Used in drafts, in approved letters, and in stored copies of sent ones.
STAND_IN = "a-new-key-is-made-when-this-message-is-sent"
#: The length of a 256-bit key in characters.
KEY_LENGTH = 43


def address_of(key: str) -> str:
    return f"{settings().base_url}{PATH}{key}"
