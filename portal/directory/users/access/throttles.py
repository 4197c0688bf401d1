"""How often the pages for accounts may be used, by email address and by address of the network.

The marks are in ops, like those of the control room, under keys of their own. An attempt is charged
before the work that it costs. Without ops nothing is allowed.
"""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy.exc import DBAPIError

from portal.accounts.login.throttle import (
    Allowance,
    consume_allowance,
    network_of,
    refund_allowance,
)
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Unavailable
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.storage.database import db, own_ops_transaction
from portal.directory.users.access.origin import Origin

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def for_login(email: str, origin: Origin) -> list[Allowance]:
    """A browser in which the person has logged in before has an allowance of its own, so that
    strangers can't keep them out."""
    person = person_of(email)
    if device := origin.devices.get(person):
        return [Allowance(f"site-device:{device}:{person}", 10, 30 * SECOND)]
    return [
        Allowance(f"site-login:{person}", 5, MINUTE),
        Allowance(f"site-login-from:{network_of(origin.address)}", 20, 15 * SECOND),
        Allowance("site-login-all", 100, SECOND),
    ]


def for_letter(email: str, address: str | None, *, what: str) -> list[Allowance]:
    """For what sends a mail to an address that anybody may type."""
    return [
        Allowance(f"{what}:{person_of(email)}", 4, 10 * MINUTE),
        Allowance(f"site-mail-from:{network_of(address)}", 12, 2 * MINUTE),
        Allowance("site-mail-all", 60, 2 * SECOND),
    ]


def charge(
    keys: list[Allowance],
    *,
    attempts: str = "attempts to log in",
    action: str = "login.throttled",
) -> None:
    """Take one attempt from each allowance. Raises TooMany, or Unavailable without ops."""
    db.session.rollback()
    try:
        with own_ops_transaction() as session:
            consume_allowance(keys, attempts=attempts, action=action, store=session)
    except DBAPIError as error:
        raise _without_ops(error) from error


def charge_letter(email: str, address: str | None, *, what: str = "site-mail") -> None:
    """`what`: a reset has an allowance of its own, which sign-ups of strangers with this address
    don't use up; who uses it up sends its person the links."""
    keys = for_letter(email, address, what=what)
    charge(keys, attempts="mails asked for", action="site.throttled")


def refund(keys: list[Allowance]) -> None:
    """The attempt was right."""
    db.session.rollback()
    try:
        with own_ops_transaction() as session:
            refund_allowance(keys, session)
    except DBAPIError as error:
        raise _without_ops(error) from error


def _without_ops(error: DBAPIError) -> PortalError:
    alarm_about(error, settings(), about=ops_place(settings()))
    return Unavailable(
        "This can’t be done at the moment, and nothing was saved.",
        remedy="Try again in a few minutes.",
    )


def person_of(email: str) -> str:
    """For keys: it does not show the address."""
    return sha256(email.strip().casefold().encode()).hexdigest()[:32]
