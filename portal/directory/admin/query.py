"""What the admins' table is asked for: a search, filters, an order, a page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from portal.core.errors import Invalid
from portal.directory.admin.index.documents import FLAGS, SOME, WAITING, Owner, State
from portal.directory.folding import UNPRINTABLE, one_line
from portal.directory.models import StudioType

SIZES = (25, 50, 100, 500)
SIZE = 50
LONGEST, LONGEST_PLACE = 200, 120
YES, NO, NONE = "yes", "no", "none"
MOST_FIELDS, MOST_TEXT = 50, 8000
UNREAD = "The filters of the table can’t be read, so nothing was done with all that match."
REMEDY = "Open the table again, and choose the filters there."


class Sort(StrEnum):
    NEWEST = "newest"
    CHANGED = "changed"
    NAME = "name"
    CITY = "city"
    RATING = "rating"
    NUMBER = "number"


FALLING = frozenset({Sort.NEWEST, Sort.CHANGED, Sort.RATING})
"""Orders that begin with the highest value, unless they are turned round."""
CHOICES: dict[str, tuple[str, ...]] = {
    "state": tuple(State),
    **dict.fromkeys(FLAGS, (YES, NO)),
    "type": tuple(each.value for each in StudioType),
    "owner": tuple(Owner),
    "reviews": (NONE, SOME, WAITING),
    "pictures": (NONE, SOME),
    "direction": ("up", "down"),
    "sort": tuple(Sort),
}


@dataclass(frozen=True)
class AdminQuery:
    """An empty text is no condition. `since`: changed on that day or later, in UTC. `after` and
    `before`: a place in the order, which the page begins behind, or ends before."""

    q: str = ""
    state: str = ""
    verified: str = ""
    featured: str = ""
    premium: str = ""
    type: str = ""
    city: str = ""
    owner: str = ""
    reviews: str = ""
    pictures: str = ""
    since: str = ""
    sort: str = Sort.NEWEST
    direction: str = ""
    size: int = SIZE
    after: str | None = None
    before: str | None = None

    @property
    def is_falling(self) -> bool:
        if self.direction:
            return self.direction == "down"
        return self.sort in FALLING

    @property
    def conditions(self) -> dict[str, str]:
        """Those that are set."""
        return {name: value for name in CONDITIONS if (value := getattr(self, name))}

    @property
    def filters(self) -> dict[str, str]:
        """The conditions without the search."""
        return {name: value for name, value in self.conditions.items() if name != "q"}

    def args(self, **more: Any) -> dict[str, Any]:
        """The query string's names and values, without what is usual."""
        made = replace(self, **more) if more else self
        values = ((each.name, getattr(made, each.name), each.default) for each in fields(made))
        return {
            name: str(value) if isinstance(value, StrEnum) else value
            for name, value, usual in values
            if value != usual and value is not None
        }

    def matching(self) -> str:
        """The conditions alone, as a query string: for a form that acts on all that match."""
        return urlencode(self.conditions)


CONDITIONS = (
    *("q", "state", "verified", "featured", "premium", "type", "city", "owner"),
    *("reviews", "pictures", "since"),
)
NAMES = frozenset(each.name for each in fields(AdminQuery))


def read_admin_query(args: Mapping[str, Any]) -> AdminQuery:
    """From a query string's values. What can't be read is left out: an address is no mistake."""
    given = {name: one_line(str(args[name]))[:LONGEST] for name in CONDITIONS if args.get(name)}
    for name, allowed in CHOICES.items():
        value = str(args.get(name) or "")
        given.pop(name, None)
        if value in allowed:
            given[name] = value
    if "since" in given and not day_of(given["since"]):
        del given["since"]
    places = {name: _place(args.get(name)) for name in ("after", "before")}
    if places["after"] is not None:
        places["before"] = None
    size = str(args.get("size") or "")
    read = AdminQuery(**given, size=int(size) if size in {str(each) for each in SIZES} else SIZE)
    return replace(read, after=places["after"], before=places["before"])


def query_in(text: str) -> AdminQuery:
    """From a form's field `filter`, for what is done with all that match. Raises Invalid where a
    part of it can't be read: without that part, more studios would match."""
    try:
        given = dict(parse_qsl(text, max_num_fields=MOST_FIELDS)) if len(text) <= MOST_TEXT else {}
    except ValueError:
        given = {}
    if (text and not given) or given.keys() - NAMES:
        raise Invalid(UNREAD, remedy=REMEDY)
    return query_of_all(given)


def query_of_all(given: Mapping[str, str]) -> AdminQuery:
    """The same, from its values; other names are left out."""
    query = read_admin_query(given)
    asked = {name: one_line(given[name]) for name in CONDITIONS if given.get(name)}
    if any(query.conditions.get(name) != value for name, value in asked.items()):
        raise Invalid(UNREAD, remedy=REMEDY)
    return query


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _place(given: Any) -> str | None:
    return UNPRINTABLE.sub("", str(given))[:LONGEST_PLACE] if given is not None else None
