"""Access checks for pages. Every views module may use this."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, request

from portal.accounts.login.identity import current_account, current_session
from portal.accounts.models import STAFF, Account, LoginSession, Role
from portal.core.clock import now
from portal.core.errors import Forbidden, FreshLoginNeeded, LoginNeeded, Refusal

FRESH = timedelta(minutes=30)
#: The tolerated difference between two machines' clocks.
SKEW = timedelta(minutes=1)

P = ParamSpec("P")
R = TypeVar("R")


def the_account() -> Account:
    """The logged-in account. Raises LoginNeeded if there is none."""
    account = current_account()
    if account is None:
        raise LoginNeeded("Log in to see this page.")
    return account


def the_session() -> LoginSession:
    row = current_session()
    if row is None:
        raise LoginNeeded("Log in to see this page.")
    return row


def require_role(*roles: Role) -> Account:
    """Raises LoginNeeded, or Forbidden (which is audited) for another role."""
    account = the_account()
    if account.role not in roles:
        raise Forbidden(
            f"This page is not for the role “{account.role}”.",
            refusal=Refusal("access.refused", target=request.path),
        )
    return account


def require_fresh_login(after: datetime | None = None) -> None:
    """Raises FreshLoginNeeded when the last login is 30 minutes old, or not later than `after`.

    A login time in the future, written by a wrong clock, does not count.
    """
    authenticated_at = the_session().authenticated_at
    if not -SKEW <= now() - authenticated_at <= FRESH:
        raise FreshLoginNeeded("Your last login is more than 30 minutes old. Log in again first.")
    if after is not None and authenticated_at <= after:
        raise FreshLoginNeeded("This needs a login of its own. Log in again first.")


def has_fresh_login(after: datetime | None = None) -> bool:
    """Whether `require_fresh_login` asks for nothing."""
    try:
        require_fresh_login(after)
    except FreshLoginNeeded:
        return False
    return True


def _only(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require_role(*roles)
            return view(*args, **kwargs)

        return guarded

    return decorate


staff = _only(*STAFF)
admins = _only(Role.ADMIN)
clients = _only(Role.CLIENT, *STAFF)  # staff may see the clients' pages
anybody = _only(*Role)


def guard_blueprint(blueprint: Blueprint, *roles: Role) -> None:
    """Restrict every page of the blueprint to these roles; to staff if none is given."""
    blueprint.before_request(lambda: _guard(roles or STAFF))


def _guard(roles: tuple[Role, ...]) -> None:
    require_role(*roles)
