"""Hands unhandled errors on to SENTRY_DSN: class and places in the code, release and request id.

No message of an exception, no variable, no body, header, address or person. Nothing is imported or
started until the first error, and only if the setting is given.
"""

import logging
import os
from typing import Any

from portal.core.configuration.settings import settings
from portal.jobs.release import release_name

SENT = frozenset({"event_id", "timestamp", "level", "platform", "release", "environment", "tags"})
FRAME = frozenset({"filename", "function", "module", "lineno", "in_app"})
FLUSH = 2.0

log = logging.getLogger(__name__)
_client: tuple[int, str, Any] | None = None
"""Of this process: a forked one makes its own."""


def hand_on(error: BaseException, where: str | None, request_id: str | None) -> None:
    """In the background; what can't be sent is lost, which changes nothing here."""
    dsn = settings().sentry_dsn
    if dsn is None:
        return
    from sentry_sdk.utils import event_from_exception  # noqa: PLC0415 — see above

    client = _opened(dsn)
    event, _hint = event_from_exception(error, client_options=client.options)
    event["tags"] = {"where": where or "unknown", "request_id": request_id or "none"}
    client.capture_event(event)


def finish(seconds: float = FLUSH) -> None:
    """For a process that ends."""
    if _client is not None and _client[0] == os.getpid():
        _client[2].flush(timeout=seconds)


def scrubbed(event: Any) -> Any:
    """What is sent of an event: what is named here, and nothing else."""
    kept = {key: value for key, value in event.items() if key in SENT}
    values = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_exception(each) for each in values if isinstance(each, dict)]}
    return kept


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    named = [{key: frame[key] for key in FRAME if key in frame} for frame in frames]
    kept: dict[str, Any] = {key: value[key] for key in ("type", "module") if key in value}
    return {**kept, "value": "", "stacktrace": {"frames": named}}


def _opened(dsn: str) -> Any:
    global _client  # noqa: PLW0603 — one process, one client
    if _client is None or _client[:2] != (os.getpid(), dsn):
        from sentry_sdk import Client  # noqa: PLC0415 — see above

        logging.getLogger("sentry_sdk").setLevel(
            logging.CRITICAL
        )  # its lines may quote the address
        client = Client(
            dsn=dsn,
            release=release_name(),
            environment=settings().env.value,
            server_name="",
            default_integrations=False,
            auto_enabling_integrations=False,
            max_request_body_size="never",
            spotlight=False,
            enable_metrics=False,
            enable_backpressure_handling=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            send_client_reports=False,
            auto_session_tracking=False,
            enable_logs=False,
            before_send=lambda event, _hint: scrubbed(event),
        )
        _client = os.getpid(), dsn, client
    return _client[2]
