"""The WSGI environ of a request, from the scope of gunicorn's ASGI worker.

Source: PEP 3333. The same keys as gunicorn's own WSGI workers, including RAW_URI.
"""

import sys
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes

from portal.core.logs.labels import REQUEST_ID
from portal.serving.answers import FileWrapper
from portal.serving.bodies import Body

Environ = dict[str, Any]
Scope = dict[str, Any]
_OWN_NAMES = {"CONTENT_TYPE", "CONTENT_LENGTH"}
_LENGTHS = {b"content-length", b"transfer-encoding"}
TOO_LARGE = "portal.too_large"


def environ_of(scope: Scope, body: Body, *, multiprocess: bool) -> Environ:
    """The body is complete, so its length is known, also if it was chunked."""
    client, server = scope.get("client") or ("", ""), scope.get("server") or ("", "")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "RAW_URI": scope.get("raw_uri", ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or ""),
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "SERVER_SOFTWARE": "gunicorn",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body.file,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if REQUEST_ID in scope:
        environ[REQUEST_ID] = scope[REQUEST_ID]
    _add_headers(environ, scope["headers"])
    if body.size or declared_length(scope) is not None or is_chunked(scope):
        environ["CONTENT_LENGTH"] = str(body.size)
    return environ


def declared_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
    return None


def client_of(scope: Scope, trusted_proxies: int) -> str:
    """The client, for counting: an address, or the /64 that one household has for itself.

    As ProxyFix determines it: from the proxy that is `trusted_proxies` hops away.
    """
    address = str((scope.get("client") or ("",))[0])
    if trusted_proxies:
        named = [v.decode("latin-1") for n, v in scope["headers"] if n == b"x-forwarded-for"]
        hops = ",".join(named).split(",")
        address = hops[-trusted_proxies].strip() if len(hops) >= trusted_proxies else address
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((ip, 64), strict=False)) if ip.version == 6 else address


def is_chunked(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])


def _add_headers(environ: Environ, headers: list[tuple[bytes, bytes]]) -> None:
    """Repeated headers are joined with commas."""
    for raw, value in headers:
        if raw in _LENGTHS:
            continue
        name = raw.decode("latin-1").upper().replace("-", "_")
        key = name if name in _OWN_NAMES else f"HTTP_{name}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
