"""Which studios an export holds."""

from collections.abc import Mapping

from sqlalchemy import Select, select

from portal.directory.models import StudioProfile, StudioStatus

STATUSES = {
    "published": StudioProfile.status == StudioStatus.ACTIVE,
    "draft": StudioProfile.status == StudioStatus.DRAFT,
    "pending": StudioProfile.status == StudioStatus.PENDING,
    "hidden": StudioProfile.status == StudioStatus.INACTIVE,
}


def selected(filters: Mapping[str, str]) -> Select[tuple[int]]:
    """The numbers of the studios; of all without a filter that is known."""
    query = select(StudioProfile.id)
    wanted = STATUSES.get(filters.get("status", ""))
    return query if wanted is None else query.where(wanted)
