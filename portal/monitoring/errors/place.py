"""Which error it is: its class and the place in the code; nothing of what it was about."""

import traceback
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from portal.core.configuration.settings import ROOT

LONGEST = 200
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fault:
    """`kind` is the class, `place` the file and function of the last frame in the product, or of
    the last one if there is none."""

    kind: str
    place: str


def fault_of(error: BaseException) -> Fault:
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    return Fault(name[:LONGEST], _place(error)[:LONGEST])


def _place(error: BaseException) -> str:
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [each for each in frames if _in_portal(each)]
    last = (own or frames)[-1:]
    return _named(last[0]) if last else UNKNOWN


def _in_portal(code: CodeType) -> bool:
    return Path(code.co_filename).is_relative_to(ROOT / "portal")


def _named(code: CodeType) -> str:
    """Of another package its name alone: a path says where it is installed."""
    file = Path(code.co_filename)
    shown = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
    return f"{shown}:{code.co_name}"
