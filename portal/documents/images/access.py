"""Access to images of documents: readable by everyone who is shown a text with the image.

An image's address alone gives no access. A page that shows a text to an authorised reader adds a
key to the addresses of its images; the key is valid for an hour or two, in a message without limit.
"""

import hmac
import re
from hashlib import sha256

from markupsafe import Markup

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.secrets import secret_key

#: The query parameter that carries the key.
KEY = "key"
_ADDRESS = re.compile(r'(?<= src=")/documents/images/([0-9a-f]{64})\.webp(?=")')
_SHAPE = re.compile(r"([0-9a-f]{1,8})-([0-9a-f]{32})")
_FOR_GOOD = 0


def with_keys(html: Markup, *, for_good: bool = False) -> Markup:
    """The HTML with a key in the address of each image."""
    hour = _FOR_GOOD if for_good else _this_hour() + 2
    opened = _ADDRESS.sub(lambda found: f"{found[0]}?{KEY}={_key(found[1], hour)}", str(html))
    return Markup(opened)  # noqa: S704 (only keys of our own were put in)


def opens(key: str, name: str) -> bool:
    """Whether the key belongs to the image of that name and has not expired."""
    found = _SHAPE.fullmatch(key)
    if not found:
        return False
    hour = int(found[1], 16)
    holds = hour == _FOR_GOOD or hour > _this_hour()
    return holds and hmac.compare_digest(_key(name, hour), key)


def _key(name: str, hour: int) -> str:
    """The hour, since 1970, at whose beginning the key expires, and a signature."""
    secret = secret_key(settings()).encode()
    said = hmac.new(secret, f"picture {name} {hour}".encode(), sha256)
    return f"{hour:x}-{said.hexdigest()[:32]}"


def _this_hour() -> int:
    return int(now().timestamp()) // 3600
