"""A demo with both directories, whose home is looked at, and a probe that says what it is given."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from flask import Flask
from flask.testing import FlaskClient

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.monitoring.probes.kinds import new_probe
from portal.monitoring.probes.models import Probe, ProbeKind
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.pages import words

NOON = datetime.fromisoformat("2026-11-30T12:00:00+00:00")


@pytest.fixture(autouse=True)
def _demo(app: Flask) -> None:
    """A real production would ask for HTTPS and a given key."""
    control_room(is_demo=True)
    db.session.commit()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as it:
        yield it


@pytest.fixture
def directories(clock: time_machine.Traveller) -> None:
    make_database("development", HEAD, studios=1)
    make_database("production", LEGACY, studios=3)


@pytest.fixture
def ana(client: FlaskClient, directories: None) -> Any:
    ana = make_account("ana")
    log_in(client, ana)
    return ana


@pytest.fixture
def measured() -> Callable[..., None]:
    """The row of a probe of production, nine seconds old and failed unless said otherwise."""
    rows: dict[ProbeKind, Probe] = {}

    def give(kind: ProbeKind = ProbeKind.HOME, **values: Any) -> None:
        row = rows.get(kind) or new_probe(kind, "production")
        rows[kind] = row
        usual = {
            "state": "down",
            "outcome": "failed",
            "measured_at": now() - timedelta(seconds=9),
            "is_on": True,
            "state_since": now() - timedelta(minutes=12),
            "milliseconds": 80,
            "streak": 0,
            "sentence": "The home page answers 503 (Service Unavailable).",
        }
        for name, value in {**usual, **values}.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.commit()

    return give


@pytest.fixture
def line(client: FlaskClient) -> Callable[[], Tag]:
    """The first line of home."""

    def shown() -> Tag:
        found = client.page("/ops").select_one(".site-now")
        assert isinstance(found, Tag)
        return found

    return shown


def buttons(tag: Tag) -> list[tuple[str, str]]:
    return [(words(each), str(each["href"])) for each in tag.select("a.button")]
