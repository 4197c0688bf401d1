"""One small demo for all tests that set it up again: each leaves it as it was."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.commands import Ended, run

SMALL = ("--demo", "--studios", "10")


def flask(data: Path, *words: str, **more: str) -> Ended:
    return run("flask", *words, env={"PATH": os.environ["PATH"], "PORTAL_DATA": str(data), **more})


def set_up(data: Path, *more: str) -> Ended:
    return flask(data, "portal", "setup", *more)


@dataclass(frozen=True)
class Demo:
    """A small demo, and what its first set-up said."""

    data: Path
    said: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    data = tmp_path_factory.mktemp("small") / "instance"
    made = set_up(data, *SMALL)
    assert made.code == 0, made.err
    return Demo(data, made.out)
