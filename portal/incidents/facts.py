"""What a report's front matter says. Whatever can't be read is left out and named as a problem."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

from portal.documents.audience import Audience
from portal.documents.document import date_in
from portal.incidents.times import read_time, read_zone
from portal.incidents.updates import Update, read_status, read_update
from portal.incidents.words import Severity, Status

T = TypeVar("T")
#: In the order in which they should have happened.
TIMES = ("started", "detected", "acknowledged", "mitigated", "resolved")
#: `zone` is that of every time without its own; `unknown` says that nobody reported one.
KEYS = (
    *("id", "title", "date", "severity", "status", *TIMES, "zone", "affected", "audience"),
    *("clients", "summary", "prepared-by", "updates", "internal-words"),
)
#: Who reads a report that does not say: more than staff takes a statement that was understood.
DEFAULT_AUDIENCE = Audience.INTERNAL
#: The keys that say who reads a report.
LIMITS = ("audience", "clients")
ALONE = "clients: the report names clients but does not say “audience: clients”."


@dataclass(frozen=True)
class FactProblem:
    """`place` leads to it in the front matter: a key, and the number of an item of its list."""

    place: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Facts:
    """`times` by the names of TIMES, naive where no zone is known. `audience_is_given`: the file
    says who reads it, and was understood. `doubts` are why staff alone read it although something
    in the file may say who does; all of them are problems too."""

    day: date | None = None
    severity: Severity | None = None
    status: Status | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)
    zone: tzinfo | None = None
    affected: tuple[str, ...] = ()
    audience: Audience = DEFAULT_AUDIENCE
    audience_is_given: bool = False
    clients: tuple[str, ...] = ()
    summary: str = ""
    prepared_by: str = ""
    updates: tuple[Update, ...] = ()
    internal_words: tuple[str, ...] = ()
    problems: tuple[FactProblem, ...] = ()
    doubts: tuple[FactProblem, ...] = ()


def read_facts(meta: Mapping[str, Any]) -> Facts:
    reader = _Reader(meta)
    zone = reader.value("zone", read_zone, None)
    times = {name: reader.value(name, lambda v: read_time(v, zone), None) for name in TIMES}
    audience = reader.value("audience", _audience, Audience.INTERNAL, missing=DEFAULT_AUDIENCE)
    nobody: tuple[str, ...] | None = None
    clients = reader.value("clients", _clients, nobody, missing=())
    if clients and meta.get("audience") is None:
        reader.problems.append(FactProblem(("clients",), ALONE))
    doubts = tuple(problem for problem in reader.problems if problem.place[0] in LIMITS)
    if doubts:
        audience = Audience.INTERNAL
    updates = meta.get("updates")
    return Facts(
        day=reader.value("date", _day, None),
        severity=reader.value("severity", _severity, None),
        status=reader.value("status", read_status, None),
        times={name: at for name, at in times.items() if at},
        zone=zone,
        affected=reader.value("affected", texts, ()),
        audience=audience,
        audience_is_given=meta.get("audience") is not None and not doubts,
        clients=clients or (),
        summary=reader.value("summary", one_line, ""),
        prepared_by=reader.value("prepared-by", one_line, ""),
        updates=reader.updates(updates, audience, zone) if updates is not None else (),
        internal_words=reader.value("internal-words", texts, ()),
        problems=tuple(reader.problems),
        doubts=doubts,
    )


class _Reader:
    """Reads keys and collects what can't be read."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.meta = meta
        self.problems: list[FactProblem] = []

    def value(
        self, key: str, read: Callable[[object], T], bad: T, *, missing: T | None = None
    ) -> T:
        """`bad` in place of what can't be read, `missing` (else the same) of what is not there."""
        given = self.meta.get(key)
        try:
            return (bad if missing is None else missing) if given is None else read(given)
        except ValueError as error:
            self.problems.append(FactProblem((key,), f"{key}: {error}"))
            return bad

    def updates(self, given: object, default: Audience, zone: tzinfo | None) -> tuple[Update, ...]:
        if not isinstance(given, list):
            self.problems.append(FactProblem(("updates",), "updates: must be a list."))
            return ()
        found = []
        for number, value in enumerate(given):
            try:
                found.append(read_update(value, default=default, zone=zone))
            except ValueError as error:
                message = f"updates, number {number + 1}: {error}"
                self.problems.append(FactProblem(("updates", number), message))
        return tuple(found)


def one_line(value: object) -> str:
    return " ".join(str(value).split())


def texts(value: object) -> tuple[str, ...]:
    """A list, or what a line names with commas between."""
    if isinstance(value, dict):
        raise ValueError("must be a list.")
    items = value if isinstance(value, list) else str(value).split(",")
    return tuple(text for item in items if (text := one_line(item)))


def _clients(value: object) -> tuple[str, ...] | None:
    """None, and so nobody, where a list was begun and names none."""
    slugs = tuple(text.lower() for text in texts(value))
    if not slugs:
        raise ValueError("names no client. Leave the line out when the report is for all.")
    return slugs


def _audience(value: object) -> Audience:
    try:
        return Audience(str(value).strip().lower())
    except ValueError:
        raise ValueError(f"“{value}” must be public, clients or internal.") from None


def _severity(value: object) -> Severity | None:
    try:
        return Severity(str(value).strip().lower())
    except ValueError:
        known = ", ".join(Severity)
        raise ValueError(f"“{value}” is not one of {known}.") from None


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if day := date_in(str(value)):
        return day
    raise ValueError(f"“{value}” is not a day such as 2025-12-16.")
