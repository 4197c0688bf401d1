"""A correction: a separate message that quotes what was wrong and states what is right."""

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.emails.drafting.drafts import refuse_keys
from portal.emails.drafting.placeholder_values import in_markdown
from portal.emails.models import Mailing, Message, MessageState
from portal.emails.review.approval import page_of

SENT = (MessageState.SENT, MessageState.UNKNOWN)


def correct_message(message: Message, *, wrong: str, right: str, by: Actor) -> Message:
    """A draft to the same contact; the caller commits.

    Raises Conflict if the message has not been sent, Invalid if it does not contain the quoted
    text, or if a text contains the key of a private link.
    """
    if message.state not in SENT:
        raise Conflict("Only a sent message can be corrected.")
    if message.mailing.live_update_id is not None:
        raise Conflict(
            "This message carries an update of a live incident.",
            remedy="Correct it with another update on the incident’s page.",
        )
    wrong, right = " ".join(wrong.split()), right.strip()
    if not wrong or not right:
        raise Invalid(
            "Say which words were wrong, and what is right.", field="right" if wrong else "wrong"
        )
    if wrong not in " ".join(page_of(message).text.split()):
        raise Invalid(
            "The message does not contain these words, so they can’t be quoted.", field="wrong"
        )
    refuse_keys(f"{wrong}\n{right}")
    original = message.mailing
    mailing = Mailing(
        incident=original.incident,
        report_sha256=original.report_sha256,
        template=original.template,
        template_sha256=original.template_sha256,
        update_key=f"correction of {message.id}",
        corrects=original,
        created_by_id=by.id,
        created_by=by.name,
    )
    draft = Message(
        contact=message.contact,
        to_name=message.contact.name,
        to_address=message.contact.email,
        subject=f"Correction: {message.subject}",
        body=_words(message, wrong, right, by),
        fields={"wrong": wrong, "right": right, "subject": message.subject},
        attachments=[],
    )
    mailing.messages.append(draft)
    db.session.add(mailing)
    db.session.flush()
    record("message.corrected", message, by=by, details={"correction": draft.id})
    return draft


def _words(message: Message, wrong: str, right: str, by: Actor) -> str:
    at = message.sent_at or message.approved_at or message.created_at
    day = f"{at.day} {at:%B %Y}"
    return "\n\n".join(
        [
            f"Hello {in_markdown(message.contact.salutation)},",
            f"something in our message of {day} was wrong. We wrote:",
            f"> {in_markdown(wrong)}",
            "What is right:",
            f"> {in_markdown(right)}",
            "The rest of that message is still correct.",
            in_markdown(by.name),
        ]
    )
