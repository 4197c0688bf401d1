"""How often visitors may write and owners may answer. The marks are in ops."""

from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from portal.accounts.login.throttle import Allowance, consume_allowance, network_of
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.storage.database import db, own_ops_transaction

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def charge_message(address: str | None, studio: int) -> None:
    """By the visitor's address of the network, by studio, and in total. Raises TooMany."""
    keys = [
        Allowance(f"site-message-from:{network_of(address)}", 5, 2 * MINUTE),
        Allowance(f"site-message-to:{studio}", 20, 2 * MINUTE),
        Allowance("site-message-all", 100, 5 * SECOND),
    ]
    _charge(keys, attempts="messages in a short time")


def charge_answer(user_id: int) -> None:
    """By owner, and in total: whoever answers has this site send a mail. Raises TooMany."""
    keys = [
        Allowance(f"site-answer-by:{user_id}", 10, 10 * MINUTE),
        Allowance("site-answer-all", 100, 5 * SECOND),
    ]
    _charge(keys, attempts="answers in a short time")


def _charge(keys: list[Allowance], *, attempts: str) -> None:
    """Raises Unavailable without ops: nothing that is not counted is allowed."""
    db.session.rollback()
    try:
        with own_ops_transaction() as session:
            consume_allowance(keys, attempts=attempts, action="site.throttled", store=session)
    except DBAPIError as error:
        alarm_about(error, settings(), about=ops_place(settings()))
        raise Unavailable(
            "Messages can’t be sent at the moment, and nothing was saved.",
            remedy="Try again in a few minutes.",
        ) from error
