"""What became of an address that shows no studio: renamed, hidden, or removed by staff."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.claims.models import StudioRestriction
from portal.directory.models import StudioProfile, StudioStatus, is_listed_row
from portal.directory.owners.models import StudioDetails
from portal.directory.users.prepared import is_moderation_prepared, is_prepared
from portal.directory.visibility import number_in, slug_of


@dataclass(frozen=True)
class Became:
    """`slug`: the present one of a studio that is listed. `is_hidden`: its owner hides it;
    `is_off`: staff do; `is_removed`: staff have deleted it."""

    slug: str | None = None
    is_hidden: bool = False
    is_off: bool = False
    is_removed: bool = False


def what_became_of(slug: str) -> Became:
    """From the number that a slug ends in. Says nothing of a studio that was never published."""
    number = number_in(slug)
    found = None
    if number is not None:
        columns = (StudioProfile.name, StudioProfile.status, StudioProfile.is_profile_visible)
        query = select(*columns, StudioProfile.user_id).where(StudioProfile.id == number)
        found = db.session.execute(query).one_or_none()
    if number is None or found is None:
        return Became()
    if is_listed_row(found):
        return Became(slug_of(found.name, number))
    if found.status is not StudioStatus.INACTIVE:
        return Became()
    return _ended_by_staff(found.user_id) or Became(is_hidden=_is_hidden(found.user_id))


def _ended_by_staff(user_id: int) -> Became | None:
    """None where staff have ended nothing that was public."""
    row = db.session.get(StudioRestriction, user_id) if is_moderation_prepared() else None
    if row is None or not row.former.get("was_listed"):
        return None
    if row.deleted_at:
        return Became(is_removed=True)
    return Became(is_off=True) if row.hidden_at else None


def _is_hidden(user_id: int) -> bool:
    if not is_prepared():
        return False
    query = select(StudioDetails.hidden_at).where(StudioDetails.user_id == user_id)
    return db.session.scalar(query) is not None
