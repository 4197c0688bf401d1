"""Development's directory with the tables for staff, and Ana, an admin."""

__all__ = ["settings", "target"]


import pytest

from portal.databases.targets.config import Target
from portal.directory.history.recording import By
from tests.directory.history.studios import by
from tests.support.cast import make_account
from tests.support.either_engine import settings, target


@pytest.fixture
def ana(target: Target) -> By:
    return by(make_account("ana"))
