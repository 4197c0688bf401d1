"""How often visitors may write and owners may answer. The marks are in ops."""

from datetime import timedelta

from portal.accounts.login.throttle import Allowance, network_of
from portal.directory.users.access.throttles import charge

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ACTION = "site.throttled"


def charge_message(address: str | None, studio: int) -> None:
    """By the visitor's address of the network, by studio, and in total. Raises TooMany,
    or Unavailable without ops."""
    keys = [
        Allowance(f"site-message-from:{network_of(address)}", 5, 2 * MINUTE),
        Allowance(f"site-message-to:{studio}", 20, 2 * MINUTE),
        Allowance("site-message-all", 100, 5 * SECOND),
    ]
    charge(keys, attempts="messages in a short time", action=ACTION)


def charge_answer(user_id: int) -> None:
    """By owner, and in total: each answer is a mail of this site. Raises TooMany."""
    keys = [
        Allowance(f"site-answer-by:{user_id}", 10, 10 * MINUTE),
        Allowance("site-answer-all", 100, 5 * SECOND),
    ]
    charge(keys, attempts="answers in a short time", action=ACTION)
