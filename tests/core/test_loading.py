"""The collector leaves alone what a process is made of, and looks at all that comes after."""

import gc

import pytest

from portal.core.gc_startup import without_gc_during_import


def test_what_is_loaded_is_never_looked_at_and_the_rest_is() -> None:
    before = gc.get_freeze_count()
    with without_gc_during_import():
        assert not gc.isenabled()
        kept = [[each] for each in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)


def test_a_module_that_can_not_be_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), without_gc_during_import():
        raise ImportError("missing")
    assert gc.isenabled()
