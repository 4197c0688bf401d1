"""Which functions of the product a piece of a test calls, in their order: `file.py:function`."""

import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[2]


@contextmanager
def calls_in_order(watched: Collection[str]) -> Iterator[list[str]]:
    """Of this thread and those begun in it, with repetitions; a method is `Class.method`.

    By a tracer; where there is one, as when coverage is measured, by a profiler, which costs more.
    """
    found: list[str] = []
    known: dict[CodeType, str | None] = {}

    def note(frame: FrameType, event: str, _arg: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code not in known:
            known[code] = name if (name := name_of(code)) in watched else None
        if name := known[code]:
            found.append(name)

    listen = sys.setprofile if sys.gettrace() else sys.settrace
    in_threads = threading.setprofile if sys.gettrace() else threading.settrace
    listen(note)
    in_threads(note)
    try:
        yield found
    finally:
        listen(None)
        in_threads(None)  # type: ignore[arg-type]


def name_of(code: CodeType) -> str:
    return f"{code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_qualname}"
