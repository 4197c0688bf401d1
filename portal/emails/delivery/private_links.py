"""The private link of a message, created by the worker for the letter that is about to be sent.

Only that letter contains the key. The ops database has its hash, and until the server's final
response a seed from which the key is derived together with SECRET_KEY, which is not in the
database. The caller commits in each case.
"""

import base64
import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.secrets import secret_key
from portal.core.storage.database import db
from portal.emails.models import AttemptOutcome, Message, MessageLink
from portal.incidents.client_area.links import DAYS, hash_of, link_with_key
from portal.incidents.models import PrivateLink

#: Recorded as the one who withdrew the link of a message that did not arrive.
OUTBOX = "the outbox"


def key_for_sending(message: Message) -> str:
    """The key of the message's link, valid from now on: the previous attempt's link or a new one.

    Raises Conflict or NotFound if the contact may not read the report, and Conflict if somebody
    withdrew the link meanwhile.
    """
    made = latest_link(message.id)
    key = _key_of(made.seed) if made and made.seed else None
    if made and key and hash_of(key) == made.link.token_hash:
        if made.link.withdrawn_at is not None:
            raise Conflict("Its private link was withdrawn, so it was not sent.")
        _valid_from_now(made.link)
        return key
    end_link(message.id)
    return _new_key(message)


def settle_link(message_id: int, outcome: AttemptOutcome) -> None:
    """Update the link after an attempt. With an unknown outcome it is unchanged until a person
    decides.
    """
    made = latest_link(message_id)
    if made is None or outcome is AttemptOutcome.UNKNOWN:
        return
    if outcome is AttemptOutcome.POSTPONED:
        made.link.held_at = now()
    elif outcome is AttemptOutcome.SENT:
        keep_link(message_id)
        if made.link.withdrawn_by in (None, OUTBOX):  # also if a person gave it up too early
            _valid_from_now(made.link)
    else:
        end_link(message_id)
    db.session.flush()


def keep_link(message_id: int) -> None:
    """Keep the link of a message that arrived, and erase the seed of its key."""
    made = latest_link(message_id)
    if made:
        made.seed = None


def end_link(message_id: int) -> None:
    """Withdraw the link of a message that did not arrive or is resent with a new link."""
    made = latest_link(message_id)
    if made is None:
        return
    made.seed = None
    if made.link.withdrawn_at is None:
        made.link.withdrawn_at, made.link.withdrawn_by = now(), OUTBOX
        record("link.withdrawn", made.link, by=SYSTEM, target=f"incidents/{made.link.slug}")


def latest_link(message_id: int) -> MessageLink | None:
    query = select(MessageLink).where(MessageLink.message_id == message_id)
    return db.session.scalars(query.order_by(MessageLink.id.desc()).limit(1)).first()


def _new_key(message: Message) -> str:
    seed = secrets.token_bytes(32)
    key, slug = _key_of(seed), message.mailing.incident
    link = link_with_key(slug, message.contact, key, made_by=message.approved_by or OUTBOX)
    db.session.add(MessageLink(message_id=message.id, link=link, seed=seed))
    details = {"contact": message.contact_id, "days": DAYS, "message": message.id}
    record("link.created", link, by=SYSTEM, target=f"incidents/{slug}", details=details)
    return key


def _valid_from_now(link: PrivateLink) -> None:
    link.held_at = link.withdrawn_at = link.withdrawn_by = None
    link.expires_at = now() + timedelta(days=DAYS)


def _key_of(seed: bytes) -> str:
    """256 bits that can't be derived from the seed or SECRET_KEY alone."""
    secret = secret_key(settings()).encode()
    said = hmac.new(secret, b"private link " + seed, sha256).digest()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()
