"""What an approval is bound to: the hash of all that a client would read."""

import json
from hashlib import sha256

from portal.core.storage.database import JsonDict
from portal.emails.models import Message
from portal.incidents.client_area.links import DAYS


def content_hash(message: Message) -> str:
    """SHA-256 over recipient, subject, body, attachments and confirmed findings; hexadecimal.

    An attachment counts by what `attachments` says of it, its bytes by the hash that stands there.
    A private link counts by its stand-in, by what it will open and for how many days; a release
    that knows no stand-ins gets another hash, and so never sends one as it is.
    """
    whole: JsonDict = {
        "to": [message.to_name, message.to_address],
        "subject": message.subject,
        "body": message.body,
        "attachments": message.attachments,
    }
    if message.asks_for_link:
        whole["private link"] = [message.mailing.incident, DAYS]
    if message.confirmed:
        whole["confirmed"] = message.confirmed_keys
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def is_as_approved(message: Message) -> bool:
    """Whether nothing was changed since somebody approved what they saw."""
    return message.seen_hash is not None and message.seen_hash == content_hash(message)
