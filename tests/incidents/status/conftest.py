"""A visitor of the status page: no cookie, no login."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, has_app_context
from werkzeug.test import TestResponse

from portal.core.storage.database import db
from tests.support.pages import PageClient, check_page, words


class Visitor(PageClient):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{**named, "use_cookies": False})

    def open(self, *args: Any, **named: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **named)

    def status(self, path: str = "/status", status: int = 200) -> BeautifulSoup:
        answer = self.get(path)
        assert answer.status_code == status
        return check_page(answer.text)

    def said(self, path: str = "/status", status: int = 200) -> str:
        return words(self.status(path, status).main)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client
