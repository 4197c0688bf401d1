"""The private link of a message: made as the worker takes it up, for the letter that then leaves.

Its key stands in that letter alone. The ops database has its hash, and until the server's last
answer a seed that makes it again together with SECRET_KEY, which is not in the database. The caller
commits everywhere.
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

#: Who withdrew a link whose message did not arrive.
OUTBOX = "the outbox"


def key_for_sending(message: Message) -> str:
    """The key of the message's link, which is valid from now on: of the one that an attempt before
    had, or of a new one.

    Raises Conflict or NotFound where the contact may not read the report, and Conflict where
    somebody withdrew the link meanwhile.
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
    """What an attempt's end means for the link. In doubt it stays as it is, until a person says."""
    made = latest_link(message_id)
    if made is None or outcome is AttemptOutcome.UNKNOWN:
        return
    if outcome is AttemptOutcome.POSTPONED:
        made.link.held_at = now()
    elif outcome is AttemptOutcome.SENT:
        keep_link(message_id)
        if made.link.withdrawn_by in (None, OUTBOX):  # also where it was given up too early
            _valid_from_now(made.link)
    else:
        end_link(message_id)
    db.session.flush()


def keep_link(message_id: int) -> None:
    """Its message arrived: nobody can make the key again, and the link stays what it is."""
    made = latest_link(message_id)
    if made:
        made.seed = None


def end_link(message_id: int) -> None:
    """Its message did not arrive, or is sent with another link: this one opens nothing."""
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
    """256 bits that neither the seed nor SECRET_KEY tells alone."""
    secret = secret_key(settings()).encode()
    said = hmac.new(secret, b"private link " + seed, sha256).digest()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()
