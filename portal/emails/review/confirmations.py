"""Confirmed findings: each one separately, and only for this text."""

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, NotFound, Refusal
from portal.core.storage.database import JsonDict
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.drafting.template_match import may_approve
from portal.emails.models import Message
from portal.emails.review.checks import LONGEST
from portal.emails.review.doubtful import doubts_of_message
from portal.emails.review.finding import Finding, as_findings
from portal.incidents.reports import reader_of_contact


def confirm_finding(message: Message, *, key: str, seen_hash: str, by: Account) -> Finding:
    """Confirm that a text is intended; the caller commits.

    Raises what `_check` raises, NotFound when the message does not contain the text, and Conflict
    when it was confirmed already.
    """
    _check(message, seen_hash, by)
    finding = next((each for each in _findings(message) if each.key == key), None)
    if finding is None:
        raise NotFound("This text is no longer in the message.")
    if finding.is_confirmed:
        raise Conflict("This text was confirmed already.")
    entry = {"key": key, "by": by.name, "by_id": by.id, "at": now().isoformat()}
    _keep(message, [*(message.confirmed or []), entry])
    details = {"incident": message.mailing.incident, "finding": key, "hash": content_hash(message)}
    record("message.finding-confirmed", message, by=by, details=details)
    return finding


def end_confirmation(message: Message, *, key: str, seen_hash: str, by: Account) -> None:
    """Let the finding block again; the caller commits. Raises what `_check` raises."""
    _check(message, seen_hash, by)
    kept = [each for each in message.confirmed or [] if each["key"] != key]
    if len(kept) == len(message.confirmed or []):
        raise NotFound("This text was not confirmed.")
    _keep(message, kept)
    details = {"incident": message.mailing.incident, "finding": key, "hash": content_hash(message)}
    record("message.confirmation-ended", message, by=by, details=details)


def drop_void_confirmations(message: Message) -> None:
    """Keep the confirmations whose text and context are unchanged; called after each edit."""
    if message.confirmed:
        there = {finding.key for finding in _findings(message)}
        kept = [each for each in message.confirmed if each["key"] in there]
        message.confirmed = kept or None


def _check(message: Message, seen_hash: str, by: Account) -> None:
    """Raises Forbidden for accounts that may not approve the message, and Conflict when it is not a
    draft or was changed since it was shown.
    """
    if not may_approve(message, by):
        raise Forbidden(
            "The words of this message are not the template’s: an administrator confirms them.",
            refusal=Refusal("message.confirmation-refused", target=f"messages/{message.id}"),
        )
    if not message.is_draft:
        raise Conflict("Only a draft has findings to confirm.")
    if content_hash(message) != seen_hash:
        raise Conflict("Somebody else changed this message meanwhile.", remedy="Look at it again.")


def _keep(message: Message, confirmed: list[JsonDict]) -> None:
    message.confirmed = confirmed or None
    message.changed_at = now()


def _findings(message: Message) -> list[Finding]:
    """The findings that can be confirmed. A text that is too long to be checked has none: it blocks
    as a whole.
    """
    if len(message.body) > LONGEST:
        return []
    doubts = doubts_of_message(
        message.subject,
        message.body,
        reader_of_contact(message.contact),
        names=message.attachment_names,
        fields=message.fields,
    )
    return as_findings(doubts, message.confirmed_keys)
