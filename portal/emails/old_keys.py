"""Masks keys of private links that an earlier release left in drafts, messages and the mail folder.

Stand-ins replace them. The link in a message that was sent, or may have been, still opens its
report; for any other message a new one is created when it is sent. Idempotent.
"""

import json
from typing import Any

from sqlalchemy import String, cast, func, or_, select, update

from portal.audit.actor import SYSTEM
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash, is_as_approved
from portal.emails.delivery.link_keys import covered, covered_letter, keys_in
from portal.emails.delivery.mail_folder import MailFolder
from portal.emails.delivery.private_links import OUTBOX
from portal.emails.drafting.placeholder_values import REPORT_LINK
from portal.emails.models import Mailing, Message, MessageLink, UnsavedWords
from portal.incidents.client_area.link_addresses import PATH, STAND_IN
from portal.incidents.client_area.links import hash_of
from portal.incidents.models import PrivateLink


def cover_old_keys() -> int:
    """The number of messages and files that contained keys; commits."""
    found = _holding_keys()
    for message_id in found:
        cover_keys_of(db.session.get_one(Message, message_id, with_for_update=True))
        db.session.commit()
    unused = update(Message).where(Message.seen_hash.is_(None), Message.copy.is_not(None))
    db.session.execute(unused.values(copy=None))
    _cover_typed_text()
    db.session.commit()
    folder = settings().mail.folder
    return len(found) + (MailFolder(folder).cover_keys() if folder else 0)


def _cover_typed_text() -> None:
    """Mask keys in the fields of mailings and in unsaved edits."""
    for words in db.session.scalars(select(UnsavedWords)):
        words.subject, words.body = covered(words.subject), covered(words.body)
    for mailing in db.session.scalars(select(Mailing)):
        said = json.dumps(mailing.fields, ensure_ascii=False)
        if covered(said) != said:
            mailing.fields = json.loads(covered(said))


def cover_keys_of(message: Message) -> bool:
    """Whether it contained any. An approval stays valid: the rest of the text is unchanged."""
    keys = list(dict.fromkeys(keys_in(_text_of(message))))
    if not keys:
        return False
    was_approved, own = is_as_approved(message), str(message.fields.get(REPORT_LINK, ""))
    message.subject, message.body = covered(message.subject), covered(message.body)
    message.fields = json.loads(covered(json.dumps(message.fields, ensure_ascii=False)))
    message.copy = covered_letter(message.copy) if message.copy else None
    if was_approved:
        message.seen_hash = content_hash(message)
    for key in keys:
        _record_link(message, key, is_own=key in own)
    record("message.key-covered", message, by=SYSTEM, details={"keys": len(keys)})
    return True


def _record_link(message: Message, key: str, *, is_own: bool) -> None:
    """Record that the link belongs to this message. It is withdrawn if it was made for a message
    that was not sent; a link that a person created and pasted into the text may be in use
    elsewhere.
    """
    link = db.session.scalar(select(PrivateLink).where(PrivateLink.token_hash == hash_of(key)))
    if link is None or not is_own:
        return
    known = select(MessageLink.id).where(MessageLink.link_id == link.id)
    if db.session.scalar(known) is None:
        db.session.add(MessageLink(message_id=message.id, link=link, seed=None))
    if not message.may_have_left and link.withdrawn_at is None:
        link.withdrawn_at, link.withdrawn_by = now(), OUTBOX
    db.session.flush()


def _text_of(message: Message) -> str:
    fields = json.dumps(message.fields, ensure_ascii=False)
    return f"{message.subject}\n{message.body}\n{fields}"


def _holding_keys() -> list[int]:
    def left(column: Any) -> Any:
        return func.replace(cast(column, String), PATH + STAND_IN, "").contains(PATH)

    columns = (Message.body, Message.subject, Message.fields)
    return list(db.session.scalars(select(Message.id).where(or_(*map(left, columns)))))
