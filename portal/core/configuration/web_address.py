"""HEARTBEAT_URL and SENTRY_DSN: addresses that may contain a key, so no message quotes them."""

from urllib.parse import SplitResult, urlsplit

from portal.core.errors import SettingError

HEARTBEAT_FORM = "https://example.com/ping/…"
DSN_FORM = "https://key@example.com/1"


def heartbeat_setting(value: str) -> str | None:
    """The address that the worker calls each minute; None if none is given."""
    if not value:
        return None
    parts = _parts(value)
    if parts is None:
        raise SettingError(f"HEARTBEAT_URL is no web address; it looks like {HEARTBEAT_FORM}.")
    if parts.username or parts.password:
        raise SettingError("HEARTBEAT_URL has a user or a password, which is not sent.")
    return value


def sentry_setting(value: str) -> str | None:
    """Where unhandled errors are handed on to; None if none is given."""
    if not value:
        return None
    parts = _parts(value)
    project = parts.path.rpartition("/")[2] if parts else ""
    if parts is None or not parts.username or not project.isdecimal() or parts.query:
        raise SettingError(f"SENTRY_DSN can’t be read; it looks like {DSN_FORM}.")
    return value


def _parts(value: str) -> SplitResult | None:
    """None unless it is an http or https address with a host."""
    if not value.isascii() or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None
