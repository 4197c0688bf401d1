"""The number on an error page is the one in the log; a 503 that lasts is logged once."""

import logging
import re
from dataclasses import replace

import pytest

from portal.app import create_app
from portal.audit.origin import current_origin
from portal.core.logs.labels import current_request
from portal.web import request_log
from tests.support.changes import change
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.pages import words
from tests.web.conftest import add_sample_pages

NUMBER = re.compile(r"Quote this number when you report it: ([0-9a-f]{16})")


@pytest.fixture
def seen(caplog) -> list[tuple[str | None, str]]:
    """What is logged, each with the request that it names."""
    found: list[tuple[str | None, str]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append((current_request(), record.getMessage()))

    handler, logger = Handler(), logging.getLogger("portal")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/ops/samples/fail/fault", 500),
        ("/samples/fail/fault", 500),
        ("/samples/fail/unavailable", 503),
        ("/ops/samples/fail/unavailable", 503),
        ("/ops/samples/fail/conflict", 409),
    ],
)
def test_an_error_page_shows_the_number_of_its_request(reader, seen, address, status):
    answer = reader.get(address)
    [number] = NUMBER.findall(words(reader.page(address, status=status).main))[:1] or [None]
    assert number
    assert answer.headers["X-Request-ID"] in words_of(answer)
    assert answer.headers["X-Request-ID"] != number, "each request has its own"
    if status == 500:
        [logged, _] = seen
        assert logged[0] == answer.headers["X-Request-ID"]
        assert address in logged[1]
    assert current_request() is None


def words_of(answer) -> str:
    return " ".join(NUMBER.findall(" ".join(re.sub(r"<[^>]*>", " ", answer.text).split())))


def test_a_page_that_is_whole_shows_no_number(reader):
    answer = reader.get("/samples")
    assert "X-Request-ID" not in answer.headers
    assert "Quote this number" not in answer.text
    assert "Quote this number" not in reader.get("/nothing-here").text, "nothing is logged of it"


@pytest.mark.parametrize(("proxies", "taken"), [(0, False), (1, True)])
def test_only_a_trusted_proxy_gives_the_number_and_the_audit_log_has_the_same(
    settings, empty_ops, proxies, taken
):
    app = create_app(replace(settings, trusted_proxies=proxies))
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = True, False
    add_sample_pages(app)
    origins = []
    app.before_request(lambda: origins.append(current_origin().request))
    path = "/samples/fail/conflict"
    answer = app.test_client().get(path, headers={"X-Request-ID": "from-proxy-1"})
    assert ("from-proxy-1" in answer.text) is taken
    assert origins == [answer.headers["X-Request-ID"]]


def test_a_directory_that_can_not_be_served_is_logged_once_with_its_reason(
    app, seen, monkeypatch, settings
):
    monkeypatch.setattr(request_log, "SETTLED", 0.0)
    app = create_app(settings)
    app.testing = True
    client, development = app.test_client(), make_database("development", LEGACY, studios=1)
    for path in ("/", "/studios", "/readyz") * 20:
        assert client.get(path).status_code == 503
    begun = "Answered with 503: The database is at revision 0001, which this release can't serve."
    assert [said for _, said in seen] == [begun]
    change(development, to=HEAD)
    assert client.get("/studios").status_code == 200
    [_, (_, ended)] = seen
    assert re.fullmatch(rf"Over, after [\d.]+ s and 60 requests: {re.escape(begun)}", ended)


def test_reasons_of_the_control_room_are_logged_once_each(reader, seen):
    for _ in range(5):
        reader.get("/ops/samples/fail/unavailable")
        reader.get("/samples/fail/conflict")
    assert [said for _, said in seen] == ["Answered with 503: The directory is being moved."]
