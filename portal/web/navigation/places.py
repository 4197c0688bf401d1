"""The navigation of the control room: eight places, each with the pages inside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Where = tuple[str, str]
"""The label of a place, and that of the part of it; both empty for a page outside of all."""


@dataclass(frozen=True, eq=False)
class Part:
    """A page with a tab, and what is below its address or below the addresses `also`."""

    label: str
    href: str
    also: tuple[str, ...] = ()
    admin_only: bool = False


@dataclass(frozen=True, eq=False)
class Place:
    """An entry of the navigation; compared by identity, so that it is cheap in a cache's key."""

    label: str
    parts: tuple[Part, ...]

    @property
    def href(self) -> str:
        return self.parts[0].href

    @property
    def tabs(self) -> tuple[tuple[str, str], ...]:
        """None of a place with one page."""
        parts = self.parts if len(self.parts) > 1 else ()
        return tuple((part.label, part.href) for part in parts)

    @property
    def below(self) -> tuple[tuple[str, str], ...]:
        """The tabs besides the one that the entry itself opens, unless that has another name."""
        return tuple(tab for tab in self.tabs if tab[0] != self.label)


@dataclass(frozen=True, eq=False)
class Menu:
    """The places of one kind of reader."""

    places: tuple[Place, ...]
    by_label: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_label", {place.label: place for place in self.places})


HOME = "/ops"
ALL = (
    Place("Home", (Part("Home", HOME),)),
    Place(
        "Incidents",
        (
            Part("Incidents", "/ops/incidents"),
            Part("Outages", "/ops/outages"),
            Part("Monitoring", "/ops/monitoring"),
            Part("Errors", "/ops/monitoring/errors"),
            Part("Measures", "/ops/incidents/measures"),
        ),
    ),
    Place(
        "Runbooks",
        (Part("Runbooks", "/ops/runbooks"), Part("Runs", "/ops/runs")),
    ),
    Place(
        "Databases",
        (
            Part("Databases", "/ops/databases", also=("/ops/syncs",)),
            Part("Migrations", "/ops/migrations"),
            Part("Backups", "/ops/backups"),
            Part("Windows", "/ops/windows"),
            Part("Operations", "/ops/operations"),
        ),
    ),
    Place(
        "Messages",
        (
            Part("Messages", "/ops/emails"),
            Part("Templates", "/ops/emails/templates"),
            Part("Mailbox", "/ops/mailbox"),
        ),
    ),
    Place(
        "Directory",
        (
            Part("Studios", "/ops/directory", admin_only=True),
            Part("Queue", "/ops/directory/queue", also=("/ops/directory/claims",), admin_only=True),
            Part("People", "/ops/directory/people", admin_only=True),
            Part(
                "Imports",
                "/ops/directory/imports",
                also=("/ops/directory.csv",),
                admin_only=True,
            ),
            Part("Statistics", "/ops/directory/statistics", admin_only=True),
            Part("Searches with few results", "/ops/searches", admin_only=True),
            Part("Public site", "/"),
        ),
    ),
    Place("Audit", (Part("Audit", "/ops/audit"),)),
    Place(
        "Settings",
        (
            Part("Accounts and clients", "/ops/accounts", admin_only=True),
            Part("Sessions", "/ops/sessions"),
            Part("Password", "/ops/password"),
            Part("Time zone", "/ops/time-zone"),
            Part("Notices", "/ops/monitoring/notices", admin_only=True),
        ),
    ),
)


def _for_reader(*, is_admin: bool) -> Iterator[Place]:
    for place in ALL:
        parts = tuple(part for part in place.parts if is_admin or not part.admin_only)
        yield Place(place.label, parts)


ADMINS, OPS = (Menu(tuple(_for_reader(is_admin=each))) for each in (True, False))
HELP = Place("Help", (Part("Help", "/ops/help"),))
"""In no menu, but a link in the head of each page."""
_ROOTS = {
    root: (place, part)
    for place in (*ALL, HELP)
    for part in place.parts
    for root in (part.href, *part.also)
    if root != "/"
}


def menu_of(account: dict[str, str | bool] | None) -> Menu | None:
    """None for visitors and for clients, who have no places here."""
    if not account or not account["is_staff"]:
        return None
    return ADMINS if account["is_admin"] else OPS


def where(path: str) -> Where:
    """The nearest place above an address."""
    found = _nearest(path)
    return (found[0].label, found[1].label) if found else ("", "")


def part_of(path: str) -> Part | None:
    """The page with a tab that an address is, or is below; None where that is none or home."""
    found = _nearest(path)
    return found[1] if found and found[1].href != HOME else None


def _nearest(path: str) -> tuple[Place, Part] | None:
    """Home contains no other page."""
    path = path.rstrip("/")
    if path == HOME:
        return _ROOTS[HOME]
    while path.count("/") > 1:
        if found := _ROOTS.get(path):
            return found
        path = path.rpartition("/")[0]
    return None
