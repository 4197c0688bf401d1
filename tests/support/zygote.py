"""A process that has imported everything, and forks a child for each command that it is asked for.

Reads one JSON object a line, `{"words": […], "env": {…}, "out": file, "err": file}`, and answers
with the child's exit code. See tests/support/commands.py.
"""

import json
import os
import sys
import traceback
from typing import Any, NoReturn

import alembic.config
import flask.cli

import portal.app  # noqa: F401  (what makes starting slow)
import portal.databases.migrating  # noqa: F401
from tests.support.commands import ROOT


def serve() -> None:
    for line in sys.stdin:
        wish = json.loads(line)
        if (child := os.fork()) == 0:
            _become(wish)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(wish: dict[str, Any]) -> NoReturn:
    code = 99
    try:
        _take_over(wish)
        program = flask.cli.main if wish["words"][0] == "flask" else alembic.config.main
        program()
        code = 0
    except SystemExit as ending:
        code = _code_of(ending)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_over(wish: dict[str, Any]) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in ((1, wish["out"]), (2, wish["err"])):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(wish["env"])
    os.chdir(ROOT)
    sys.argv = wish["words"]


def _code_of(ending: SystemExit) -> int:
    if ending.code is None or isinstance(ending.code, int):
        return (ending.code or 0) % 256
    sys.stderr.write(f"{ending.code}\n")
    return 1


if __name__ == "__main__":
    serve()
