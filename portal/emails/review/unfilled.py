"""Starter text that was not replaced, although it only tells the author what to write."""

from collections.abc import Iterator

from portal.core.errors import Invalid, NotFound
from portal.documents.drafting.starters import unfilled_sentences
from portal.emails.drafting.placeholders import key_of
from portal.emails.drafting.template_library import template_named
from portal.emails.models import Message
from portal.emails.review.foreign_placeholders import as_typed
from portal.incidents.reports import reader_of_contact, view_for
from portal.incidents.writing import REPORTS

CAME = "came with the text to begin with: write what happened in its place"


def unfilled_in(message: Message) -> Iterator[str]:
    """Each such sentence in the message, its fields and the attached reports."""
    yield from _hints(message)
    for line, sentence in unfilled_sentences(as_typed(message.body), REPORTS.starters):
        yield f"Line {line}: “{sentence}” {CAME}."
    for slug in {each["report"] for each in message.attachments if each["report"]}:
        for _, sentence in unfilled_sentences(_text_of(slug, message), REPORTS.starters):
            yield f"In the attached report “{sentence}” {CAME}."


def _hints(message: Message) -> Iterator[str]:
    """Fields whose value equals their hint."""
    try:
        fields = template_named(message.mailing.template).fields
    except (NotFound, Invalid):
        return
    for field in fields:
        if field.hint and message.fields.get(key_of(field.name)) == field.hint:
            yield f"The field “{field.name}” holds its hint: “{field.hint}”"


def _text_of(slug: str, message: Message) -> str:
    """The text of a report that the message's reader sees; empty if it is not for them, which is
    reported elsewhere.
    """
    try:
        view = view_for(slug, reader_of_contact(message.contact))
    except NotFound:
        return ""
    return f"# {view.report.title}\n\n{view.report.summary or ''}\n\n{view.body}"
