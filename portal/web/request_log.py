"""The id of each request, for its log lines and its error page; and answers with 503, logged as a
state."""

import logging
import time
from collections.abc import Callable
from typing import cast

from flask import Flask, Response, g, got_request_exception, request

from portal.core.configuration.settings import Settings
from portal.core.errors import PortalError
from portal.core.faults.unexpected import note_unexpected
from portal.core.logs.labels import REQUEST_ID, begin_request, current_request, request_id
from portal.core.logs.lasting import Lasting
from portal.web.headers import is_behind_a_login

HEADER = "X-Request-ID"
SETTLED = 10.0
"""Seconds without a 503 before another answer ends the state."""
REASON_LASTS = 10.0
"""Seconds until a directory that can't be served is asked again why."""

log = logging.getLogger(__name__)


def init_request_log(app: Flask, *, why_unfit: Callable[[], str | None]) -> None:
    """Called before anything else is registered: its first function runs first, its last one last.

    `why_unfit`: why the directory can't be served, which visitors do not read.
    """
    proxies = cast(Settings, app.extensions["portal.settings"]).trusted_proxies
    refusals = UnavailableAnswers(why_unfit)

    @app.before_request
    def begin() -> None:
        given = request.environ.get(REQUEST_ID)
        number = given or request_id(request.headers.get(HEADER), trusted_proxies=proxies)
        request.environ[REQUEST_ID] = number
        begin_request(number)

    app.after_request(refusals.note)
    got_request_exception.connect(count_unhandled, app)
    app.teardown_request(lambda _error: begin_request(None))
    app.jinja_env.globals["request_number"] = current_request


def count_unhandled(_app: Flask, exception: BaseException, **_more: object) -> None:
    """Counted under the route, which has no parameters in it."""
    note_unexpected(exception, request.url_rule.rule if request.url_rule else None)


def note_refused(error: PortalError) -> None:
    """Remember the error that is shown, as the answer does not contain all of it."""
    g.log_reason = error


class UnavailableAnswers:
    """Logs that requests are answered with 503, and why: once, not for each of them."""

    def __init__(self, why_unfit: Callable[[], str | None]) -> None:
        self._why_unfit = why_unfit
        self._states = Lasting(log, noun="requests", settle=SETTLED)
        self._known: tuple[float, str | None] = (float("-inf"), None)

    def note(self, response: Response) -> Response:
        place = request.endpoint or ""
        if response.status_code == 503:
            self._states.note(f"Answered with 503: {self._reason(response)}", at=place)
        elif self._states:
            self._states.over(place)
        if response.status_code >= 400 and (number := current_request()):
            response.headers[HEADER] = number
        return response

    def _reason(self, response: Response) -> str:
        error: PortalError | None = g.get("log_reason")
        if error is None:
            said = response.get_data(as_text=True) if response.mimetype == "text/plain" else ""
            return said.strip() or "no reason is known"
        if isinstance(error.__cause__, PortalError):
            return str(error.__cause__)
        if is_behind_a_login(request.path):
            return str(error)
        return self._asked() or str(error)

    def _asked(self) -> str | None:
        at, reason = self._known
        if time.monotonic() - at > REASON_LASTS:
            reason = self._why_unfit()
            self._known = time.monotonic(), reason
        return reason
