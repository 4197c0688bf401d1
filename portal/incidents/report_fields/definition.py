"""The fields of a report."""

from portal.accounts.clients.queries import organisations
from portal.documents.fields.definition import Choice, FieldSet, FieldSpec, Shape
from portal.incidents.parsing.facts import ALIASES
from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.vocabulary import severity_in
from portal.incidents.report_fields.checks import problems, unfit
from portal.incidents.report_fields.places import places_in

NOT_STATED = Choice("", "Not stated")
SEVERITIES = (
    NOT_STATED,
    Choice("critical", "Critical", "what people come for can’t be used"),
    Choice("major", "Major", "a part of it fails, or all of it for some"),
    Choice("minor", "Minor", "it is a nuisance; people get their work done"),
    Choice("maintenance", "Maintenance", "planned work"),
)
STATUSES = (
    NOT_STATED,
    Choice("investigating", "Investigating", "the cause is not known yet"),
    Choice("identified", "Identified", "the cause is known, the repair goes on"),
    Choice("monitoring", "Monitoring", "repaired, and being watched"),
    Choice("resolved", "Resolved", "it is over"),
)
AUDIENCES = (
    Choice("", "Not stated", "staff, until somebody shares it"),
    Choice("internal", "Internal", "staff only"),
    Choice("clients", "Clients", "all of them, or those named below"),
    Choice("public", "Public", "everybody"),
)
_OTHER_KEYS: dict[str, tuple[str, ...]] = {}
for _key, _name in ALIASES.items():
    _OTHER_KEYS[_name] = (*_OTHER_KEYS.get(_name, ()), _key)


def _time(name: str, label: str) -> FieldSpec:
    return FieldSpec(name, label, Shape.TIME, (name, *_OTHER_KEYS.get(name, ())))


SPECS = (
    FieldSpec(
        "title", "Title", Shape.LINE, ("title",), "What people could not do, in their words."
    ),
    FieldSpec("date", "Day", Shape.DAY, ("date",)),
    FieldSpec("severity", "Severity", Shape.CHOICE, ("severity",), choices=SEVERITIES),
    FieldSpec("status", "Status", Shape.CHOICE, ("status",), choices=STATUSES),
    FieldSpec(
        "zone",
        "Time zone",
        Shape.LINE,
        ("zone",),
        "Of every time without its own: UTC, Europe/London, +01:00, or “unknown”.",
        keeps_key=False,
    ),
    _time("started", "Began"),
    _time("detected", "Detected"),
    _time("acknowledged", "Acknowledged"),
    _time("mitigated", "Mitigated"),
    _time("resolved", "Resolved"),
    FieldSpec("affected", "Affected", Shape.LIST, ("affected",), "What did not work, one a line."),
    FieldSpec(
        "audience",
        "Readers",
        Shape.CHOICE,
        ("audience",),
        choices=AUDIENCES,
        keeps_key=False,
    ),
    FieldSpec(
        "clients",
        "Only these clients",
        Shape.NAMES,
        ("clients",),
        "None chosen: all clients.",
        keeps_key=False,
    ),
    FieldSpec(
        "summary", "Summary", Shape.PARAGRAPH, ("summary",), "One or two sentences, also for feeds."
    ),
    FieldSpec("prepared_by", "Prepared by", Shape.LINE, ("prepared-by",)),
)


def _read_as(name: str, words: str) -> str:
    found = severity_in(words) if name == "severity" else status_in(words)
    return found.value if found else ""


def _clients() -> list[tuple[str, str]]:
    return [(each.slug, each.name) for each in organisations()]


REPORT_FIELDS = FieldSet(
    specs=SPECS,
    layout=(
        ("", ("title", "severity", "status")),
        ("When", ("started", "detected", "acknowledged", "mitigated", "resolved", "zone", "date")),
        ("Who may read it", ("audience", "clients")),
        ("", ("affected", "summary", "prepared_by")),
    ),
    unfit=unfit,
    in_text=places_in,
    problems=problems,
    read_as=_read_as,
    names=_clients,
    body_hint="Markdown. Text between /// internal and /// is for staff only.",
)
