"""What became of an address that shows no studio: renamed, or hidden by its owner."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus
from portal.directory.owners.models import StudioDetails
from portal.directory.users.prepared import is_prepared
from portal.directory.visibility import number_in, slug_of


@dataclass(frozen=True)
class Became:
    """`slug`: the present one of a studio that is listed. `is_hidden`: its owner hides it."""

    slug: str | None = None
    is_hidden: bool = False


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
    if found.status is StudioStatus.ACTIVE and found.is_profile_visible:
        return Became(slug_of(found.name, number))
    return Became(is_hidden=found.status is StudioStatus.INACTIVE and _is_hidden(found.user_id))


def _is_hidden(user_id: int) -> bool:
    if not is_prepared():
        return False
    query = select(StudioDetails.hidden_at).where(StudioDetails.user_id == user_id)
    return db.session.scalar(query) is not None
