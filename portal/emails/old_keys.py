"""Keys of private links that an earlier release kept in drafts, messages and the mail folder.

Stand-ins take their places. The link in a message that left, or may have, goes on opening its
report; of any other message a new one is made as it is sent. Harmless to repeat.
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
    """How many messages and files held keys; commits."""
    found = _holding_keys()
    for message_id in found:
        cover_keys_of(db.session.get_one(Message, message_id, with_for_update=True))
        db.session.commit()
    unused = update(Message).where(Message.seen_hash.is_(None), Message.copy.is_not(None))
    db.session.execute(unused.values(copy=None))
    _cover_what_was_typed()
    db.session.commit()
    folder = settings().mail.folder
    return len(found) + (MailFolder(folder).cover_keys() if folder else 0)


def _cover_what_was_typed() -> None:
    """Into the fields of a mailing, or into a message and never saved there."""
    for words in db.session.scalars(select(UnsavedWords)):
        words.subject, words.body = covered(words.subject), covered(words.body)
    for mailing in db.session.scalars(select(Mailing)):
        said = json.dumps(mailing.fields, ensure_ascii=False)
        if covered(said) != said:
            mailing.fields = json.loads(covered(said))


def cover_keys_of(message: Message) -> bool:
    """Whether it held any. What was approved stays approved: all other words are the same."""
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
        _tie(message, key, is_own=key in own)
    record("message.key-covered", message, by=SYSTEM, details={"keys": len(keys)})
    return True


def _tie(message: Message, key: str, *, is_own: bool) -> None:
    """Note that the link is this message's. Made for one that has not left it opens nothing more;
    one that somebody made by hand and put into the text may be in use elsewhere."""
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
