"""The fields of an email template in the editor."""

import re

from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience
from portal.documents.document import Document
from portal.documents.fields.definition import (
    Choice,
    FieldSet,
    FieldSpec,
    Insertion,
    Shape,
    TextPlace,
    Values,
)
from portal.documents.fields.headings import title_place
from portal.emails.drafting.placeholder_values import SOURCES
from portal.emails.drafting.placeholders import key_of
from portal.emails.drafting.template import attachments_in, template_of

_SUBJECT = re.compile(
    r"^([ \t>]*(?:[-*+][ \t]+)?\*\*Subject(?::\*\*|\*\*:)[ \t]*)(\S.*?)[ \t]*$", re.M | re.I
)
NO_TITLE = "Give the template a title."
NO_SUBJECT = "Give the message a subject."
TWO_SUBJECTS = "The text has two lines “**Subject:**”; keep one of them."
AUDIENCES = (
    Choice("", "Not stated", "clients"),
    Choice("clients", "Clients", "the people who are written to"),
    Choice("internal", "Internal", "staff"),
    Choice("public", "Public", "everybody"),
)
SPECS = (
    FieldSpec("title", "Title", Shape.LINE, ("title",), "For staff: what the message is for."),
    FieldSpec(
        "subject",
        "Subject",
        Shape.LINE,
        ("subject",),
        "Placeholders are filled in here too.",
        takes_insertions=True,
    ),
    FieldSpec("audience", "Written for", Shape.CHOICE, ("audience",), choices=AUDIENCES),
    FieldSpec(
        "attachments",
        "Attachments",
        Shape.LIST,
        ("attachments",),
        "One a line: “report” for the incident’s own, or the name of a report’s file.",
        keeps_key=False,
    ),
)


def _unfit(document: Document) -> str | None:
    try:
        template_of(document)
    except Invalid as error:
        return error.sentence
    two = len(_SUBJECT.findall(document.body)) > 1 and "subject" not in document.meta
    return TWO_SUBJECTS if two else None


def _places(body: str) -> dict[str, TextPlace]:
    found, title = _SUBJECT.search(body), title_place(body)
    places = {"title": title} if title else {}
    if found:
        line = body.count("\n", 0, found.start(2)) + 1
        value = " ".join(found[2].split())
        places["subject"] = TextPlace(found.start(2), found.end(2), value, line)
    if listed := attachments_in(body):
        at, value = listed[0], "\n".join(" ".join(each.text.split()) for each in listed[1])
        if value:
            places["attachments"] = TextPlace(at, at, value, body.count("\n", 0, at) + 1)
    return places


def _problems(values: Values, changed: frozenset[str]) -> dict[str, str]:
    found = {} if values["title"] else {"title": NO_TITLE}
    if not values["subject"] and "subject" in changed:
        found["subject"] = NO_SUBJECT
    if "audience" in changed and values["audience"] not in ("", *Audience):
        found["audience"] = "Choose one of the list."
    return found


def _insertions(document: Document) -> list[Insertion]:
    """The fields that are asked for, then what fills itself."""
    asked = [
        Insertion(f"[{each.name}]", each.hint or "asked for before the message is made")
        for each in template_of(document).asked
    ]
    own = {key_of(each.text[1:-1]) for each in asked}
    known = [Insertion(f"[{each.name}]", each.what) for each in SOURCES]
    return [*asked, *(each for each in known if key_of(each.text[1:-1]) not in own)]


TEMPLATE_FIELDS = FieldSet(
    specs=SPECS,
    layout=(("", ("title", "subject", "audience", "attachments")),),
    unfit=_unfit,
    in_text=_places,
    problems=_problems,
    read_as=lambda _name, _words: "",
    insertions=_insertions,
    body_hint="Markdown, with placeholders such as [Client Name].",
)
