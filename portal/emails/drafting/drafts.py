"""Creates a draft for each contact from an incident and a template."""

from collections.abc import Mapping, Sequence

from portal.accounts.models import Contact
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import JsonDict, db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.link_keys import keys_in
from portal.emails.drafting.attachments import enclosures
from portal.emails.drafting.placeholder_values import (
    REPORT_LINK,
    fill_subject,
    one_line,
    values_for,
)
from portal.emails.drafting.placeholders import key_of
from portal.emails.drafting.template import Template
from portal.emails.models import Mailing, Message, MessageState
from portal.emails.review.already_sent import WHOLE_REPORT, existing_drafts, messages_already_sent
from portal.emails.review.confirmations import drop_void_confirmations
from portal.incidents.client_area.link_addresses import STAND_IN, address_of
from portal.incidents.report import Report
from portal.incidents.reports import reader_of_contact, report_named, report_outside

LONGEST_FIELD = 4_000


def prepare_drafts(
    report: Report,
    template: Template,
    contacts: Sequence[Contact],
    *,
    fields: Mapping[str, str],
    update_key: str = WHOLE_REPORT,
    by: Actor,
) -> tuple[list[Message], list[Message]]:
    """The new drafts, and the existing ones, which are not changed.

    Raises what `create_mailing` raises, and Conflict if the typed values would be in none of them;
    the caller commits.
    """
    there = existing_drafts(report.slug, template.slug, update_key, contacts)
    known = {each.contact_id for each in there}
    others = [each for each in contacts if each.id not in known]
    if there and not others:
        _refuse_other_words(there, typed_fields(template, fields))
        return [], there
    mailing = create_mailing(report, template, others, fields=fields, update_key=update_key, by=by)
    return mailing.messages, there


def _refuse_other_words(there: Sequence[Message], typed: Mapping[str, str]) -> None:
    """Raises Conflict if no draft contains the typed values, which would then be lost."""
    if any(all(each.fields.get(k) == value for k, value in typed.items()) for each in there):
        return
    names = " and ".join(sorted({each.to_name for each in there}))
    raise Conflict(
        f"There is a draft for {names} already, and it says something else.",
        remedy="Open it below the recipient’s name to change its fields. What you typed is kept.",
    )


def create_mailing(
    report: Report,
    template: Template,
    contacts: Sequence[Contact],
    *,
    fields: Mapping[str, str],
    update_key: str = WHOLE_REPORT,
    by: Actor,
) -> Mailing:
    """One draft for each contact, filled in; the caller commits.

    `fields` are the typed values by name. Raises Invalid without a contact, and Conflict for a
    contact whom the report is not for, or who was already informed of this update.
    """
    if not contacts:
        raise Invalid("Choose at least one person to write to.", field="contact")
    outside = report_outside(report.slug)
    for contact in contacts:
        if outside is None or not may_be_informed(contact, outside):
            raise Conflict(f"“{report.title}” is not for {contact.name} to read.")
    report = outside or report
    if sent := messages_already_sent(report.slug, template.slug, update_key, contacts):
        names = " and ".join(sorted({each.to_name for each in sent}))
        raise Conflict(
            f"A message about this left already, or is on its way: to {names}.",
            remedy="Untick them, choose another template or update, or correct what was sent.",
        )
    mailing = Mailing(
        incident=report.slug,
        report_sha256=report.sha256,
        template=template.slug,
        template_sha256=template.document.sha256,
        update_key=update_key,
        fields=typed_fields(template, fields),
        created_by_id=by.id,
        created_by=by.name,
    )
    db.session.add(mailing)
    for contact in contacts:
        mailing.messages.append(_draft(mailing, report, template, contact, by=by))
    db.session.flush()
    details = {"incident": report.slug, "template": template.slug, "messages": len(contacts)}
    record("mailing.created", mailing, by=by, details=details)
    return mailing


def may_be_informed(contact: Contact, outside: Report | None) -> bool:
    """`outside` is the text of the report that people outside of the staff read, if any."""
    if outside is None or not contact.gets_messages:
        return False
    return outside.is_for(reader_of_contact(contact))


def typed_fields(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """The typed values of this template's fields, by key; blank ones are left out."""
    typed = {key_of(name): value.strip() for name, value in given.items()}
    asked = {key_of(field.name) for field in template.asked}
    if any(len(value) > LONGEST_FIELD for value in typed.values()):
        raise Invalid(f"Keep each field below {LONGEST_FIELD:,} characters.")
    for value in typed.values():
        refuse_keys(value)
    return {key: value for key, value in typed.items() if key in asked and value}


def edit_message(message: Message, *, subject: str, body: str, seen_hash: str, by: Actor) -> None:
    """Change a draft's text. Raises Conflict if it is no draft or was changed since."""
    if message.state is not MessageState.DRAFT:
        raise Conflict("Only a draft can be edited.")
    if content_hash(message) != seen_hash:
        raise Conflict("Somebody else changed this message meanwhile.", remedy="Look at it again.")
    refuse_keys(f"{subject}\n{body}")
    message.subject = one_line(subject.strip(), "The subject")
    message.body = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    message.attachments = _current_attachments(message)
    message.to_name, message.to_address = message.contact.name, message.contact.email
    message.changed_at = now()
    drop_void_confirmations(message)
    db.session.flush()
    record("message.edited", message, by=by, details={"hash": content_hash(message)})


def refuse_keys(text: str) -> None:
    """Raises Invalid for a text that contains the key of a private link."""
    if keys_in(text):
        raise Invalid(
            "This text holds a private link that opens a report, so it was not saved.",
            remedy=f"Put {address_of(STAND_IN)} in its place: the message that is sent has a "
            "link of its own there.",
        )


def fill(
    message: Message, report: Report, template: Template, *, values: Mapping[str, str], by: Actor
) -> None:
    """Set text, attachments and recipient of a draft from the present contact, report and template;
    of the report the text that clients read.

    `values` override the automatic values of placeholders. A stand-in takes the place of a private
    link, which is created when the message is sent.
    """
    contact = message.contact
    report = report_outside(report.slug) or report
    filled = values_for(contact, report, sender=by, site_name=settings().site_name) | dict(values)
    if REPORT_LINK in {each.key for each in template.placeholders}:
        filled[REPORT_LINK] = address_of(STAND_IN)
    message.to_name, message.to_address = contact.name, contact.email
    message.subject = fill_subject(template.subject, filled)
    message.body = template.filled(filled).strip("\n")
    message.fields = filled
    message.attachments = enclosures(template, report, contact)
    drop_void_confirmations(message)


def _draft(
    mailing: Mailing, report: Report, template: Template, contact: Contact, *, by: Actor
) -> Message:
    message = Message(contact=contact, fields={})
    fill(message, report, template, values=mailing.fields, by=by)
    return message


def _current_attachments(message: Message) -> list[JsonDict]:
    """The attachments for the present report and its reader."""
    reader = reader_of_contact(message.contact)
    return [
        {
            **facts,
            "report_sha256": _sha256_of(facts["report"]) if facts["report"] else None,
            "reader": reader.key,
            "zone": message.contact.time_zone,
        }
        for facts in message.attachments
    ]


def _sha256_of(slug: str) -> str:
    return (report_outside(slug) or report_named(slug)).sha256
