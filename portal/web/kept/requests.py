"""Which requests may get a cached response, decided by their headers alone."""

from collections.abc import Mapping
from typing import Any

#: Headers that identify the client, ask for a part of a response, or announce a body.
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
    """None for a path that isn't UTF-8, and for a request whose first line names a host."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or "/"
    if not raw.startswith("/") or raw.startswith("//") or environ.get("SCRIPT_NAME"):
        return None
    try:
        return str(environ.get("PATH_INFO", "")).encode("latin-1").decode()
    except UnicodeError:
        return None


def named_host(headers: Mapping[str, str], trusted_proxies: int) -> str:
    """The host as ProxyFix determines it: from the proxy that is `trusted_proxies` hops away."""
    if trusted_proxies and (forwarded := headers.get("x-forwarded-host")):
        hops = [each.strip() for each in forwarded.split(",")]
        if len(hops) >= trusted_proxies and hops[-trusted_proxies]:
            return hops[-trusted_proxies]
    return headers.get("host", "")
