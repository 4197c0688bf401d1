"""Flask-Login, wrapped once: it ships no types, and the rest of the product knows only this."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import flask_login
from flask import Flask, g, request, session
from sqlalchemy.exc import OperationalError

from portal.accounts.login.cookies import realm_of
from portal.accounts.login.sessions import live_session, mark_seen
from portal.accounts.models import Account, LoginSession, Realm
from portal.audit.origin import name_session
from portal.core.configuration.settings import settings
from portal.core.storage.busy import busy, gone, is_locked


@dataclass
class LoggedIn:
    """What Flask-Login calls a user: one login session, known by its token."""

    session: LoginSession
    token: str
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token


def init_login(app: Flask) -> None:
    manager = flask_login.LoginManager()
    manager.session_protection = None  # rows can be ended, and phones change their address
    manager.user_loader(_load)
    manager.init_app(app, add_context_processor=False)


def logged_in() -> LoggedIn | None:
    """Who makes this request. Pages of the public, and requests without a cookie, ask no database.

    Raises Unavailable when the ops database can't be reached.
    """
    if realm_of(request.path) is not Realm.STAFF:
        return None
    user = flask_login.current_user
    return user._get_current_object() if user.is_authenticated else None


def begin(row: LoginSession, token: str) -> None:
    """Make this browser the one of that session. Whatever its cookie held before is gone."""
    session.clear()
    g.pop("csrf_token", None)
    flask_login.login_user(LoggedIn(row, token))


def forget() -> None:
    flask_login.logout_user()
    session.clear()
    g.pop("csrf_token", None)


def current_account() -> Account | None:
    who = logged_in()
    return who.session.account if who else None


def current_session() -> LoginSession | None:
    who = logged_in()
    return who.session if who else None


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
    """Raises Unavailable, with the way out, when the ops database can't be asked."""
    try:
        yield
    except OperationalError as error:
        if is_locked(error):
            raise busy(settings().ops_url) from error
        raise gone() from error


def _is_following() -> bool:
    """A page that asks for news by itself is no sign that somebody is there."""
    return request.method == "GET" and bool(request.headers.get("HX-Request"))
