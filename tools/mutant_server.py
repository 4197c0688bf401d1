"""Tests that were collected once, and run in a fork of that process for each fault.

Importing the product and its tests takes longer than most tests do. A fault inside of a function
needs no new import: the function gets another code. One at the top of a module does.
"""

import gc
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TextIO

import pytest

from tools.mutant_reach import Measuring

OPTIMIZED = 1
"""The flag of a code that is a function's, not a class's or a module's."""
COMPREHENSIONS = {"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"}
Key = tuple[str, int]


class Serving:
    """A plugin of pytest: instead of running what was collected, it runs what it is asked to."""

    def __init__(self, folder: Path, questions: TextIO, answers: TextIO) -> None:
        self.folder, self.questions, self.answers = folder, questions, answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        self.answer("ready")
        for line in self.questions:
            child = os.fork()
            if child == 0:
                self.prepare(session, json.loads(line))
                return None  # and pytest goes on with its own loop
            self.answer(child)
            _, status = os.waitpid(child, 0)
            shutil.rmtree(str(session.config.option.basetemp), ignore_errors=True)
            self.answer(os.waitstatus_to_exitcode(status))
        session.items.clear()
        return None

    def answer(self, said: object) -> None:
        self.answers.write(f"{json.dumps(said)}\n")
        self.answers.flush()

    def prepare(self, session: pytest.Session, asked: dict[str, Any]) -> None:
        os.setsid()
        os.ftruncate(1, 0)
        if asked["text"]:
            put_in(self.folder / asked["module"], asked["old"], asked["text"])
        if asked["measured"]:
            session.config.pluginmanager.register(Measuring(self.folder, asked["measured"]))
        rank = {test: at for at, test in enumerate(asked["tests"])}
        chosen = [each for each in session.items if each.nodeid in rank]
        session.items[:] = sorted(
            chosen or session.items, key=lambda each: rank.get(each.nodeid, 0)
        )


def is_inside(old: str, new: str) -> bool:
    """Whether the two texts of a module differ inside of functions alone."""
    return changed(compile(old, "m", "exec"), compile(new, "m", "exec")) is not None


def put_in(file: Path, old: str, new: str) -> None:
    """Give the functions of the module, wherever they are by now, the code of the new text."""
    codes = changed(compile(old, str(file), "exec"), compile(new, str(file), "exec")) or {}
    gc.unfreeze()
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename == str(file):
            key = each.__code__.co_qualname, each.__code__.co_firstlineno
            each.__code__ = codes.get(key, each.__code__)


def changed(old: CodeType, new: CodeType) -> dict[Key, CodeType] | None:
    """New codes by the old ones' name and line; None if the difference is not only in functions, or
    two of them have one name and line.
    """
    found: dict[Key, CodeType] = {}
    for before, after in pairs(old, new):
        if not before.co_flags & OPTIMIZED:
            if own(before) != own(after):
                return None
            continue
        key = before.co_qualname, before.co_firstlineno
        if before.co_name in COMPREHENSIONS:
            continue  # a part of their function's code
        if before.co_freevars != after.co_freevars or key in found:
            return None
        found[key] = after
    return found


def pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield old, new
    if len(codes_in(old)) == len(codes_in(new)):
        for before, after in zip(codes_in(old), codes_in(new), strict=True):
            yield from pairs(before, after)


def codes_in(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def own(code: CodeType) -> tuple[object, ...]:
    """All of a code but those inside of it."""
    constants = [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, constants, len(codes_in(code))
