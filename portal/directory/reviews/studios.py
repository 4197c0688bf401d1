"""Which studio a review is about: one that visitors can see. And whether it can be seen."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.claims.models import StudioRestriction
from portal.directory.folding import one_line
from portal.directory.models import StudioProfile
from portal.directory.owners.models import StudioDetails
from portal.directory.presentation import UNNAMED
from portal.directory.visibility import is_listed, number_in, slug_of


@dataclass(frozen=True)
class Reviewed:
    """`owner`: the number of the person whom the studio belongs to."""

    number: int
    slug: str
    name: str
    owner: int


def studio_to_review(slug: str) -> Reviewed:
    """By the number in the slug. Raises NotFound for a studio that is not listed."""
    number = number_in(slug)
    query = select(StudioProfile.id, StudioProfile.name, StudioProfile.user_id)
    query = query.where(is_listed(), StudioProfile.id == number)
    row = None if number is None else db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            "There is no studio at this address.",
            remedy="It may have changed its name or closed. Search for it by its name or city.",
        )
    return Reviewed(row.id, slug_of(row.name, row.id), one_line(row.name) or UNNAMED, row.user_id)


def why_not_shown(
    studio: StudioProfile, restriction: StudioRestriction | None, details: StudioDetails | None
) -> str | None:
    """Why visitors see neither the studio nor its reviews; None if they do."""
    if restriction is not None and restriction.deleted_at:
        return "This site’s staff have deleted the studio, so its reviews are not shown."
    if studio.is_listed:
        return None
    if restriction is not None and restriction.hidden_at:
        return "This site’s staff have hidden the studio, so its reviews are not shown."
    if details is not None and details.hidden_at:
        return "Its owner has hidden the studio, so its reviews are not shown at the moment."
    return "The studio is not published at the moment, so its reviews are not shown."
