"""The process that makes previews: reads frames with a text, answers with JSON frames.

It has no databases and no keys: everything it needs to know from them comes with the text. It exits
with its parent. A text that takes too long to render is aborted here and shown as plain text; the
parent stops the process if the whole preview takes too long. Started by `making`.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask

from portal.core.errors import Invalid
from portal.core.gc_startup import without_gc_during_import
from portal.core.subprocesses.frames import send
from portal.documents.document import parse_document
from portal.documents.markdown.converter import forget
from portal.documents.previews.serialisation import as_json, known_from, reader_from
from portal.documents.publishing.publish import normalised
from portal.documents.rendering import render
from portal.documents.rendering.child import answer, requests
from portal.documents.rendering.process import Renderer, RenderFailed
from portal.documents.writing import PreviewResult, unreadable

#: Limit of the address space in bytes: a preview uses a third of it.
MEMORY = 1024 * 1024 * 1024
#: The process's niceness: the site's own pages have priority.
NICE = 5
_PR_SET_PDEATHSIG = 1


class _TooLong(BaseException):
    """Raised by the timer, wherever rendering is at that moment."""


class LocalRenderer(Renderer):
    """Renders in this process."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def html(self, source: str) -> tuple[str, list[tuple[int, str, str]]]:
        try:
            with _limited(self._seconds):
                found: dict[str, Any] = answer(source)
        except _TooLong:
            forget()
            raise RenderFailed(f"it takes longer than {self._seconds:g} seconds") from None
        if "error" in found:
            raise RenderFailed(str(found["error"]))
        return found["html"], found["toc"]


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(seconds: float, alone: float, features: list[str]) -> None:
    # The kernel kills it when the thread that started it ends, whatever it does (Linux).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    signal.signal(signal.SIGALRM, _raise_too_long)
    render.use_renderer(LocalRenderer(seconds))
    with without_gc_during_import():
        for name in features:
            import_module(name)
    answer("*Ready*: `code`")
    send(outgoing, {"ready": True})
    for asked in requests(incoming):
        signal.setitimer(signal.ITIMER_PROF, alone)  # if no parent stops it
        send(outgoing, _answer(json.loads(asked)))
        signal.setitimer(signal.ITIMER_PROF, 0)


def _raise_too_long(*_: object) -> None:
    raise _TooLong


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        with _place(asked["data"], asked["incidents_dir"]).app_context():
            return as_json(*_previewed(asked))
    except RecursionError:
        return {"error": "it is nested too deeply"}
    except MemoryError:
        return {"error": "it needs too much memory"}
    except Exception as error:  # any error a text causes in a rule; the next text must be handled
        return {"error": f"a rule stumbled over it ({type(error).__name__})"}


def _previewed(asked: dict[str, Any]) -> tuple[PreviewResult | None, list[Any]]:
    module, _, name = asked["look"].partition(":")
    preview_of = getattr(import_module(module), name)
    try:
        text = normalised(asked["text"])
        document = parse_document(text, asked["slug"])
        found = preview_of(document, text, reader_from(asked["reader"]), known_from(asked["known"]))
    except Invalid as error:
        return None, [unreadable(error)]
    return found, found.findings


@cache
def _place(data: str, incidents_dir: str) -> Flask:
    """An application that knows only the paths of images and other reports of this instance."""
    app = Flask("previews")
    app.extensions["portal.settings"] = SimpleNamespace(
        data=Path(data), incidents_dir=Path(incidents_dir)
    )
    return app


if __name__ == "__main__":
    try:
        main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
