"""The log of a process: every line of it has the form that docs/operator.md shows."""

import re
from dataclasses import dataclass
from pathlib import Path

SHAPE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<level>INFO|WARNING|ERROR|CRITICAL)"
    r" (?P<process>[a-z]+)/(?P<pid>\d+) (?P<about>-|request=\S+|operation=\d+)"
    r" (?P<target>-|target=\S+) (?P<logger>[\w.]+): ?(?P<message>.*)"
)


@dataclass(frozen=True)
class LogLine:
    level: str
    process: str
    pid: int
    about: str
    target: str
    logger: str
    message: str


def log_lines(text: str | Path) -> list[LogLine]:
    """Asserts that each line has the form, whichever logger or library wrote it."""
    text = text if isinstance(text, str) else text.read_text(encoding="utf-8")
    return [_line(each) for each in text.splitlines()]


def _line(text: str) -> LogLine:
    found = SHAPE.fullmatch(text)
    assert found, f"This line has another form: {text}"
    named = found.groupdict()
    return LogLine(
        **{k: v for k, v in named.items() if k not in {"time", "pid"}}, pid=int(named["pid"])
    )
