"""Which addresses of the directory may be cached, their normal form, and what they depend on.

Two addresses have the same normal form only if their pages are identical, byte for byte.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from portal.directory.places.file import cached_answers
from portal.directory.search.search_query import Wish, read_wish
from portal.directory.visibility import number_in

LONGEST_QUERY = 1000
READ = 64
"""Searches that were just parsed: the server, the cache and the page parse the same one."""
STUDIOS = "/studios"


@dataclass(frozen=True, slots=True)
class KeptAddress:
    """`studio`: the studio whose version it depends on; None for pages about many."""

    key: Hashable
    studio: int | None = None
    depends_on_time: bool = False


HOME = KeptAddress("/")
ALL_STUDIOS = KeptAddress((STUDIOS, Wish()))


def kept_address(path: str, query: str) -> KeptAddress | None:
    """None for what is never cached: other pages, and addresses that are refused or unusual."""
    if path == "/":
        return HOME if not _is_asked_for_more(query) else None
    if path == STUDIOS:
        return _search(query)
    if path.startswith("/studios/") and not _is_asked_for_more(query):
        slug = path[len(STUDIOS) + 1 :]
        number = number_in(slug)
        return None if number is None else KeptAddress(slug, studio=number)
    return None


def _search(query: str) -> KeptAddress | None:
    if not query:
        return ALL_STUDIOS
    wish = wish_in(query)
    return None if wish is None else KeptAddress((STUDIOS, wish))


@cached_answers(READ)
def wish_in(query: str) -> Wish | None:
    """The search of an address that may be cached; None for another one."""
    if (asked := _read(query)) is None or not asked.keys().isdisjoint(REFUSED):
        return None
    if any(not _is_short_number(each) for each in asked.get("page", ())):
        return None
    return read_wish(lambda name: asked.get(name, []))


def _is_asked_for_more(query: str) -> bool:
    """Whether the query asks for a number, which may be refused. A page ignores parameters that it
    does not know."""
    if not query:
        return False
    asked = _read(query)
    return asked is None or not asked.keys().isdisjoint({"page", *REFUSED})


REFUSED = frozenset({"before", "after", "version"})
"""Numeric parameters of other pages, which are refused on every page if they are no numbers."""


def _is_short_number(text: str) -> bool:
    return len(text) <= 6 and text.isascii() and text.isdecimal()


def _read(query: str) -> dict[str, list[str]] | None:
    """Parsed as werkzeug does it."""
    if len(query) > LONGEST_QUERY or not query.isascii():
        return None
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote"):
        found.setdefault(name, []).append(value)
    return found
