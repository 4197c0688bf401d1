"""Queries for messages: one, a list, and what was sent about an incident."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal.accounts.models import Contact, Organisation
from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.database import db
from portal.emails.models import Mailing, Message, MessageState

#: Messages that need a person come first, completed ones last.
ORDER = (
    MessageState.UNKNOWN,
    MessageState.FAILED,
    MessageState.DRAFT,
    MessageState.SENDING,
    MessageState.WAITING,
    MessageState.SENT,
    MessageState.WITHDRAWN,
)
#: Page sizes: of a list, and beside a report.
PAGE, MOST = 50, 500


def message_by_id(message_id: int) -> Message:
    message = db.session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def message_of_letter(message_id: str) -> Message | None:
    """The message whose letter has this Message-ID."""
    query = select(Message).where(Message.message_id == message_id, Message.message_id != "")
    return db.session.scalars(query.limit(1)).first()


def messages(
    state: MessageState | None = None, *, incident: str | None = None, page: int = 1
) -> Page[Message]:
    """With their mailings and contacts; those that need a person first, then the newest."""
    order = case({each.value: at for at, each in enumerate(ORDER)}, value=Message.state)
    query = select(Message).join(Message.mailing).order_by(order, Message.id.desc())
    if state:
        query = query.where(Message.state == state)
    if incident:
        query = query.where(Mailing.incident == incident)
    return page_of_rows(db.session(), query, number=page, size=PAGE, options=_WITH)


def every_message(state: MessageState) -> list[Message]:
    """All messages in one state, oldest first, without pages."""
    query = select(Message).where(Message.state == state).order_by(Message.id)
    return list(db.session.scalars(query.options(*_WITH)))


def messages_about(incident: str) -> list[Message]:
    """The newest ones, with their mailings and contacts."""
    return list(db.session.scalars(_ABOUT, {"incident": incident}))


def first_sent(incident: str) -> datetime | None:
    """When the first message about it was sent; None before."""
    return db.session.scalar(_FIRST_SENT, {"incident": incident})


def by_state(found: Sequence[Message]) -> list[tuple[MessageState, list[Message]]]:
    """The states that occur, in the order in which a person should look at them."""
    groups = [(state, [each for each in found if each.state is state]) for state in ORDER]
    return [(state, group) for state, group in groups if group]


def next_draft(message: Message) -> Message | None:
    """Another draft to continue with: of the same mailing, else of the same template about the same
    update.
    """
    mailing = message.mailing
    query = (
        select(Message)
        .join(Message.mailing)
        .where(
            Message.state == MessageState.DRAFT,
            Message.id != message.id,
            Mailing.incident == mailing.incident,
            Mailing.template == mailing.template,
            Mailing.update_key == mailing.update_key,
        )
        .order_by(Mailing.id != mailing.id, Message.to_name, Message.id)
    )
    return db.session.scalars(query.limit(1)).first()


def names_of_others(organisation: Organisation) -> list[str]:
    """Names and slugs of every other client, archived ones included, and of their people."""
    others = select(Organisation).where(Organisation.id != organisation.id)
    people = select(Contact.name).where(Contact.organisation_id != organisation.id)
    found = [word for each in db.session.scalars(others) for word in (each.name, each.slug)]
    return [*found, *db.session.scalars(people)]


_WITH = (
    selectinload(Message.mailing),
    selectinload(Message.contact).selectinload(Contact.organisation),
)
_IS_ABOUT = Mailing.incident == bindparam("incident")
_ABOUT = (
    select(Message)
    .join(Message.mailing)
    .where(_IS_ABOUT)
    .order_by(Message.id.desc())
    .limit(MOST)
    .options(contains_eager(Message.mailing))
    .options(joinedload(Message.contact).joinedload(Contact.organisation))
)
_FIRST_SENT = select(func.min(Message.sent_at)).join(Message.mailing).where(_IS_ABOUT)
