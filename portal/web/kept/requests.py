"""Which requests may get an answer that was kept, told by their headers alone."""

from collections.abc import Mapping
from typing import Any

#: What says who asks, or asks for less than a whole answer, or sends something.
IN_DOUBT = (
    "cookie",
    "authorization",
    "range",
    "if-range",
    "if-match",
    "if-unmodified-since",
    "transfer-encoding",
    "upgrade",
    "expect",
)
NEEDED = ("host", "x-forwarded-host", "accept-encoding", "if-none-match", "content-length")
_IN_ENVIRON = {
    name: "CONTENT_LENGTH" if name == "content-length" else f"HTTP_{name.upper().replace('-', '_')}"
    for name in (*IN_DOUBT, *NEEDED)
}


def may_get_kept(method: str, headers: Mapping[str, str]) -> bool:
    if method not in {"GET", "HEAD"} or headers.get("content-length", "0") not in {"", "0"}:
        return False
    return not any(name in headers for name in IN_DOUBT)


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    return {name: environ[key] for name, key in _IN_ENVIRON.items() if key in environ}


def path_of(environ: Mapping[str, Any]) -> str | None:
    """None for a path that isn't text, and for a request whose first line names a host."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or "/"
    if not raw.startswith("/") or raw.startswith("//") or environ.get("SCRIPT_NAME"):
        return None
    try:
        return str(environ.get("PATH_INFO", "")).encode("latin-1").decode()
    except UnicodeError:
        return None


def named_host(headers: Mapping[str, str], trusted_proxies: int) -> str:
    """As ProxyFix reads it: what the proxy that is so many places away from here said."""
    if trusted_proxies and (forwarded := headers.get("x-forwarded-host")):
        said = [each.strip() for each in forwarded.split(",")]
        if len(said) >= trusted_proxies and said[-trusted_proxies]:
            return said[-trusted_proxies]
    return headers.get("host", "")
