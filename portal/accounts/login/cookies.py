"""Two login realms with a cookie each; the request's path decides which one applies.

Staff and clients are in ops, site users in the directory; one person may be both at once.
"""

from collections.abc import Hashable
from typing import cast

from flask import Flask, Request, request
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from portal.accounts.models import Realm
from portal.core.configuration.settings import Settings

#: Images of documents are for staff, and for readers of a shared text.
REALMS = ("/ops", "/client", "/documents")
WITHOUT_COOKIES = "/status"
"""Its pages and those below it read no cookie and set none."""
_PICTURES = {"directory.image", "directory.small_image", "directory.medium_image"}
SAME_FOR_EVERYBODY = {"asset", "static", *_PICTURES}
DEVICE_COOKIE, SITE_DEVICE_COOKIE = "portal_device", "portal_site_device"
"""Of the control room, and of the site, whose values hold no email address."""
DEVICE_SECONDS = 180 * 24 * 3600
DEVICE_ACCOUNTS = 5


def realm_of(path: str) -> Realm:
    inside = any(path == each or path.startswith(f"{each}/") for each in REALMS)
    return Realm.STAFF if inside else Realm.SITE


def cookie_name(app: Flask, name: str) -> str:
    """Over HTTPS with the prefix `__Host-`: browsers then require Secure, this host only, and path
    /."""
    return f"__Host-{name}" if is_https(app) else name


def is_https(app: Flask) -> bool:
    return cast(Settings, app.extensions["portal.settings"]).is_https


class RealmSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, one for each realm. Of a login it contains only a token."""

    def __init__(self) -> None:
        self._serializers: dict[Hashable, URLSafeTimedSerializer | None] = {}

    @property
    def salt(self) -> str:  # type: ignore[override]  # one realm's cookie never opens the other
        return f"portal-session-{realm_of(request.path)}"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """A request without a cookie gets an empty session, without deriving a key."""
        if _is_without_cookies(request.path):
            return self.session_class()
        if app.secret_key and not request.cookies.get(self.get_cookie_name(app)):
            return self.session_class()
        return super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Cached by realm and key."""
        fallbacks = tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        key = (app.secret_key, fallbacks, self.salt)
        if key not in self._serializers:
            self._serializers[key] = super().get_signing_serializer(app)
        return self._serializers[key]

    def get_cookie_name(self, app: Flask) -> str:
        return cookie_name(app, f"portal_{realm_of(request.path)}")

    def get_cookie_secure(self, app: Flask) -> bool:
        return is_https(app)

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"

    def get_cookie_httponly(self, app: Flask) -> bool:
        return True

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        """Static files get no cookie headers: `Vary: Cookie` would make browsers fetch them again
        after each login."""
        is_untouched = not session and not session.modified and not session.accessed
        is_same = request.endpoint in SAME_FOR_EVERYBODY or _is_without_cookies(request.path)
        if not is_same and not is_untouched:
            super().save_session(app, session, response)


def _is_without_cookies(path: str) -> bool:
    return path == WITHOUT_COOKIES or path.startswith(f"{WITHOUT_COOKIES}/")


def known_device(app: Flask, email: str) -> str | None:
    """The id of this device if somebody has logged in to this account on it before."""
    return devices_here(app).get(email.casefold())


def emails_known_here(app: Flask) -> list[str]:
    """The accounts that have logged in on this device before."""
    return list(devices_here(app))


def remember_device(
    app: Flask, response: Response, whose: str, device: str, *, name: str = DEVICE_COOKIE
) -> None:
    """Mark this device as known to the account, so that failures of others don't block it."""
    devices = devices_here(app, name)
    devices.pop(whose, None)
    kept = dict([*devices.items(), (whose, device)][-DEVICE_ACCOUNTS:])
    response.set_cookie(
        cookie_name(app, name),
        _signer(app, name).dumps(kept),
        max_age=DEVICE_SECONDS,
        secure=is_https(app),
        httponly=True,
        samesite="Lax",
    )


def devices_here(app: Flask, name: str = DEVICE_COOKIE) -> dict[str, str]:
    """The id of this device by the account that it is known to."""
    value = request.cookies.get(cookie_name(app, name), "")
    try:
        return cast(dict[str, str], _signer(app, name).loads(value, max_age=DEVICE_SECONDS))
    except BadSignature:
        return {}


def _signer(app: Flask, name: str) -> URLSafeTimedSerializer:
    """One realm's cookie is no cookie of the other."""
    salt = "portal-known-device" if name == DEVICE_COOKIE else f"portal-known-device {name}"
    return URLSafeTimedSerializer(cast(str, app.secret_key), salt=salt)
