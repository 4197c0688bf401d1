"""A cache of whole responses for visitors without a cookie, one store per process.

`find` returns a cached response, without Flask and without waiting; `None` if in doubt, and then
the application is called as usual. A server in front of the application may call it before it takes
a thread; `KeptPages` calls it too, in front of Flask, on every server. Start with `pages`.
"""

from collections.abc import Mapping

from portal.web.kept.answers import KeptAnswer
from portal.web.kept.pages import KeptPages

__all__ = ["KeptAnswer", "KeptPages", "find", "serve"]

_serving: tuple[KeptPages, ...] = ()


def serve(*pages: KeptPages) -> None:
    """Set the pages of the application that this process serves."""
    global _serving  # noqa: PLW0603 — one process, one site
    _serving = pages


def find(method: str, path: str, query: str, headers: Mapping[str, str]) -> KeptAnswer | None:
    """`path` is decoded; names of `headers` are in lower case, and repeated headers are joined with
    commas. Not for requests whose first line names a host, or that have a body."""
    found = (pages.find(method, path, query, headers) for pages in _serving)
    return next((each for each in found if each is not None), None)
