"""A person's own claim, as their account's pages show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.obstacles import name_of_studio
from portal.directory.models import StudioProfile
from portal.directory.users.prepared import is_moderation_prepared
from portal.directory.visibility import slug_of

SHOWN_FOR = timedelta(days=30)
ENDED = (ClaimState.REFUSED, ClaimState.UNDONE, ClaimState.EXPIRED)


@dataclass(frozen=True)
class OwnClaim:
    """`slug` is empty where the studio is not there any more. `because`: why it was refused."""

    id: str
    state: ClaimState
    studio: str
    slug: str
    at: datetime
    until: datetime
    is_confirmed: bool
    because: str

    @property
    def is_open(self) -> bool:
        return self.state in {ClaimState.SENT, ClaimState.WAITING}


def own_claim(user_id: int, *, studio_number: int | None = None) -> OwnClaim | None:
    """The latest that is open, or ended within 30 days; None also before the tables are there.
    `studio_number`: of this studio alone."""
    if not is_moderation_prepared():
        return None
    query = select(Claim).where(Claim.user_id == user_id)
    if studio_number is not None:
        query = query.where(Claim.studio_number == studio_number)
    claim = db.session.scalar(query.order_by(Claim.created_at.desc(), Claim.id).limit(1))
    return _shown(claim) if claim and _is_news(claim) else None


def _is_news(claim: Claim) -> bool:
    if claim.state is ClaimState.SENT or claim.state is ClaimState.WAITING:
        return True
    is_late = bool(claim.decided_at and claim.decided_at > now() - SHOWN_FOR)
    return claim.state in ENDED and is_late


def _shown(claim: Claim) -> OwnClaim:
    is_over = claim.state is ClaimState.SENT and claim.expires_at <= now()
    name = db.session.scalar(
        select(StudioProfile.name).where(StudioProfile.id == claim.studio_number)
    )
    return OwnClaim(
        claim.id,
        ClaimState.EXPIRED if is_over else claim.state,
        name_of_studio(claim.studio_number),
        slug_of(name, claim.studio_number) if name is not None else "",
        claim.created_at,
        claim.expires_at,
        claim.confirmed_at is not None,
        claim.because or "",
    )
