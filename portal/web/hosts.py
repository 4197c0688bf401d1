"""Refuses requests for unknown host names before anything else is done with them.

Flask's TRUSTED_HOSTS ignores ports, does not support IPv6 addresses, and can't exempt pages.
"""

import logging
import re
import time
from collections.abc import Callable
from threading import Lock
from typing import cast

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from portal.core.configuration.hosts import LOCAL_NAMES, Host, is_allowed, read_host
from portal.core.configuration.settings import Settings

#: Requested by machines under any address; their content does not depend on the host.
EXEMPT = {"/healthz", "/readyz", "/metrics"}
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)", re.IGNORECASE)

log = logging.getLogger(__name__)


class HostCheck:
    """`is_demo` says whether this control room is a demo; None if that is unknown."""

    def __init__(self, is_demo: Callable[[], bool | None], settings: Settings) -> None:
        self._is_demo = is_demo
        self._settings = settings
        self._known: bool | None = None
        self._refused = Refused()

    def __call__(self) -> Response | None:
        """The refusal, or None."""
        if request.path in EXEMPT:
            return None
        for named in _named_hosts():
            if not self._allows(read_host(named)):
                self._refused.note(_cleaned(named))
                return _refusal(_cleaned(named))
        return None

    def is_known(self, named: str) -> bool:
        """Whether the host is known from the settings alone. Needs no request."""
        host = read_host(named)
        if is_allowed(host, self._settings.hosts):
            return True
        is_local = host is not None and host.name in LOCAL_NAMES
        return is_local and (not self._settings.base_url_is_given or bool(self._known))

    def _allows(self, host: Host | None) -> bool:
        if is_allowed(host, self._settings.hosts):
            return True
        return host is not None and host.name in LOCAL_NAMES and self._answers_locally()

    def _answers_locally(self) -> bool:
        """Whether any host is accepted: on a developer's machine, and for a demo. Queries ops only
        if needed."""
        if not self._settings.base_url_is_given:
            return True
        if self._known is None:
            try:
                self._known = self._is_demo()
            except SQLAlchemyError:
                return False
        return bool(self._known)


class Refused:
    """Logs at most one line a minute, for any number of refusals."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._told_at: float | None = None

    def note(self, host: str) -> None:
        with self._lock:
            self._count += 1
            at = time.monotonic()
            if self._told_at is not None and at - self._told_at < 60:
                return
            count, self._count, self._told_at = self._count, 0, at
        log.warning("Refused requests for other hosts: %d, the last for “%s”.", count, host)


def init_hosts(app: Flask, *, is_demo: Callable[[], bool | None]) -> HostCheck:
    """Runs before everything else in a request."""
    check = HostCheck(is_demo, cast(Settings, app.extensions["portal.settings"]))
    app.before_request(check)
    return check


def _named_hosts() -> list[str]:
    """The hosts in the header, which a trusted proxy may have set, and in the request line."""
    named = [request.environ.get("HTTP_HOST", "")]
    if absolute := _ABSOLUTE.match(request.environ.get("RAW_URI", "")):
        named.append(absolute[1])
    return named


def _cleaned(host: str) -> str:
    return re.sub(r"[^A-Za-z0-9.:\[\]-]", "", host)[:80]


def _refusal(host: str) -> Response:
    said = f"This site does not answer to the name “{host}”." if host else "No host is named."
    remedy = "If it is this site’s, name it in ALLOWED_HOSTS or in BASE_URL."
    return Response(f"{said} {remedy}\n", status=400, mimetype="text/plain")
