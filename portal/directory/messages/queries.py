"""An owner's inbox: rows of this owner alone."""

from uuid import UUID

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.database import db
from portal.directory.owners.models import SiteMessage

PAGE = 20


def inbox(user_id: int, *, number: int) -> Page[SiteMessage]:
    """The newest first."""
    query = (
        select(SiteMessage)
        .where(SiteMessage.user_id == user_id)
        .order_by(SiteMessage.created_at.desc(), SiteMessage.id)
    )
    return page_of_rows(db.session(), query, number=number, size=PAGE)


def message_of(user_id: int, message_id: str) -> SiteMessage:
    """Raises NotFound; another owner's message gets the same answer."""
    query = select(SiteMessage).where(SiteMessage.id == message_id, SiteMessage.user_id == user_id)
    found = db.session.scalar(query) if is_id(message_id) else None
    if found is None:
        raise NotFound("There is no message at this address.", remedy="It may have been deleted.")
    return found


def is_id(text: str) -> bool:
    """Whether it can be the id of a message; PostgreSQL refuses some texts."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
