"""Waiting for what must come, however busy the machine is."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, within: float = 60.0) -> None:
    """Fails the test when it does not become true in so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "This did not come true in time."
        time.sleep(0.01)
