"""Markdown in, safe HTML out: cached per text, rendered in a separate process with limits."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from markupsafe import Markup, escape

from portal.documents.rendering.process import RenderBusy, Renderer, RenderFailed, renderer

#: Bytes of Markdown that are rendered; a longer text is shown unrendered, cut to this size.
LARGEST = 1024 * 1024
#: Cached renderings, their total in characters of HTML, and seconds a failure is cached.
KEPT, KEPT_CHARACTERS, FAILURE_KEPT = 256, 32_000_000, 60.0


@dataclass(frozen=True)
class TocEntry:
    """A heading; `id` is its anchor on the page."""

    level: int
    text: str
    id: str


@dataclass(frozen=True)
class Rendered:
    """`html` is the only content of the element marked `data-document`; a failure's `note` is above
    it.
    """

    html: Markup
    toc: list[TocEntry] = field(default_factory=list)
    failed: bool = False
    note: str | None = None


def render(source: str, *, audience: str = "internal") -> Rendered:
    """Never raises: a text that can't be rendered is returned as plain text with a note.

    The audience is part of the cache key, so that different readers never share a rendering.
    """
    source = source.encode("utf-8", "replace").decode()
    key = (sha256(source.encode()).hexdigest(), audience)
    known = _cache.get(key)
    if known is None:
        try:
            known = _rendered(source)
        except RenderBusy as error:
            return _plain(source, str(error))
        _cache.put(key, known)
    return known


def _rendered(source: str) -> Rendered:
    if len(source.encode()) > LARGEST:
        return _plain(source, "it is larger than 1 MiB, and only its beginning is shown")
    try:
        html, toc = _renderer.html(source)
    except RenderBusy:  # nothing to cache about the text
        raise
    except RenderFailed as error:
        return _plain(source, str(error))
    return Rendered(Markup(html), [TocEntry(*entry) for entry in toc])  # noqa: S704 (sanitised)


def _plain(source: str, why: str) -> Rendered:
    text = source.encode()[:LARGEST].decode(errors="ignore")
    note = f"This text is shown as it was written. It could not be laid out: {why}."
    return Rendered(Markup("<pre>{}</pre>").format(escape(text)), failed=True, note=note)


class _Cache:
    """LRU cache of renderings. A failure may be the machine's fault: it is retried later."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[Rendered, float]] = OrderedDict()
        self._size = 0

    def get(self, key: tuple[str, str]) -> Rendered | None:
        with self._lock:
            rendered, since = self._kept.get(key, (None, 0.0))
            if not rendered or (rendered.failed and time.monotonic() - since > FAILURE_KEPT):
                return None
            self._kept.move_to_end(key)
            return rendered

    def put(self, key: tuple[str, str], rendered: Rendered) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = rendered, time.monotonic()
            self._size += len(rendered.html)
            while len(self._kept) > KEPT or self._size > KEPT_CHARACTERS:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _drop(self, key: tuple[str, str]) -> None:
        if dropped := self._kept.pop(key, None):
            self._size -= len(dropped[0].html)


def use_renderer(other: Renderer) -> None:
    """Use another renderer, in a process that is itself subject to limits."""
    global _renderer  # noqa: PLW0603
    _renderer = other


_renderer = renderer
_cache = _Cache()
