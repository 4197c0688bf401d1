"""The list of operations and the page of one."""

import pytest
from flask.testing import FlaskClient

from portal.audit.actor import NamedActor
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform, request_operation
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, words


@pytest.fixture
def pages(app: object, client: FlaskClient) -> PageClient:
    pages = PageClient(client.application)
    log_in(pages, make_account("omar"))
    return pages


def counted(omar: NamedActor, to: int = 3) -> Operation:
    operation = request_operation(
        "sample.count", by=omar, target="production", arguments={"to": to}
    )
    return perform(operation)


def test_an_operation_shows_its_state_its_steps_and_its_output(
    pages: PageClient, omar: NamedActor
) -> None:
    operation = counted(omar)
    page = pages.page(f"/ops/operations/{operation.id}")
    assert words(page.h1) == "Count"
    assert "done" in words(page.select_one(".operation-state"))
    assert words(page.select_one(".operation-steps li")).startswith("done Count 0.")
    said = [words(line.span) for line in page.select(".operation-lines .operation-text")]
    assert said == ["number 1", "number 2", "number 3"]


def test_a_page_about_a_target_carries_its_band(pages: PageClient, omar: NamedActor) -> None:
    """No database stands there, so the band does not call it production."""
    page = pages.page(f"/ops/operations/{counted(omar).id}")
    assert page.select_one(".band-unidentified")


def test_a_finished_operation_asks_for_nothing_more(pages: PageClient, omar: NamedActor) -> None:
    page = pages.page(f"/ops/operations/{counted(omar).id}")
    assert not page.select("[hx-get]")
    assert not page.select("noscript meta")


def test_the_last_answer_tells_the_page_around_it(pages: PageClient, omar: NamedActor) -> None:
    waiting = request_operation("sample.hello", by=omar)
    db.session.commit()
    ended = {
        each.id: pages.get(f"/ops/operations/{each.id}/output").headers.get("HX-Trigger")
        for each in (waiting, counted(omar))
    }
    assert list(ended.values()) == [None, "operation-ended"]


def test_a_waiting_operation_asks_each_second_and_reloads_without_javascript(
    pages: PageClient, omar: NamedActor
) -> None:
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    page = pages.page(f"/ops/operations/{operation.id}")
    [poller] = page.select("[hx-get]")
    assert poller["hx-trigger"] == "every 1s"
    assert poller["hx-get"] == f"/ops/operations/{operation.id}/output?after=0"
    assert 'http-equiv="refresh"' in str(page.head)
    assert "No worker is running" in words(page.select_one(".operation-now"))


def test_what_an_operation_says_is_text_and_no_markup(pages: PageClient, omar: NamedActor) -> None:
    operation = request_operation("sample.refuse", by=omar)
    operation.title = "<b>bold</b>"
    page = pages.page(f"/ops/operations/{perform(operation).id}")
    assert words(page.h1) == "<b>bold</b>"


def test_the_list_shows_the_newest_first(pages: PageClient, omar: NamedActor) -> None:
    counted(omar)
    perform(request_operation("sample.refuse", by=omar))
    rows = pages.page("/ops/operations").select("tbody tr")
    assert [words(row.select_one("a")) for row in rows] == ["Refuse", "Count"]
    assert "Not today. Come tomorrow." in words(rows[0])


def test_an_empty_list_offers_the_first_step(pages: PageClient) -> None:
    page = pages.page("/ops/operations")
    assert words(page.select_one(".empty h2")) == "No operation yet"


def test_an_operation_that_is_not_there_is_404(pages: PageClient) -> None:
    pages.page("/ops/operations/4711", status=404)


ADDRESSES = ["/ops/operations", "/ops/operations/1", "/ops/operations/1/output"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_is_sent_to_the_login(client: FlaskClient, address: str) -> None:
    assert client.get(address).location.startswith("/ops/login")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_client_is_refused(client: FlaskClient, address: str) -> None:
    log_in(client, make_account("cleo"))
    assert client.get(address).status_code == 403


def test_many_operations_have_pages(pages: PageClient, omar: NamedActor) -> None:
    for _ in range(55):
        request_operation("sample.count", by=omar, target="production", arguments={"to": 1})
    page = pages.page("/ops/operations?page=2")
    assert len(page.select(".operation-list tbody tr")) == 5
    assert "Page 2 of 2, 55 operations" in words(page.select_one("nav.pagination"))
