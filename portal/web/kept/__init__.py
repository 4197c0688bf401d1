"""Answers that are kept whole, for visitors without a cookie: one store in each process.

`find` gives an answer that was kept, without Flask and without waiting; `None` wherever anything is
in doubt, and then the application is asked as always. A server in front of the application may call
it before it takes a thread; `KeptPages` calls it as well, in front of Flask, on every server.
Start with `pages`.
"""

from collections.abc import Mapping

from portal.web.kept.answers import KeptAnswer
from portal.web.kept.pages import KeptPages

__all__ = ["KeptAnswer", "KeptPages", "find", "serve"]

_serving: KeptPages | None = None


def serve(pages: KeptPages | None) -> None:
    """These are the pages of the application that this process serves."""
    global _serving  # noqa: PLW0603 — one process, one site
    _serving = pages


def find(method: str, path: str, query: str, headers: Mapping[str, str]) -> KeptAnswer | None:
    """`path` is decoded; names of `headers` are in small letters, and one that came twice has its
    values joined by commas. Never for a request whose first line names a host, or with a body."""
    return _serving.find(method, path, query, headers) if _serving is not None else None
