"""How often people may send reviews and answers to them. The marks are in ops."""

from datetime import timedelta

from portal.accounts.login.throttle import Allowance
from portal.directory.users.access.throttles import charge

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ACTION = "site.throttled"


def charge_review(user_id: int) -> None:
    """By person, and in total: staff read each. Raises TooMany, or Unavailable without ops."""
    keys = [
        Allowance(f"site-review-by:{user_id}", 10, 6 * MINUTE),
        Allowance("site-review-all", 100, 5 * SECOND),
    ]
    charge(keys, attempts="reviews in a short time", action=ACTION)


def charge_review_answer(user_id: int) -> None:
    """By owner, and in total: each answer may be an email of this site. Raises TooMany."""
    keys = [
        Allowance(f"site-review-answer-by:{user_id}", 20, 6 * MINUTE),
        Allowance("site-review-answer-all", 100, 5 * SECOND),
    ]
    charge(keys, attempts="answers in a short time", action=ACTION)
