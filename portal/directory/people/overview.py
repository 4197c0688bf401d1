"""What staff see of one person: facts, without passwords, secrets or messages."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.claims.models import Claim
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.folding import one_line
from portal.directory.history.models import Change
from portal.directory.models import Review, StudioProfile, User
from portal.directory.owners.models import SiteMessage
from portal.directory.presentation import UNNAMED
from portal.directory.users.models import SiteAccount, SiteSession
from portal.directory.users.sessions import live_sessions
from portal.directory.visibility import slug_of

MANY, NEWEST, SESSIONS = 100, 20, 10
LAST = 2**31 - 1


@dataclass(frozen=True)
class Person:
    """Numbers are counted to 101, which means more than 100."""

    number: int
    name: str
    email: str
    username: str
    since: datetime
    is_confirmed: bool
    is_placeholder: bool
    password_set_at: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    deletion_due_at: datetime | None
    studio: StudioProfile | None
    reviews: int
    messages: int
    sessions: list[SiteSession] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)

    @property
    def studio_name(self) -> str:
        return (one_line(self.studio.name) or UNNAMED) if self.studio else ""

    @property
    def studio_slug(self) -> str | None:
        """Of its public page, where it has one."""
        is_shown = self.studio is not None and self.studio.is_listed
        return slug_of(self.studio.name, self.studio.id) if self.studio and is_shown else None


def person_called(number: int, *, with_history: bool = True) -> Person:
    """`with_history`: also sessions and claims. Raises NotFound."""
    user = db.session.get(User, number) if 0 < number <= LAST else None
    if user is None:
        raise NotFound(
            "There is no person with this number.", remedy="The account may have been deleted."
        )
    account = db.session.get(SiteAccount, number) or SiteAccount(user_id=number)
    reviews, messages = _numbers(number)
    return Person(
        number=user.id,
        name=one_line(user.display_name) or user.username,
        email=user.email,
        username=user.username,
        since=user.created_at,
        is_confirmed=user.email_verified,
        is_placeholder=is_placeholder(user),
        password_set_at=account.password_set_at,
        disabled_at=account.blocked_at,
        disabled_because=account.blocked_because,
        deletion_due_at=account.deletion_due_at,
        studio=db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == number)),
        reviews=reviews,
        messages=messages,
        sessions=live_sessions(number)[:SESSIONS] if with_history else [],
        claims=_claims(number) if with_history else [],
        history=_history(number) if with_history else [],
    )


def _numbers(number: int) -> tuple[int, int]:
    """Reviews and messages, in one statement."""
    columns = (Review.reviewer_id, SiteMessage.user_id)
    some = [select(each).where(each == number).limit(MANY + 1).subquery() for each in columns]
    counts = [select(func.count()).select_from(each).scalar_subquery() for each in some]
    reviews, messages = db.session.execute(select(*counts)).one()
    return int(reviews), int(messages)


def _claims(number: int) -> list[Claim]:
    query = select(Claim).where(Claim.user_id == number).order_by(Claim.created_at.desc())
    return list(db.session.scalars(query.limit(NEWEST)))


def _history(number: int) -> list[Change]:
    """The newest first."""
    query = select(Change).where(Change.user_id == number)
    return list(db.session.scalars(query.order_by(Change.at.desc(), Change.id).limit(NEWEST)))
