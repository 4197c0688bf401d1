"""A person's studio with its details and hours, as its owner edits it."""

from dataclasses import dataclass, field

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.claims.models import StudioRestriction
from portal.directory.models import CONNECTIONS, StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails, StudioHours
from portal.directory.users.models import SiteAccount
from portal.directory.users.prepared import is_moderation_prepared, is_prepared

FLAGS = (
    *("is_premium", "is_verified", "is_profile_visible", "show_rates", "is_crb_checked"),
    *("is_featured", "is_spotlight", "show_email", "show_phone", "show_address"),
    *("show_directions", "use_coordinates_for_map"),
    *(f"connection{number}" for number, _ in enumerate(CONNECTIONS, start=1)),
)


@dataclass
class Own:
    """`is_new`: there is no row yet, and `studio` holds what a new one begins with."""

    user: User
    studio: StudioProfile
    details: StudioDetails
    hours: list[StudioHours] = field(default_factory=list)
    account: SiteAccount | None = None
    restriction: StudioRestriction | None = None

    @property
    def is_new(self) -> bool:
        return self.studio.id is None

    @property
    def is_leaving(self) -> bool:
        """Whether the account waits for its deletion."""
        return self.account is not None and self.account.deletion_due_at is not None

    @property
    def is_deleted(self) -> bool:
        """Whether staff have deleted the studio."""
        return self.restriction is not None and self.restriction.deleted_at is not None

    @property
    def is_hidden_by_staff(self) -> bool:
        return self.restriction is not None and self.restriction.hidden_at is not None


def own_studio(user: User) -> Own:
    found = db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == user.id))
    studio = found or _new_studio(user.id)
    if not is_prepared():
        return Own(user, studio, StudioDetails(user_id=user.id, takes_messages=True))
    return Own(
        user,
        studio,
        db.session.get(StudioDetails, user.id)
        or StudioDetails(user_id=user.id, takes_messages=True),
        list(db.session.scalars(select(StudioHours).where(StudioHours.user_id == user.id))),
        db.session.get(SiteAccount, user.id),
        db.session.get(StudioRestriction, user.id) if is_moderation_prepared() else None,
    )


def own_studio_for_change(user_id: int) -> Own:
    """Within `changing_directory`. One change of a person's studio waits for the other."""
    locked = select(User).where(User.id == user_id).with_for_update(key_share=True)
    return own_studio(db.session.scalars(locked).one())


def keep(own: Own) -> None:
    """Add what is new to the session."""
    if own.is_new:
        db.session.add(own.studio)
        db.session.flush()


def keep_details(own: Own) -> None:
    if own.details not in db.session:
        db.session.add(own.details)


def _new_studio(user_id: int) -> StudioProfile:
    """A draft, outside of the session until something is saved. Rates are shown once there are
    any."""
    flags = dict.fromkeys(FLAGS, False) | {"show_rates": True}
    return StudioProfile(user_id=user_id, name="", status=StudioStatus.DRAFT, **flags)
