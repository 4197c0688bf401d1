"""Adds accounts to an application: cookies, login, protection, and handling of refusals."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, make_response, redirect, request, session, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.accounts.clients.forms import READING_WORDS
from portal.accounts.login.confirm_password import confirming_page, note_undone, typed_fields
from portal.accounts.login.cookies import RealmSessions, realm_of
from portal.accounts.login.cross_site import init_forgery
from portal.accounts.login.identity import asking_ops, current_account, init_login
from portal.accounts.login.redirects import safe_path
from portal.accounts.models import Account, Realm
from portal.accounts.permissions.enforcement import READS
from portal.audit.actor import VISITOR, Actor, NamedActor
from portal.audit.origin import Origin, set_origin
from portal.audit.refusals import record_refusal
from portal.core.configuration.settings import Settings
from portal.core.errors import (
    Forbidden,
    FreshLoginNeeded,
    LoginNeeded,
    PortalError,
    Refusal,
    Unavailable,
)
from portal.core.logs.labels import current_request
from portal.core.storage.database import db, reading
from portal.core.zones import offered_zones

# Order matters: a browser also names those it descends from.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

BEFORE_ONES_OWN_PASSWORD = {
    "accounts.show_login",
    "accounts.create_login",
    "accounts.delete_login",
    "accounts.show_password",
    "accounts.create_password",
    "static",
    "asset",
}
IS_STRICT = "portal.is_strict"


def init_accounts(app: Flask, *, is_strict: Callable[[], bool]) -> None:
    """`is_strict` says whether this control room guards a real production database."""
    settings = cast(Settings, app.extensions["portal.settings"])
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask's documentation does it
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.extensions[IS_STRICT] = is_strict
    app.session_interface = RealmSessions()
    app.before_request(note_origin)
    app.before_request(refuse_weak_settings)
    init_forgery(app)
    init_login(app)
    app.before_request(require_own_password)
    app.context_processor(account_context)
    app.jinja_env.filters["device"] = device_name
    app.jinja_env.globals.update(offered_zones=offered_zones, reading_words=READING_WORDS)
    app.teardown_request(lambda _error: set_origin(None))


def note_origin() -> None:
    """For the audit log; the login session is added once it is known."""
    set_origin(Origin(request=current_request(), address=request.remote_addr))


def refuse_weak_settings() -> None:
    """Raises Unavailable if a real production database is guarded with demo settings."""
    if realm_of(request.path) is not Realm.STAFF:
        return
    is_strict = cast(Callable[[], bool], current_app.extensions[IS_STRICT])
    settings = cast(Settings, current_app.extensions["portal.settings"])
    if settings.secret_key and settings.is_https:
        return
    with asking_ops():
        if not is_strict():
            return
    raise Unavailable(
        "This control room guards a real production database, so its settings must be real too.",
        remedy="Set SECRET_KEY, and BASE_URL to an address that begins with https://.",
    )


def require_own_password() -> Response | None:
    """A user with a handed-over password must change it before anything else.

    Pages redirect to the form; state-changing requests are refused. Raises Forbidden.
    """
    if request.endpoint in BEFORE_ONES_OWN_PASSWORD or realm_of(request.path) is not Realm.STAFF:
        return None
    account = current_account()
    if account is None or not account.must_change_password:
        return None
    if request.method not in {"GET", "HEAD"}:
        raise Forbidden(
            "Your password was handed over by somebody else; nothing was changed.",
            remedy="Choose one of your own first, at /ops/password.",
            refusal=Refusal("access.refused", target=request.path),
        )
    return _to_login("accounts.show_password")


def settle_refusal(error: PortalError) -> Response | None:
    """Roll back and record the refusal. Returns a redirect to the login if only that is missing,
    and nothing is lost by it."""
    note_refusal(error)
    if isinstance(error, FreshLoginNeeded):
        return _ask_again(error)
    if isinstance(error, LoginNeeded):
        is_staff = realm_of(request.path) is Realm.STAFF
        if not is_staff and _had_typed():
            error.remedy = "Copy what you typed, then go back to the form: it leads to the login."
            return None
        return _to_login("accounts.show_login" if is_staff else "site.show_login")
    return None


def _had_typed() -> bool:
    """Whether somebody whose login has ended sent a text that a redirect would lose. A script keeps
    it on its page."""
    is_form = request.method == "POST" and "HX-Request" not in request.headers
    return is_form and "_user_id" in session and bool(typed_fields())


def note_refusal(error: PortalError) -> None:
    """Roll back and record the refusal."""
    db.session.rollback()  # a session that was lost answers nothing before
    record_refusal(error, by=_who())


def _ask_again(error: FreshLoginNeeded) -> Response:
    """Ask in place, with the form's values, or on the login page, which says what was not done."""
    with reading():  # the refusal is recorded by now
        page = confirming_page(error, back=_this_page())
    if page:
        return make_response(page)
    if request.method not in READS:
        note_undone()
    return _to_login("accounts.show_fresh_login")


def _who() -> Actor:
    try:
        account = current_account()
    except PortalError:
        return VISITOR
    return NamedActor(name=account.name, role=account.role, id=account.id) if account else VISITOR


def _to_login(endpoint: str) -> Response:
    address = url_for(endpoint, next=_this_page())
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": address})
    return cast(Response, redirect(address, 303))


def _this_page() -> str | None:
    """The page to return to: this one, or for a form the page that contained it."""
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return safe_path(request.full_path.rstrip("?"))
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if parts.netloc != request.host:
        return None
    return safe_path(parts.path + (f"?{parts.query}" if parts.query else ""))


def account_context() -> dict[str, Any]:
    """`account`, the logged-in account on staff and client pages, and the layout of their area."""
    try:
        account = current_account()
    except PortalError:
        account = None
    except DBAPIError:  # on a page that says why
        db.session.rollback()
        account = None
    layout = "client.html" if account and not account.is_staff else "control.html"
    return {"account": _menu(account) if account else None, "own_layout": layout}


def _menu(account: Account) -> dict[str, str | bool]:
    return {
        "label": account.name,
        "email": account.email,
        "role": account.role,
        "is_staff": account.is_staff,
        "is_admin": account.is_admin,
    }


def device_name(user_agent: str | None) -> str:
    """“Firefox on Linux”, or the user agent, shortened."""
    if not user_agent:
        return "Unknown device"
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:40]


def _first(names: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in names if mark in text), None)
