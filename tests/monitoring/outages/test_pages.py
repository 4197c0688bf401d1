"""The pages of outages and notices: what staff see, and who may do what."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.incidents.live.models import LiveIncident
from portal.jobs.models import Operation
from portal.monitoring.notices.addresses import add_address, entered_addresses
from portal.monitoring.notices.text import link_to
from portal.monitoring.outage_tasks import TEST
from portal.monitoring.outages.models import Outage
from tests.monitoring.outages.scene import DOWN, SENTENCE, Night, minutes, outages
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words

HOOK = "json://user:hunter2@hook.example/T0K3N"


@pytest.fixture
def night(app: Flask) -> Iterator[Night]:
    for name in ("ana", "omar", "cleo"):
        make_account(name)
    night = Night()
    night.probe("home:production", public_name="Studio search")
    night.probe("schema:production")
    night.probe("disk")
    db.session.commit()
    yield night
    db.session.rollback()


@pytest.fixture
def down(night: Night) -> str:
    """The address of the page of an outage by its schema."""
    night.round(home__production=DOWN, schema__production=DOWN)
    return f"/ops/outages/{outages()[0].id}"


def test_from_the_notice_to_the_acknowledgement(
    client: FlaskClient, night: Night, down: str
) -> None:
    assert link_to(outages()[0]).endswith(down)
    assert client.get(down).status_code in {302, 303, 401}
    log_in(client, make_account("omar"))
    page = client.page(down)
    said = words(page.main)
    assert SENTENCE["schema"] in said
    assert "Not published: no one outside was informed" in said
    assert "No one has acknowledged it yet" in said
    links = [each["href"] for each in page.main.select("a.button")]
    draft = db.session.scalars(select(LiveIncident)).one()
    assert links == [
        f"/ops/incidents/live/{draft.slug}",
        "/ops/runbooks/site-is-down",
        "/ops/migrations",
        "/ops/backups",
    ]
    db.session.rollback()
    assert outages()[0].acknowledged_at is None  # a GET changed nothing
    db.session.rollback()
    answer = client.post(f"{down}/acknowledgement", data={})
    assert (answer.status_code, answer.location) == (303, down)
    said = words(client.page(down).main)
    assert "By Omar" in said
    assert "No more notices are sent" in said
    (outage,) = outages()
    draft = db.session.scalars(select(LiveIncident)).one()
    assert (draft.acknowledged_by, draft.lead, draft.lead_id) == ("Omar", "Omar", 2)
    assert outage.next_notice_at is None
    entry = select(AuditEntry).where(AuditEntry.action == "outage.acknowledged")
    assert db.session.scalars(entry).one().actor_id == make_account("omar").id


def test_somebody_was_faster_or_it_is_over(client: FlaskClient, night: Night, down: str) -> None:
    log_in(client, make_account("omar"))
    client.post(f"{down}/acknowledgement")
    log_in(client, make_account("ana"))
    answer = client.post(f"{down}/acknowledgement")
    assert answer.status_code == 409
    assert "Omar has acknowledged it already." in words(check_page(answer.text).main)
    assert db.session.scalars(select(LiveIncident.lead)).one() == "Omar"
    night.pass_by(minutes(1), disk=DOWN)
    night.pass_by(minutes(1))
    over = db.session.scalars(select(Outage).order_by(Outage.id.desc())).first()
    assert over is not None
    answer = client.post(f"/ops/outages/{over.id}/acknowledgement")
    assert "It is over" in words(check_page(answer.text).main)


def test_home_names_what_is_down_and_that_no_one_answers(
    client: FlaskClient, night: Night, down: str
) -> None:
    log_in(client, make_account("omar"))
    first = client.page("/ops").main.select_one("section")
    assert first.h2.text == "Down now"
    assert "Studio search is not available" in words(first)
    assert "No one has acknowledged it." in words(first)
    outages()[0].next_notice_at = None  # the last notice was made
    db.session.commit()
    said = words(client.page("/ops").main)
    assert "No one has acknowledged it, and no further notice is sent." in said
    client.post(f"{down}/acknowledgement")
    assert "Acknowledged by Omar" in words(client.page("/ops").main)
    night.pass_by(minutes(2))
    assert "Down now" not in words(client.page("/ops").main)
    assert "up again" in words(client.page(down).main)
    assert "over" in words(client.page("/ops/outages").main)


@pytest.mark.parametrize("path", ["/ops/outages", "/ops/outages/1", "/ops/monitoring/errors"])
def test_clients_and_strangers_see_nothing(client: FlaskClient, down: str, path: str) -> None:
    assert client.get(path).status_code in {302, 303, 401}
    log_in(client, make_account("cleo"))
    assert client.get(path).status_code == 403
    assert client.post(f"{down}/acknowledgement").status_code == 403
    assert outages()[0].acknowledged_at is None


def test_an_empty_list_and_an_unknown_outage(client: FlaskClient, night: Night) -> None:
    log_in(client, make_account("omar"))
    assert "No outage yet" in words(client.page("/ops/outages").main)
    assert client.get("/ops/outages/4711").status_code == 404


def test_admins_enter_test_remove_and_restore_an_address(client: FlaskClient, night: Night) -> None:
    log_in(client, make_account("ana"))
    page = "/ops/monitoring/notices"
    assert "by email to Ana, Omar" in words(client.page(page).main)
    assert client.post(page, data={"address": HOOK}).status_code == 303
    shown = client.page(page)
    assert "json://hook.example" in words(shown.main)
    assert "hunter2" not in str(shown)
    assert "T0K3N" not in str(shown)
    (address,) = entered_addresses()
    answer = client.post(f"{page}/{address.id}/test")
    operation = db.session.scalars(select(Operation).where(Operation.kind == TEST)).one()
    assert answer.location == f"/ops/operations/{operation.id}"
    assert client.post(f"{page}/{address.id}/removal").status_code == 303
    assert "Restore json://hook.example" in words(client.page(page).main)
    assert client.post(f"{page}/{address.id}/removal").status_code == 409
    assert client.post(f"{page}/{address.id}/restoration").status_code == 303
    assert [each.name for each in entered_addresses()] == ["json://hook.example"]
    actions = select(AuditEntry.action).where(AuditEntry.action.startswith("notices."))
    assert list(db.session.scalars(actions.order_by(AuditEntry.seq))) == [
        "notices.address-added",
        "notices.address-removed",
        "notices.address-restored",
    ]
    kept = db.session.scalars(select(AuditEntry.canonical)).all()
    assert not any("hunter2" in each or "T0K3N" in each for each in kept)


def test_a_refused_address_comes_back_in_its_form(client: FlaskClient, night: Night) -> None:
    log_in(client, make_account("ana"))
    answer = client.post("/ops/monitoring/notices", data={"address": "nonsense"})
    assert answer.status_code == 422
    field = check_page(answer.text).select_one("input[name=address]")
    assert (field["value"], field["aria-invalid"]) == ("nonsense", "true")


def test_ops_and_clients_reach_no_address(client: FlaskClient, night: Night) -> None:
    address = add_address(HOOK, by=make_account("ana"))
    db.session.commit()
    for name in ("omar", "cleo"):
        log_in(client, make_account(name))
        assert client.get("/ops/monitoring/notices").status_code == 403
        for path in ("", f"/{address.id}/test", f"/{address.id}/removal"):
            answer = client.post(f"/ops/monitoring/notices{path}", data={"address": HOOK})
            assert answer.status_code == 403
    assert len(entered_addresses()) == 1
