"""Durations in words."""

from datetime import timedelta


def duration(seconds: float | timedelta | None) -> str:
    """“0.2 s”, “2.1 s”, “48 s”, “5 min 3 s”, “1 h 12 min”, “2 d 4 h”; “–” for None."""
    if seconds is None:
        return "–"
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for size, unit, smaller, small_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= size:
            return _two(round(seconds) // smaller, size // smaller, unit, small_unit)
    return _two(round(seconds), 60, "min", "s") if round(seconds) >= 60 else f"{round(seconds)} s"


def _two(small: int, per_big: int, unit: str, small_unit: str) -> str:
    big, rest = divmod(small, per_big)
    return f"{big} {unit} {rest} {small_unit}" if rest else f"{big} {unit}"
