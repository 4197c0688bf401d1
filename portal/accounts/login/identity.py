"""Wraps Flask-Login, which ships no types; the rest of the product uses only this module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import flask_login
from flask import Flask, g, request, session
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from portal.accounts.login.cookies import realm_of
from portal.accounts.login.sessions import live_session, mark_seen
from portal.accounts.models import Account, LoginSession, Realm
from portal.audit.origin import name_session
from portal.core.configuration.settings import settings
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place

_of_site: list[Callable[[str], object | None]] = []


@dataclass
class LoggedIn:
    """Flask-Login's user: one login session, identified by its token."""

    session: LoginSession
    token: str
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token


def init_login(app: Flask) -> None:
    manager = flask_login.LoginManager()
    manager.session_protection = None  # sessions are ended by row; phones change their address
    manager.user_loader(_load_in_realm)
    manager.init_app(app, add_context_processor=False)


def logged_in() -> LoggedIn | None:
    """Who makes this request. Public pages, and requests without a cookie, need no query.

    Raises Unavailable when the ops database can't be reached.
    """
    if realm_of(request.path) is not Realm.STAFF:
        return None
    user = flask_login.current_user
    return user._get_current_object() if user.is_authenticated else None


def begin(row: LoginSession, token: str) -> None:
    """Bind this browser to that session. The cookie's previous content is discarded."""
    session.clear()
    g.pop("csrf_token", None)
    flask_login.login_user(LoggedIn(row, token))


def forget() -> None:
    flask_login.logout_user()
    session.clear()
    g.pop("csrf_token", None)


def current_account() -> Account | None:
    """Read again after a rollback. Raises Unavailable when the ops database can't be reached."""
    with asking_ops():
        who = logged_in()
        return who.session.account if who else None


def current_session() -> LoginSession | None:
    who = logged_in()
    return who.session if who else None


def load_site_logins_by(load: Callable[[str], object | None]) -> None:
    """Register how the site's realm finds the login of a token, in the directory's database."""
    _of_site[:] = [load]


def _load_in_realm(token: str) -> object | None:
    """The path decides the realm; a cookie of the other one is never read."""
    if realm_of(request.path) is Realm.STAFF:
        return _load(token)
    return _of_site[0](token) if _of_site else None


def _load(token: str) -> LoggedIn | None:
    with asking_ops():
        row = live_session(token, of_client=request.path.startswith("/client"))
        if row is None:
            return None
        if not _is_following():
            mark_seen(row)
    name_session(str(row.id))
    return LoggedIn(row, token)


@contextmanager
def asking_ops() -> Iterator[None]:
    """Raises Unavailable, with a remedy, when the ops database can't be reached."""
    try:
        yield
    except (DBAPIError, InvalidRequestError) as error:
        if fault := alarm_about(error, settings(), about=ops_place(settings())):
            raise fault from error
        raise


def _is_following() -> bool:
    """An automatic refresh of a page is no activity of a person."""
    return request.method == "GET" and bool(request.headers.get("HX-Request"))
