"""What a person reads before they claim a studio: whether it can be claimed, and what follows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.claims.models import Claim, ClaimState, Origin, StudioRestriction
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.folding import one_line
from portal.directory.models import Review, ReviewStatus, StudioProfile, VerificationLevel
from portal.directory.presentation import UNNAMED
from portal.directory.users.placeholder_addresses import is_placeholder_address
from portal.directory.visibility import is_listed, number_in, slug_of

SENT_TO = "sent to"
"""In `former` of an open claim: the known address that its email went to."""
ANOTHER_ADDRESS = "an import gave it another known address since"
OPEN = (ClaimState.SENT, ClaimState.WAITING)


@dataclass(frozen=True)
class Offer:
    """`known_email` is for the service alone: no page of the site shows it. `because`: why staff
    decide, whatever the studio's address says."""

    number: int
    slug: str
    name: str
    has_owner: bool
    known_email: str | None
    because: tuple[str, ...]

    @property
    def goes_to_staff(self) -> bool:
        return bool(self.because) or self.known_email is None


def offer_of(slug: str) -> Offer:
    """By the number in the slug. Raises NotFound for a studio that is not listed."""
    number = number_in(slug)
    query = select(StudioProfile).where(is_listed(), StudioProfile.id == number)
    studio = None if number is None else db.session.scalar(query)
    if studio is None:
        raise NotFound(
            "There is no studio at this address.",
            remedy="It may have changed its name or closed. Search for it by its name or city.",
        )
    return offer_for(studio)


def offer_for(studio: StudioProfile) -> Offer:
    return Offer(
        studio.id,
        slug_of(studio.name, studio.id),
        one_line(studio.name) or UNNAMED,
        not is_placeholder(studio.user),
        known_email(studio.id),
        tuple(why_staff_decide(studio)),
    )


def known_email(studio_number: int) -> str | None:
    """The address that the studio was imported with. No one has confirmed it."""
    query = select(Origin.email).where(Origin.studio_number == studio_number)
    email = db.session.scalar(query)
    return None if is_placeholder_address(email) else email or None


def why_staff_decide(studio: StudioProfile) -> list[str]:
    """What would go to the new owner with the studio, and is more than its own words."""
    found = []
    if count := approved_reviews(studio.id):
        found.append("it has a review" if count == 1 else f"it has {count} reviews")
    if studio.is_verified or studio.verification_level is not VerificationLevel.NONE:
        found.append("it is verified")
    restriction = db.session.get(StudioRestriction, studio.user_id)
    if restriction and (restriction.hidden_at or restriction.deleted_at):
        found.append("staff have restricted it")
    return found


def why_staff_decide_on(claim: Claim, studio: StudioProfile) -> list[str]:
    """Also where the email went to an address that the studio had before another import."""
    sent_to = claim.former.get(SENT_TO)
    is_other = sent_to is not None and sent_to != known_email(studio.id)
    return [*why_staff_decide(studio), *([ANOTHER_ADDRESS] if is_other else [])]


def approved_reviews(studio_number: int) -> int:
    query = select(func.count()).where(
        Review.studio_id == studio_number, Review.status == ReviewStatus.APPROVED
    )
    return db.session.scalar(query) or 0


def open_claim_of_studio(studio_number: int) -> Claim | None:
    query = select(Claim).where(Claim.open_studio == studio_number)
    return db.session.scalar(query.execution_options(populate_existing=True))


def open_claim_of(user_id: int) -> Claim | None:
    """The person's claim that is sent or waits; they have one at a time."""
    query = select(Claim).where(Claim.user_id == user_id, Claim.state.in_(OPEN))
    return db.session.scalar(query.order_by(Claim.created_at).limit(1))
