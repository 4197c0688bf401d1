"""Development's directory with studios of each kind, and Ana's browser."""

__all__ = ["settings", "target"]


import pytest
from flask import Flask

from portal.accounts.models import Account
from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.admin import finding
from portal.directory.admin.index import blocks
from portal.directory.derived import filling
from tests.support.cast import log_in, make_account
from tests.support.either_engine import settings, target
from tests.support.pages import PageClient


@pytest.fixture
def ana(target: Target) -> Account:
    return make_account("ana")


@pytest.fixture
def room(app: Flask, ana: Account) -> PageClient:
    """Ana's browser."""
    client = app.test_client()
    log_in(client, ana)
    db.session.rollback()
    return client


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few studios are as many, so that blocks are split, joined and walked."""
    monkeypatch.setattr(blocks, "MOST", 6)
    monkeypatch.setattr(blocks, "LEAST", 3)
    monkeypatch.setattr(blocks, "STEPS", (1, 2))
    monkeypatch.setattr(finding, "FEW", 3)
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", 7)
