"""The lines of the security list that hold for every page, by their numbers.

A line that is about one part of the product stands with that part's tests, under the same number.
"""

import ast
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.house.tree import ROOT, tracked
from tests.support.cast import log_in, make_account
from tests.support.databases import change_ops_by_hand
from tests.support.owners import make_site
from tests.support.pages import check_page, words

#: What each kind of part of an address stands for here.
PARTS = {"int": "1", "uuid": str(UUID(int=4)), "path": "outage", "default": "outage"}


def path_of(rule: Rule) -> str:
    def value(part: re.Match[str]) -> str:
        return PARTS.get(part["kind"] or "default", "outage")

    return re.sub(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?\w+>", value, rule.rule)


def doors(app: Flask) -> Iterator[tuple[str, str]]:
    """Method and path of all that changes something."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            yield method, path_of(rule)


@pytest.fixture
def anas(client):
    log_in(client, make_account("ana"))
    return client


def actions() -> set[str]:
    db.session.expire_all()
    return set(db.session.scalars(select(AuditEntry.action)))


def test_01_a_post_without_a_token_is_refused_at_every_address(app, anas):
    before = actions()
    every = list(doors(app))
    opened = [
        path
        for method, path in every
        if anas.open(path, method=method, with_token=False).status_code != 400
    ]
    assert (len(every) > 50, opened) == (True, [])
    assert actions() - before == {"request.refused"}


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["a foreign origin", "a cross-site request"],
)
def test_02_a_post_from_another_site_is_refused_at_every_address(app, anas, headers):
    before = actions()
    opened = [
        path
        for method, path in doors(app)
        if anas.open(path, method=method, headers=headers).status_code != 400
    ]
    assert opened == []
    assert actions() - before == {"request.refused"}


def test_03_nothing_is_changed_by_get_at_any_address(app, settings, anas):
    """405; where another page stands at that address, it is only looked at."""
    make_site(app, settings)
    before, opened = actions(), []
    for _, path in doors(app):
        status = anas.get(path).status_code
        reads = "GET" in app.url_map.bind("localhost").allowed_methods(path)
        if status != 405 and not (reads and status in {200, 302, 303, 404}):
            opened.append((path, status))
    assert opened == []
    assert actions() == before


def test_32_the_server_has_nothing_to_fetch_an_address_with():
    """But for mail, the heartbeat, and probes of the addresses that an admin enters for sites."""
    known = {"mail", "smtp", "heartbeat", "fetch", "sites"}
    clients = {"urllib.request", "http.client", "httpx", "requests", "aiohttp", "urllib3", "ftplib"}
    found = []
    for path in tracked("portal/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if clients & set(names) and path.stem not in known:
                found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_34_without_the_log_a_page_changes_nothing_and_shows_no_trace(app, anas):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    change_ops_by_hand("DROP TABLE audit")
    data = {"name": "Nadia", "email": "nadia@example.com", "role": "ops"}
    answer = anas.post("/ops/accounts", data=data)
    assert answer.status_code == 503
    assert "is damaged: table audit is missing" in words(check_page(answer.text))
    assert not re.search(r"Traceback|sqlite3\.|no such table|File \"", answer.text)
    assert set(db.session.scalars(select(Account.name))) == {"Ana"}
