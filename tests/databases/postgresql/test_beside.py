"""Leases beside a directory on PostgreSQL: two tables in it."""

import pytest

from portal.databases.engines.beside import LEASE_TABLES, LEASES_TABLE
from tests.databases import beside_cases
from tests.databases.beside_cases import *  # noqa: F403

__all__ = [name for name in dir(beside_cases) if name.startswith("test_")]


@pytest.fixture
def take_away(execute):
    return lambda _target: execute(*(f"DROP TABLE {each}" for each in LEASE_TABLES))


@pytest.fixture
def break_place(execute):
    return lambda _target: execute(f"ALTER TABLE {LEASES_TABLE} RENAME COLUMN pid TO pad")
