"""Which mails a person gets: messages of visitors can be ended, what concerns the account can't."""

from uuid import UUID

from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.access.finding import account_of, locked_user
from portal.directory.users.events import note_event
from portal.directory.users.links import id_in, link_code
from portal.directory.users.models import SiteAccount

KIND = "unsubscribe"


def unsubscription_code(user_id: int) -> str:
    """For the address in a mail, the same in each: it ends mails and opens nothing else."""
    return link_code(KIND, str(UUID(int=user_id)))


def user_to_unsubscribe(code: str) -> User:
    """Raises NotFound for no code of this site, and for an account that was deleted."""
    found = id_in(KIND, code)
    number = UUID(found).int if found else 0
    user = db.session.get(User, number) if 0 < number < 2**31 else None
    if user is None:
        raise NotFound(
            "This link is not complete, or its account was deleted.",
            remedy="Open it from the mail once more. A deleted account gets no mails.",
        )
    return user


def wants_mail(user_id: int) -> bool:
    """Whether visitors' messages come by mail too."""
    ended = select(SiteAccount.mail_ended_at).where(SiteAccount.user_id == user_id)
    return db.session.scalar(ended) is None


def choose_mail(user_id: int, *, wanted: bool) -> None:
    """Messages are kept on the site in any case. Choosing the same again changes nothing."""
    with changing_directory():
        account = account_of(locked_user(user_id))
        if wanted is (account.mail_ended_at is None):
            return
        account.mail_ended_at = None if wanted else now()
        if not wanted:
            note_event("mail-ended", user_id)
