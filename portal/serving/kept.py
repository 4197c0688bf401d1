"""Looks up cached responses before a thread is taken.

The lookup is one statement on the directory's database, of some ten microseconds, executed in the
event loop. As soon as one takes longer, two threads do it for some seconds: a database that does
not answer, or pages that are being built, must not stop all connections, including the control
room's.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from portal.serving.answers import Answer
from portal.serving.pools import Pool, PoolFull, RequestKind, Size, request_kind

Find = Callable[[str, str, str, Mapping[str, str]], Any]
ASKING = Size(threads=2, waiting=100)
QUICK = 0.005
"""Seconds. A lookup in the event loop blocks at most once, for the timeout of the query."""
PAUSE = 5.0
"""Seconds for which threads do the lookups after a slow one."""
#: Headers that identify the client; such responses are never cached.
PERSONAL = {"cookie", "authorization"}
KINDS = frozenset({RequestKind.PUBLIC, RequestKind.STATUS})
"""Each with threads of its own for slow lookups."""

log = logging.getLogger(__name__)


def cache_lookup() -> Find | None:
    """The cache's lookup; None in a release without a cache."""
    try:
        return cast(Find, import_module("portal.web.kept").find)
    except ModuleNotFoundError:
        return None


class CachedAnswers:
    """Returns nothing if there is no cache, if it is busy, or if the lookup fails."""

    def __init__(self, find: Find | None) -> None:
        self._find = find
        self._pools = {kind: Pool(f"kept-{kind}", ASKING) for kind in KINDS}
        self._threads_until = dict.fromkeys(KINDS, float("-inf"))

    async def __call__(self, scope: dict[str, Any]) -> Answer | None:
        """For a request without a body."""
        if self._find is None or scope["method"] not in {"GET", "HEAD"}:
            return None
        path, headers = _path(scope), _joined(scope["headers"])
        kind = RequestKind.PUBLIC if path is None else request_kind(path)
        if path is None or kind not in KINDS or _is_personal(kind, headers):
            return None
        query = scope["query_string"].decode("latin-1")
        ask = partial(self._find, scope["method"], path, query, headers)
        try:
            found = await self._asked(ask, kind)
        except PoolFull:
            return None
        except Exception:
            log.exception("A kept answer could not be asked for.")
            return None
        return None if found is None else _answer(found)

    async def _asked(self, ask: Callable[[], Any], kind: RequestKind) -> Any:
        began = time.monotonic()
        if began < self._threads_until[kind]:
            return await asyncio.wrap_future(self._pools[kind].submit(ask))
        try:
            return ask()
        finally:
            ended = time.monotonic()
            if ended - began > QUICK:
                self._threads_until[kind] = ended + PAUSE


def _path(scope: dict[str, Any]) -> str | None:
    """None if it is not UTF-8, or if the request line names a host."""
    raw: str = scope.get("raw_uri", "/")
    try:
        path = unquote_to_bytes(scope["raw_path"]).decode()
    except UnicodeError:
        return None
    return path if raw.startswith("/") and not raw.startswith("//") else None


def _is_personal(kind: RequestKind, headers: Mapping[str, str]) -> bool:
    """The status page is the same for everybody: it reads no cookie."""
    return kind is RequestKind.PUBLIC and not PERSONAL.isdisjoint(headers)


def _answer(found: Any) -> Answer:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found.headers]
    return Answer(found.status, headers, found.body)


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Repeated headers are joined with commas."""
    joined: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        joined[name] = f"{joined[name]},{text}" if name in joined else text
    return joined
