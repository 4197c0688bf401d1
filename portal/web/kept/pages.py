"""WSGI middleware in front of Flask: returns a cached response, or the application's, which it
caches if allowed.

The version is read before the page's first query. A change while the page is rendered increases it,
so such a page is cached, if at all, under an outdated version.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from portal.web.kept.answers import Body, Headers, KeptAnswer, chosen_encoding, is_known
from portal.web.kept.store import Kept, Store, Version

OFFER = "portal.kept.offer"
"""The key in the environ of a cacheable request for the `Offer` with the finished page."""
LONGEST = 60.0
_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
PRIVATE = frozenset({"set-cookie", "www-authenticate"})


class Address(Protocol):
    @property
    def key(self) -> Hashable: ...
    @property
    def studio(self) -> int | None: ...
    @property
    def depends_on_time(self) -> bool: ...


class Offer:
    """What the application returned: a page that is identical for all visitors without a cookie.

    `depends_on_time`: also if its address doesn't show that, such as a search that is counted by
    day. `longest`: seconds from `asked_at` for which it may be kept, if the page says so.
    """

    def __init__(self, version: Version, asked_at: float) -> None:
        """`version`: of the content, as it was before the page's first query."""
        self.version, self.asked_at = version, asked_at
        self.body: Body | None = None
        self.depends_on_time = False
        self.longest: float | None = None


class KeptPages:
    def __init__(
        self,
        app: WSGIApplication,
        *,
        store: Store,
        address: Callable[[str, str], Address | None],
        ask: Callable[[int | None], Version | None],
        is_known_host: Callable[[str], bool],
        trusted_proxies: int = 0,
        same_for_everybody: bool = False,
    ) -> None:
        """`ask` is called for each request before anything else; it returns None to bypass the
        cache. `same_for_everybody`: the pages read no cookie."""
        self._app = app
        self.store = store
        self._address = address
        self._ask = ask
        self._is_known_host = is_known_host
        self._proxies = trusted_proxies
        self._same_for_everybody = same_for_everybody

    def find(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> KeptAnswer | None:
        address = self._candidate(method, path, query, headers)
        if address is None or (version := self._ask(address.studio)) is None:
            return None
        return self._found(method, address, version, headers)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        method, path, headers = environ["REQUEST_METHOD"], path_of(environ), headers_of(environ)
        query = environ.get("QUERY_STRING", "")
        address = None if path is None else self._candidate(method, path, query, headers)
        if address is None:
            return self._app(environ, start)
        asked_at = time.monotonic()
        version = self._ask(address.studio)
        if version is None:
            return self._app(environ, start)
        if answer := self._found(method, address, version, headers):
            start(_LINES[answer.status], list(answer.headers))
            return [answer.body] if answer.body else []
        return self._made(environ, start, address, version, asked_at)

    def _candidate(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Address | None:
        if not may_get_kept(method, headers, same_for_everybody=self._same_for_everybody):
            return None
        address = self._address(path, query)
        if address is None or not self._is_known_host(named_host(headers, self._proxies)):
            return None
        return address

    def _found(
        self, method: str, address: Address, version: Version, headers: Mapping[str, str]
    ) -> KeptAnswer | None:
        kept = self.store.get(address.key, version)
        if kept is None:
            return None
        encoding = chosen_encoding(headers.get("accept-encoding", ""))
        is_new = encoding not in kept.variants
        variant = kept.variant(encoding)
        if is_new:
            self.store.grew(address.key, kept)
        if is_known(variant.tag, headers.get("if-none-match", "")):
            return variant.unchanged
        return variant.head if method == "HEAD" else variant.whole

    def _made(
        self,
        environ: WSGIEnvironment,
        start: StartResponse,
        address: Address,
        version: Version,
        asked_at: float,
    ) -> Iterable[bytes]:
        offer = Offer(version, asked_at)
        started: list[tuple[str, Headers]] = []

        def starting(status: str, headers: Headers, *error: Any) -> Any:
            started[:] = [(status, list(headers))]
            return start(status, headers, *error)

        environ[OFFER] = offer
        body = self._app(environ, starting)
        if offer.body is not None and started and _may_be_kept(*started[0]):
            is_timed = address.depends_on_time or offer.depends_on_time
            longest = LONGEST if is_timed else None
            longest = longest if offer.longest is None else offer.longest
            kept = Kept(version, started[0][1], offer.body, asked_at, longest)
            if self.store.fits(offer.body.size):
                self.store.put(address.key, kept)
        return body


def _may_be_kept(status: str, headers: Headers) -> bool:
    """Also a 304, for which the whole page was rendered."""
    if status[:3] not in {"200", "304"}:
        return False
    names = {name.lower() for name, _ in headers}
    policies = [value.lower() for name, value in headers if name.lower() == "cache-control"]
    return names.isdisjoint(PRIVATE) and not any(
        word in policy for policy in policies for word in ("no-store", "private")
    )


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


#: Of no consequence for a page that is the same for everybody.
PERSONAL = frozenset({"cookie", "authorization"})


def may_get_kept(
    method: str, headers: Mapping[str, str], *, same_for_everybody: bool = False
) -> bool:
    if method not in {"GET", "HEAD"} or headers.get("content-length", "0") not in {"", "0"}:
        return False
    ignored = PERSONAL if same_for_everybody else frozenset[str]()
    return not any(name in headers and name not in ignored for name in IN_DOUBT)


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
