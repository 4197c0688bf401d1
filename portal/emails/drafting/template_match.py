"""Whether a message equals its template with the fields filled in."""

from portal.accounts.models import Account
from portal.core.errors import Invalid, NotFound
from portal.emails.drafting.attachments import enclosures
from portal.emails.drafting.placeholder_values import fill_subject
from portal.emails.drafting.template import Template
from portal.emails.drafting.template_library import template_named
from portal.emails.models import Message
from portal.incidents.reports import report_named


def may_approve(message: Message, account: Account) -> bool:
    return account.is_admin or (account.is_staff and is_unchanged(message))


def is_unchanged(message: Message) -> bool:
    """Whether text and attachments match the present template and report."""
    try:
        template = template_named(message.mailing.template)
        report = report_named(message.mailing.incident)
    except (NotFound, Invalid):
        return False
    same = message.attachments == enclosures(template, report, message.contact)
    return same and _has_words_of(template, message)


def has_templates_words(message: Message) -> bool:
    """Whether the text is the template's and unedited, even if the report has changed."""
    try:
        return _has_words_of(template_named(message.mailing.template), message)
    except (NotFound, Invalid):
        return False


def _has_words_of(template: Template, message: Message) -> bool:
    mailing = message.mailing
    try:
        subject = fill_subject(template.subject, message.fields)
    except Invalid:
        return False
    return (
        mailing.corrects_id is None
        and template.document.sha256 == mailing.template_sha256
        and message.subject == subject
        and message.body == template.filled(message.fields).strip("\n")
    )
