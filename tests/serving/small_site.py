"""A small WSGI application under the product's worker, with short clocks and small pools."""

import io
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from portal.serving.limits import Limits
from portal.serving.pools import RequestKind, Size
from portal.serving.worker import SiteWorker

LARGEST = 3_000_000
PICTURE = Path(__file__)


class SmallWorker(SiteWorker):
    limits: ClassVar = Limits(
        head_seconds=2, body_seconds=3, body_rate=1_000_000, connections=60, body_bytes=LARGEST
    )
    sizes: ClassVar = {
        RequestKind.PUBLIC: Size(threads=2, waiting=3),
        RequestKind.ROOM: Size(threads=2, waiting=3),
        RequestKind.ENTRANCE: Size(threads=1, waiting=3),
        RequestKind.PASSWORDS: Size(threads=1, waiting=4, each=3),
        RequestKind.PICTURES: Size(threads=1, waiting=1),
        RequestKind.UPLOADS: Size(threads=1, waiting=1),
        RequestKind.FILES: Size(threads=1, waiting=1),
    }


class Closing:
    """Says on disk that it was closed."""

    def __init__(self, pieces: Iterable[bytes], mark: str) -> None:
        self._pieces = pieces
        self._mark = mark

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def close(self) -> None:
        Path(self._mark).write_text("closed")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/fault":
        raise RuntimeError(query)
    if path == "/echo":
        body = environ["wsgi.input"].read()
        told = f"{environ['REQUEST_METHOD']} {environ.get('CONTENT_LENGTH')} {len(body)} "
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [told.encode(), body[:20]]
    if path == "/environ":
        start_response("200 OK", [("Content-Type", "text/plain")])
        said = {name: value for name, value in environ.items() if isinstance(value, str)}
        return [json.dumps(said).encode()]
    if path.endswith("/slow"):
        time.sleep(float(query))
    if path == "/mark":
        time.sleep(0.3)
        Path(query).write_bytes(environ["wsgi.input"].read())
    if path == "/large":
        start_response("200 OK", [])
        return Closing((b"x" * 65_536 for _ in range(200)), query)
    if path == "/file":
        start_response("200 OK", [("Content-Length", str(PICTURE.stat().st_size))])
        wrapper: Iterable[bytes] = environ["wsgi.file_wrapper"](PICTURE.open("rb"))
        return wrapper
    if path == "/pipe":
        start_response("200 OK", [("Content-Length", "4")])
        pipe = Path(query).open("rb")  # noqa: SIM115 — closed when it was sent
        piped: Iterable[bytes] = environ["wsgi.file_wrapper"](pipe)
        return piped
    if path == "/nothing":
        start_response("204 No Content", [])
        return []
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else io.BytesIO(b"here")
