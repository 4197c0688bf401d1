"""For tests that hold for whatever is added: a failing one says what to do, and lists all of it."""

from collections.abc import Iterable, Mapping


def require_none(found: Iterable[object] | Mapping[object, object], to_do: str) -> None:
    """Raises AssertionError with what is to be done, and each that was found on a line."""
    __tracebackhide__ = True
    each = found.items() if isinstance(found, Mapping) else ((one, "") for one in found)
    lines = sorted(f"  {name}: {more}" if more else f"  {name}" for name, more in each)
    if lines:
        raise AssertionError("\n".join([f"{to_do}:", *lines]))
