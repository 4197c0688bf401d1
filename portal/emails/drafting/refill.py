"""Other values for the fields of a draft: its words are made of its template again."""

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

#: Filled in when a draft is made, by whoever makes it; it stays theirs.
KEPT = ("sender name", "sender email")


def template_of_draft(message: Message) -> Template:
    """Raises Conflict where the draft can't be made of its template again."""
    if not message.is_draft:
        raise Conflict("Only a draft’s fields can be edited.")
    if message.mailing.corrects_id is not None:
        raise Conflict("A correction has no fields: its words are its own.")
    template = template_named(message.mailing.template)
    if template.document.sha256 != message.mailing.template_sha256:
        raise Conflict(
            "The template was changed since this draft was made.",
            remedy="Withdraw the draft, and make it anew.",
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
    """The drafts that were filled in again, as template, report and contact are now.

    `with_others` takes those along that were made together with it and hold no words of their own.
    Raises Conflict when it is no draft, its template or the draft was changed since, and Forbidden
    where somebody's own words would be lost that only an administrator may change.
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
