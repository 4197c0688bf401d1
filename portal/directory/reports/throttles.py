"""How often visitors may report problems. The marks are in ops."""

from datetime import timedelta

from portal.accounts.login.throttle import Allowance, network_of
from portal.directory.users.access.throttles import charge

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ACTION = "site.throttled"


def charge_report(address: str | None, studio: int) -> None:
    """By the visitor's address of the network, by studio, and in total. Raises TooMany, or
    Unavailable without ops."""
    keys = [
        Allowance(f"site-report-from:{network_of(address)}", 5, 2 * MINUTE),
        Allowance(f"site-report-about:{studio}", 20, 2 * MINUTE),
        Allowance("site-report-all", 100, 5 * SECOND),
    ]
    charge(keys, attempts="reports in a short time", action=ACTION)
