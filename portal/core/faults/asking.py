"""Connections that ask a database about itself: new ones, so that no pool's state counts."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from portal.core.faults.places import Place

PATIENCE = 2.0

_session_name: Callable[[], str] = str


def name_sessions_by(name: Callable[[], str]) -> None:
    """The release gate refuses a change while a session is there that it does not know."""
    global _session_name  # noqa: PLW0603 — one process, one name
    _session_name = name


def opened(file: Path) -> sqlite3.Connection:
    """Which can only read."""
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=PATIENCE)


def server_of(place: Place) -> Engine:
    arguments = {"connect_timeout": int(PATIENCE), "application_name": _session_name()}
    return create_engine(
        place.url, poolclass=NullPool, connect_args=arguments, hide_parameters=True
    )
