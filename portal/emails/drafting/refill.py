"""Fills a draft again from its template with other field values."""

from collections.abc import Mapping

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, Refusal
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.drafting.drafts import fill, typed_fields
from portal.emails.drafting.template import Template
from portal.emails.drafting.template_library import template_named
from portal.emails.drafting.template_match import has_templates_words
from portal.emails.models import Message
from portal.incidents.reports import report_named

#: Filled in when a draft is created, from its author; kept when it is filled again.
KEPT = ("sender name", "sender email")


def template_of_draft(message: Message) -> Template:
    """Raises Conflict if the draft can't be filled again from its template."""
    if not message.is_draft:
        raise Conflict("Only a draft’s fields can be edited.")
    if message.mailing.corrects_id is not None:
        raise Conflict("A correction has no fields: its words are its own.")
    template = template_named(message.mailing.template)
    if template.document.sha256 != message.mailing.template_sha256:
        raise Conflict(
            "The template was changed since this draft was made.",
            remedy="Withdraw the draft and create it again.",
        )
    return template


def refill_message(
    message: Message,
    *,
    fields: Mapping[str, str],
    seen_hash: str,
    with_others: bool = False,
    by: Actor,
) -> list[Message]:
    """The drafts that were filled again from the present template, report and contact.

    `with_others` includes the drafts of the same mailing whose text was not edited. Raises
    Conflict if it is no longer a draft, or its template or the draft has changed, and Forbidden if
    an edited text would be lost that only an administrator may change.
    """
    template = template_of_draft(message)
    if content_hash(message) != seen_hash:
        raise Conflict("Somebody else changed this message meanwhile.", remedy="Look at it again.")
    if not has_templates_words(message) and by.role != Role.ADMIN:
        raise Forbidden(
            "This draft holds words of its own: an administrator changes it.",
            refusal=Refusal("message.refill-refused", target=f"messages/{message.id}"),
        )
    typed = typed_fields(template, fields)
    drafts = [message, *(_others(message) if with_others else [])]
    for each in drafts:
        _refill(each, template, typed, by=by)
    return drafts


def _others(message: Message) -> list[Message]:
    return [
        each
        for each in message.mailing.messages
        if each is not message and each.is_draft and has_templates_words(each)
    ]


def _refill(message: Message, template: Template, typed: dict[str, str], *, by: Actor) -> None:
    kept = {key: message.fields[key] for key in KEPT if key in message.fields}
    report = report_named(message.mailing.incident)
    fill(message, report, template, values=kept | typed, by=by)
    message.changed_at = now()
    db.session.flush()
    record("message.edited", message, by=by, details={"hash": content_hash(message)})
