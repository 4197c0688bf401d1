"""One response in each requested encoding: complete, without its body, and as 304."""

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import brotli
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

ENCODINGS = ("br", "gzip")
PLAIN = "plain"
PAGE = "text/html; charset=utf-8"
"""The type of a page whose first response was a 304, which states none."""
_OF_CONTENT = frozenset(
    {"content-type", "content-length", "content-encoding", "etag", "date", "connection", "server"}
)
_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|\Z)')

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """A response in one encoding."""

    tag: str
    whole: KeptAnswer
    head: KeptAnswer
    unchanged: KeptAnswer


@dataclass(slots=True)
class Body:
    """A page's bytes, uncompressed and in the encodings requested so far."""

    plain: bytes
    digest: str
    encoded: dict[str, bytes] = field(default_factory=dict)

    def in_encoding(self, encoding: str) -> bytes:
        if encoding == PLAIN:
            return self.plain
        if encoding not in self.encoded:
            self.encoded[encoding] = encode(self.plain, encoding)
        return self.encoded[encoding]

    def tag(self, encoding: str) -> str:
        return f"{self.digest}-{encoding}"

    @property
    def size(self) -> int:
        return len(self.plain) + sum(map(len, self.encoded.values()))


def encode(plain: bytes, encoding: str) -> bytes:
    """With fast settings, as a page that is rendered for each request is compressed each time."""
    if encoding == "br":
        return bytes(brotli.compress(plain, quality=3))
    return gzip.compress(plain, 3, mtime=0)


@lru_cache(maxsize=256)
def chosen_encoding(accepted: str) -> str:
    """From Accept-Encoding: the client's preference, and the smaller one if equal."""
    found = parse_accept_header(accepted, Accept)
    best = max(ENCODINGS, key=lambda each: found[each])
    return best if found[best] > 0 else PLAIN


def variant(status: int, headers: Iterable[tuple[str, str]], body: Body, encoding: str) -> Variant:
    """`headers`: those of the complete response, from the application, in any encoding."""
    given = list(headers)
    type_ = next((value for name, value in given if name.lower() == "content-type"), PAGE)
    content = body.in_encoding(encoding)
    tag = body.tag(encoding)
    both = [each for each in given if each[0].lower() not in _OF_CONTENT] + [("ETag", f'"{tag}"')]
    of_content = [("Content-Type", type_), ("Content-Length", str(len(content)))]
    if encoding != PLAIN:
        of_content.append(("Content-Encoding", encoding))
    all_of_them = both + of_content
    return Variant(
        tag,
        KeptAnswer(status, all_of_them, content),
        KeptAnswer(status, all_of_them, b""),
        KeptAnswer(304, both, b""),
    )


def is_known(tag: str, if_none_match: str) -> bool:
    """Whether the visitor has it already. A proxy may have marked the tag as weak."""
    if not if_none_match:
        return False
    if if_none_match.strip() == "*":
        return True
    return tag in _TAG.findall(if_none_match)
