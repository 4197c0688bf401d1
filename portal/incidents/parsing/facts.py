"""The facts in a report's front matter. Unreadable values are left out and reported as problems."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

from portal.documents.audiences.audience import Audience
from portal.documents.document import date_in
from portal.documents.front_matter.yaml_errors import quoted
from portal.incidents.access.statement import DEFAULT_AUDIENCE, Statement
from portal.incidents.access.statement import FactProblem as FactProblem  # noqa: PLC0414
from portal.incidents.parsing.updates import Update, read_status, read_update
from portal.incidents.parsing.values import one_line, texts
from portal.incidents.parsing.vocabulary import MORE_SEVERITIES, Severity, Status, severity_in
from portal.incidents.timelines.times import read_time, shortened
from portal.incidents.timelines.zones import read_zone

T = TypeVar("T")
#: In the order in which they should have happened.
TIMES = ("started", "detected", "acknowledged", "mitigated", "resolved")
#: Other tools' keys for two of them.
ALIASES = {
    alias.replace("_", mark): name
    for alias, name in {
        "start_time": "started",
        "start": "started",
        "end_time": "resolved",
        "end": "resolved",
    }.items()
    for mark in "_-"
}
#: `zone` applies to every time without its own; `unknown` says that no zone was reported.
KEYS = (
    *("id", "title", "date", "severity", "status", *TIMES, "zone", "affected", "audience"),
    *("clients", "summary", "prepared-by", "updates", "internal-words"),
)


@dataclass(frozen=True)
class Facts:
    """`times` by the names of TIMES, naive if no zone is known. `audience_is_given`: the file has a
    valid statement of its audience. `doubts` are why only staff read it although something in
    the file may state an audience; all of them are problems too. `said_on_line` is the line of
    the text that states the audience, if the text does.
    """

    day: date | None = None
    severity: Severity | None = None
    status: Status | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)
    zone: tzinfo | None = None
    affected: tuple[str, ...] = ()
    audience: Audience = DEFAULT_AUDIENCE
    audience_is_given: bool = False
    said_on_line: int | None = None
    clients: tuple[str, ...] = ()
    summary: str = ""
    prepared_by: str = ""
    updates: tuple[Update, ...] = ()
    internal_words: tuple[str, ...] = ()
    problems: tuple[FactProblem, ...] = ()
    doubts: tuple[FactProblem, ...] = ()


def read_facts(meta: Mapping[str, Any], statement: Statement) -> Facts:
    """`statement` is the file's statement of its audience."""
    reader = _Reader(meta)
    zone = reader.value("zone", read_zone, None)
    times = reader.times(zone)
    updates = meta.get("updates")
    return Facts(
        day=reader.value("date", read_day, None),
        severity=reader.value("severity", read_severity, None),
        status=reader.value("status", read_status, None),
        times=times,
        zone=zone,
        affected=reader.value("affected", texts, ()),
        audience=statement.audience,
        audience_is_given=statement.is_given,
        said_on_line=statement.said.line if statement.said else None,
        clients=statement.clients,
        summary=reader.value("summary", one_line, ""),
        prepared_by=reader.value("prepared-by", one_line, ""),
        updates=reader.updates(updates, statement.audience, zone) if updates is not None else (),
        internal_words=reader.value("internal-words", texts, ()),
        problems=(*statement.doubts, *reader.problems),
        doubts=statement.doubts,
    )


class _Reader:
    """Reads keys and collects problems."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.meta = meta
        self.problems: list[FactProblem] = []

    def value(
        self, key: str, read: Callable[[object], T], bad: T, *, missing: T | None = None
    ) -> T:
        """`bad` if the value can't be read, `missing` (by default `bad`) if there is none."""
        given = self.meta.get(key)
        try:
            return (bad if missing is None else missing) if given is None else read(given)
        except ValueError as error:
            self.problems.append(FactProblem((key,), f"{key}: {error}"))
            return bad

    def times(self, zone: tzinfo | None) -> dict[str, datetime]:
        """By our names. Of several keys for the same time, the first counts."""
        found: dict[str, datetime] = {}
        used: dict[str, str] = {}
        for key in (*TIMES, *ALIASES):
            if self.meta.get(key) is None:
                continue
            name = ALIASES.get(key, key)
            at = self.value(key, lambda value: read_time(value, zone), None)
            if (first := used.setdefault(name, key)) is not key:
                self.problems.append(
                    FactProblem((key,), f"{key}: “{first}” says the same already.")
                )
            elif at:
                found[name] = at
        return found

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


def read_severity(value: object) -> Severity:
    if isinstance(value, str) and (found := severity_in(value)):
        return found
    known = ", ".join(Severity)
    more = f"Understood too: {MORE_SEVERITIES}."
    raise ValueError(f"{quoted(value)} is not one of {known}. {more}")


def read_day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = shortened(value)
    if day := date_in(text):
        return day
    raise ValueError(f"{quoted(value)} is not a day such as 2025-12-16.")
