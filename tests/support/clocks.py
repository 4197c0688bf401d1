"""Programs whose clock is wrong, and no other: libfaketime, which Debian has as `faketime`."""

import os
from pathlib import Path

import pytest

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def moved(seconds: int) -> dict[str, str]:
    """Variables for a new process whose clock is so many seconds ahead; its timers go on."""
    if not seconds:
        return {}
    if not LIBRARIES:
        sentence = "Tests with a wrong clock need libfaketime: apt-get install faketime."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME": f"{seconds:+}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
