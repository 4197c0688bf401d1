"""What staff decide about a studio, as a section of its form beside those of its owner."""

from portal.core.errors import NotFound
from portal.directory.models import VerificationLevel
from portal.directory.owners.fields import Field, Value, flag
from portal.directory.owners.own import Own
from portal.directory.owners.sections import SECTIONS, Section


def _level(own: Own) -> Value:
    return own.studio.verification_level.value


def _put_level(own: Own, value: str) -> None:
    own.studio.verification_level = VerificationLevel(value)


STAFF = Section(
    "staff",
    "Staff’s decisions",
    "What its owner can’t set.",
    (
        flag("is_verified"),
        Field("verification_level", _level, _put_level),
        *map(flag, ("is_featured", "is_spotlight", "is_premium", "is_crb_checked")),
    ),
    lambda _own: (),
    lambda own: own.studio.is_verified,
)
ALL = (*SECTIONS, STAFF)


def section_for_staff(slug: str) -> Section:
    found = next((each for each in ALL if each.slug == slug), None)
    if found is None:
        raise NotFound("The form of a studio has no such section.")
    return found
