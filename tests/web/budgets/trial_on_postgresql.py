"""The same budgets where everything is on a server. What is kept between pages is forgotten, but
for the catalogue, which is read again when it changes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.configuration.settings import Settings
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import registered_target
from portal.directory.demo import fill_legacy
from tests.support.alembic import HEAD, LEGACY, engine_for, upgrade
from tests.support.cast import log_in
from tests.support.databases import adopt_quietly
from tests.support.ops_on_postgres import prepared_database
from tests.support.postgres import running_server
from tests.web.budgets.counting import counted
from tests.web.budgets.rows import TARGETS, add_rows
from tests.web.budgets.test_budgets import (
    ROOM,
    add_files,
    address_of,
    ana_with_one_of_everything,
    budget_of,
    more_than_once,
    pages,
    with_folders,
)


@cache
def template(revision: str) -> str:
    name = f"budget_{revision}"
    like = "template1" if revision == LEGACY else template(LEGACY)
    with running_server().connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
    engine = engine_for(running_server().url(name))
    upgrade(engine, revision)
    if revision == LEGACY:
        with engine.begin() as connection:
            fill_legacy(connection, studios=3)
    engine.dispose()
    return name


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    with ExitStack() as stack:
        likes = (prepared_database(), template(HEAD), template(LEGACY))
        ops, development, production = (
            stack.enter_context(running_server().database(template=like)) for like in likes
        )
        urls = {"ops_url": ops, "development_url": development, "production_url": production}
        yield replace(with_folders(settings, tmp_path), **urls)


@pytest.fixture
def ana(app: Flask) -> Account:
    def make() -> None:
        for name in TARGETS:
            adopt_quietly(target_named(name))
            place_of(target_named(name)).make()

    return ana_with_one_of_everything(make)


def test_no_page_asks_more_than_its_budget(
    ana: Account, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """With more of everything than a page may ask, so one that asks for each is over its budget."""
    log_in(client, ana)
    production = registered_target("production")
    assert production
    add_rows(0, ROOM + 1, ana=ana, database_uuid=production.database_uuid)
    add_files(tmp_path, 0, ROOM + 1)
    addresses = {rule: address_of(rule, client) for rule in pages()}
    for rule in ("/", "/ops", "/ops/databases", "/ops/migrations"):
        client.get(rule)  # reads the catalogue
    asked = {}
    for rule, address in addresses.items():
        with counted(monkeypatch, knows_schema=True) as asked[rule]:
            assert client.get(address).status_code < 500, address

    over = {rule: each for rule, each in asked.items() if len(each.statements) > budget_of(rule)}
    assert {rule: each.statements for rule, each in over.items()} == {}
    made = {rule: each.engines for rule, each in asked.items() if each.engines}
    ready = made.pop("/readyz")  # it opens one to each, as a page whose pool is empty would
    assert set(ready.values()) == {1}
    assert made == {}
    assert {
        rule: found for rule, each in asked.items() if (found := more_than_once(each.connections))
    } == {}
