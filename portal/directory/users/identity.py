"""Who makes a request to the site: Flask-Login's user of the site's own realm."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import flask_login
from flask import g, request, session
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.login.cookies import realm_of
from portal.accounts.login.identity import load_site_logins_by
from portal.accounts.models import Realm
from portal.core.errors import LoginNeeded
from portal.directory.models import User
from portal.directory.users.models import SiteSession
from portal.directory.users.prepared import is_prepared
from portal.directory.users.sessions import live_session, mark_seen


@dataclass
class SiteLogin:
    """Flask-Login's user: one session of the site, identified by its token."""

    session: SiteSession
    token: str
    seen: tuple[int, datetime] | None = None
    """The session's id and when it was last in use, as it was found."""
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.token


def site_login() -> SiteLogin | None:
    """Without a cookie no query is made. None before the tables are there."""
    if realm_of(request.path) is not Realm.SITE:
        return None
    found = flask_login.current_user
    return found._get_current_object() if found.is_authenticated else None


def current_user() -> User | None:
    login = site_login()
    return login.session.user if login else None


def current_session() -> SiteSession | None:
    login = site_login()
    return login.session if login else None


def require_session() -> SiteSession:
    """Raises LoginNeeded, which leads to the site's login and back."""
    row = current_session()
    if row is None:
        raise LoginNeeded("Log in to go on.")
    return row


def require_user() -> User:
    """Raises LoginNeeded, which leads to the site's login and back."""
    user = current_user()
    if user is None:
        raise LoginNeeded("Log in to go on.")
    return user


def begin(row: SiteSession, token: str) -> None:
    """Bind this browser to that session. The cookie's previous content is discarded."""
    session.clear()
    g.pop("csrf_token", None)
    flask_login.login_user(SiteLogin(row, token))


def forget() -> None:
    flask_login.logout_user()
    session.clear()
    g.pop("csrf_token", None)


def _load(token: str) -> SiteLogin | None:
    row = live_session(token) if is_prepared() else None
    return SiteLogin(row, token, (row.id, row.last_seen_at)) if row else None


def note_use() -> None:
    """At the end of a request: note that its session is in use, if it asked who is logged in."""
    login = g.get("_login_user")
    if isinstance(login, SiteLogin) and login.seen:
        with suppress(SQLAlchemyError):  # the page is made; the session ends earlier
            mark_seen(*login.seen)


load_site_logins_by(_load)
