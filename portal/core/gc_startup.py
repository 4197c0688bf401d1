"""Loading modules without looking for garbage in them: a third of a start is saved."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """What is loaded within stays for as long as the process: the collector never looks at it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
