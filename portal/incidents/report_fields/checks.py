"""Values that were typed into the fields of a report: which are refused, and why."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import partial

from portal.accounts.clients.queries import organisations
from portal.documents.audiences.audience import Audience
from portal.documents.document import Document
from portal.documents.fields.definition import Values
from portal.incidents.access.statement import ALONE
from portal.incidents.parsing.cstate import is_cstate
from portal.incidents.parsing.facts import TIMES, read_day, read_severity
from portal.incidents.parsing.updates import read_status
from portal.incidents.report import parse_report
from portal.incidents.report_fields.places import doubled_in
from portal.incidents.timelines.times import between, read_time
from portal.incidents.timelines.zones import read_zone

NO_TITLE = "Give the report a title."
NO_ZONE = (
    "Say in which time zone these times are: UTC, Europe/London or +01:00, or “unknown” if it"
    " was not noted."
)
ONLY_CLIENTS = "Choose “clients” as readers too: single clients are named for reports to clients."
#: Problems of these keys have no field to show them at.
_ELSEWHERE = {"updates", "internal-words"}


def unfit(document: Document) -> str | None:
    """Why a report can't be edited in fields: they would show another value than the file has."""
    if is_cstate(document.meta):
        return "This file is in the notation of cState, another tool: edit it as it is."
    if why := doubled_in(document.body):
        return why
    facts = parse_report(document).facts
    doubts = [each for each in facts.doubts if each.place or (each.line or 1) > 1]
    others = [each for each in facts.problems if each.place and each.place[0] not in _ELSEWHERE]
    found = next((each for each in [*doubts, *others] if ALONE not in each.message), None)
    return str(found) if found else _words_of_text(document)


def problems(values: Values, changed: frozenset[str]) -> dict[str, str]:
    found = {} if values["title"] else {"title": NO_TITLE}
    for name, read in (("severity", read_severity), ("status", read_status), ("date", read_day)):
        if name in changed and values[name]:
            found |= _problem(name, partial(read, values[name]))
    if "audience" in changed and values["audience"] not in ("", *Audience):
        found["audience"] = "Choose one of the readers in the list."
    return found | _of_clients(values, changed) | _of_times(values, changed)


def _problem(name: str, read: Callable[[], object]) -> dict[str, str]:
    try:
        read()
    except ValueError as error:
        sentence = str(error)
        return {name: sentence[:1].upper() + sentence[1:]}
    return {}


def _of_clients(values: Values, changed: frozenset[str]) -> dict[str, str]:
    if not changed & {"clients", "audience"} or not values["clients"]:
        return {}
    if values["audience"] != Audience.CLIENTS:
        return {"clients": ONLY_CLIENTS}
    known = {each.slug for each in organisations(archived=True)}
    strange = [each for each in values["clients"].split("\n") if each.lower() not in known]
    return {"clients": f"There is no client “{strange[0]}”."} if strange else {}


def _of_times(values: Values, changed: frozenset[str]) -> dict[str, str]:
    """Each time, then their order and their zone."""
    if not changed & {*TIMES, "zone"}:
        return {}
    zone: tzinfo | None = None
    found: dict[str, str] = {}
    if values["zone"]:
        found = _problem("zone", partial(read_zone, values["zone"]))
        with suppress(ValueError):
            zone = read_zone(values["zone"])
    times: dict[str, datetime] = {}
    for name in (each for each in TIMES if values[each]):
        found |= _problem(name, partial(read_time, values[name], zone))
        if name not in found:
            times[name] = read_time(values[name], zone)
    if not values["zone"] and any(times[name].tzinfo is None for name in times.keys() & changed):
        found["zone"] = NO_ZONE
    return dict(_out_of_order(times)) | found


def _out_of_order(times: dict[str, datetime]) -> Iterator[tuple[str, str]]:
    start = times.get("started")
    for name, at in times.items():
        comparable = start is not None and (start.tzinfo is None) is (at.tzinfo is None)
        if comparable and between(start, at) is None:
            yield name, "This is before the incident began."


def _words_of_text(document: Document) -> str | None:
    """Words for severity or status, in the text, that are none of ours."""
    report = parse_report(document)
    meta = document.meta
    for name, term, words in (
        ("severity", report.severity, report.severity_text),
        ("status", report.status, report.status_text),
    ):
        if meta.get(name) is None and words and term is None:
            return f"The text says “{words}” as {name}, which is none of the words known."
    return None
