"""How often studios may be claimed. The marks are in ops."""

from datetime import timedelta

from portal.accounts.login.throttle import Allowance, network_of
from portal.directory.users.access.throttles import charge, person_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACTION = "site.throttled"


def charge_claim(user_id: int, address: str | None, studio: int, known_email: str | None) -> None:
    """By person, network, studio and the mailbox that the letter goes to, so that no one floods
    one, by several accounts or several studios with one address; and in total. Raises TooMany, or
    Unavailable without ops."""
    keys = [
        Allowance(f"site-claim-by:{user_id}", 5, HOUR),
        Allowance(f"site-claim-from:{network_of(address)}", 10, 10 * MINUTE),
        Allowance(f"site-claim-of:{studio}", 3, 12 * HOUR),
        Allowance("site-claim-all", 60, MINUTE),
    ]
    if known_email:
        keys.append(Allowance(f"site-claim-to:{person_of(known_email)}", 3, 12 * HOUR))
    charge(keys, attempts="claims in a short time", action=ACTION)
