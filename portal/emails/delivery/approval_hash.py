"""The content hash that binds an approval to everything a client would read."""

import json
from hashlib import sha256

from portal.core.storage.database import JsonDict
from portal.emails.models import Message
from portal.incidents.client_area.links import DAYS


def content_hash(message: Message) -> str:
    """SHA-256 over recipient, subject, body, attachments and confirmed findings; hexadecimal.

    An attachment is represented by its entry in `attachments`, which contains the hash of its
    source. A private link is represented by its stand-in, the report it will open and its lifetime
    in days; a release without stand-ins computes another hash, and so never sends the stand-in
    itself.
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
    """Whether the message is unchanged since its approval."""
    return message.seen_hash is not None and message.seen_hash == content_hash(message)
