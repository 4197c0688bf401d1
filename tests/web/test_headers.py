"""What each response says to the browser."""

import pytest
from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import load_settings

PAGES = ("/samples", "/nothing-here", "/static/css/band.css", "/samples/fail/fault")


@pytest.mark.parametrize("address", PAGES)
def test_24_every_response_carries_the_policy(reader, address: str):
    headers = reader.get(address).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "microphone=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/ops", "/ops/anything", "/client", "/me/studio"])
def test_25_pages_behind_a_login_are_not_stored(reader, address: str):
    assert reader.get(address).headers["Cache-Control"] == "no-store"


def test_a_public_page_may_be_stored(reader):
    assert "no-store" not in reader.get("/opsimath").headers.get("Cache-Control", "")


def test_25_https_is_insisted_on_where_it_is_spoken(reader, tmp_path):
    assert "Strict-Transport-Security" not in reader.get("/samples").headers
    given = {"PORTAL_DATA": str(tmp_path), "BASE_URL": "https://studios.example"}
    for more, expected in (
        ({}, "max-age=31536000"),
        ({"HSTS_SUBDOMAINS": "yes"}, "max-age=31536000; includeSubDomains"),
    ):
        secure = create_app(load_settings(given | more))
        secure.testing = True
        answer = secure.test_client().get("/nothing-here")
        assert answer.headers["Strict-Transport-Security"] == expected


def test_45_no_stylesheet_and_no_script_asks_another_host(pages: Flask, reader):
    for tag in reader.page("/samples").select("link[rel=stylesheet], script"):
        answer = reader.get(tag.get("href") or tag["src"])
        assert answer.status_code == 200
        assert "@import" not in answer.text
        assert "url(http" not in answer.text.replace('"', "").replace("'", "")
