"""Approval of a message: the findings against it, who may approve it, and its letter."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.utils import make_msgid

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Forbidden, Invalid, NotFound, Refusal, Refused
from portal.emails.delivery.message_bytes import letter_of
from portal.emails.delivery.mime import Envelope, build
from portal.emails.delivery.outbox import queue_message
from portal.emails.delivery.recipients import against_recipient, against_report
from portal.emails.drafting.attachments import attachments_of, problems
from portal.emails.drafting.template_match import may_approve
from portal.emails.html import RenderedMessage, shown
from portal.emails.models import Message
from portal.emails.queries import names_of_others
from portal.emails.review.checks import Checked, blocking, findings
from portal.emails.review.finding import Finding
from portal.emails.review.link_place import against_link_places
from portal.emails.review.unfilled import unfilled_in
from portal.incidents.reports import reader_of_contact, report_named

LeadsSomewhere = Callable[[str], bool]


def approve_message(
    message: Message, *, seen_hash: str, leads_somewhere: LeadsSomewhere, by: Account
) -> None:
    """Queue the message as it was seen; the caller commits.

    Raises Forbidden if only an administrator may, Refused while a finding blocks, Conflict when the
    message has changed since it was seen or its contact was already informed.
    """
    if not may_approve(message, by):
        raise Forbidden(
            "The words of this message are not the template’s: an administrator approves it.",
            refusal=Refusal("message.approval-refused", target=f"messages/{message.id}"),
        )
    if against := blocking(findings_of(message, leads_somewhere=leads_somewhere)):
        raise Refused(f"This message can’t leave: {against[0].sentence}")
    letter = letter_for(message, reply_to=by.email)
    queue_message(message, letter=letter, seen_hash=seen_hash, by=by)


def findings_of(message: Message, *, leads_somewhere: LeadsSomewhere) -> list[Finding]:
    """All findings, for the present clients, report and template."""
    organisation = message.contact.organisation
    return [
        *(Finding(sentence) for sentence in _against_the_contact(message)),
        *(Finding(sentence) for sentence in _of_link(message)),
        *(Finding(sentence) for sentence in unfilled_in(message)),
        *findings(
            Checked(
                subject=message.subject,
                body=message.body,
                reader=reader_of_contact(message.contact),
                base_url=settings().base_url,
                values=list(message.fields.values()),
                own=[organisation.name, organisation.slug, message.to_name],
                others=names_of_others(organisation),
                internal_words=_internal_words(message.mailing.incident),
                attachments=list(problems(message)),
                names=message.attachment_names,
                fields=message.fields,
                confirmed=message.confirmed_keys,
                leads_somewhere=leads_somewhere,
            )
        ),
    ]


def _of_link(message: Message) -> Iterator[str]:
    return against_link_places(message.subject, message.body, page_of(message))


def page_of(message: Message) -> RenderedMessage:
    """The message as its reader will see it; of an approved one, the approved letter."""
    if message.approved_copy:
        return _shown_in(letter_of(message.approved_copy))
    return shown(
        subject=message.subject,
        body=message.body,
        reader=reader_of_contact(message.contact),
        base_url=settings().base_url,
    )


def letter_for(
    message: Message, *, reply_to: str, to: tuple[str, str] | None = None
) -> EmailMessage:
    """The whole letter; `to` are name and address of another recipient, for a test."""
    page, sender = page_of(message), settings().mail.sender
    to_name, to_address = to or (message.to_name, message.to_address)
    return build(
        Envelope(
            to_name=to_name,
            to_address=to_address,
            from_name=sender.display_name,
            from_address=sender.addr_spec,
            reply_to=reply_to,
        ),
        subject=f"Test: {message.subject}" if to else message.subject,
        html=page.html,
        text=page.text,
        message_id=make_msgid(domain=sender.domain),
        at=now(),
        attachments=attachments_of(message),
    )


def _shown_in(letter: EmailMessage) -> RenderedMessage:
    html, text = letter.get_body(("html",)), letter.get_body(("plain",))
    return RenderedMessage(html.get_content() if html else "", text.get_content() if text else "")


def _against_the_contact(message: Message) -> list[str]:
    contact, found = message.contact, against_recipient(message)
    if (contact.name, contact.email) != (message.to_name, message.to_address):
        found.append(
            "The contact’s name or address was changed. Save it again under “Edit fields”."
        )
    return found + against_report(message)


def _internal_words(incident: str) -> list[str]:
    """The words that the report lists as internal."""
    try:
        given = report_named(incident).document.meta.get("internal-words")
    except (NotFound, Invalid):
        return []
    return [str(each) for each in given] if isinstance(given, list) else []
