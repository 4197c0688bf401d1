"""/ops/monitoring: what staff see of the probes, and what an admin changes."""

from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.databases.targets.registry import registered_target
from portal.monitoring.probes.models import Probe, ProbeKind
from tests.monitoring.conftest import only
from tests.monitoring.sites import site
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words

ADDRESS = "/ops/monitoring/addresses/production"


def rows(client) -> dict[str, str]:
    found = client.page("/ops/monitoring").select("#probes tbody tr")
    return {words(row.select_one("th a")): words(row.select_one("td .badge")) for row in found}


def test_nothing_was_measured_yet(client, watch):
    log_in(client, make_account("omar"))
    assert "Nothing was measured yet" in words(client.page("/ops/monitoring").main)


def test_a_client_sees_nothing(client, watch):
    log_in(client, make_account("cleo"))
    assert client.get("/ops/monitoring").status_code == 403


def test_production_is_first_and_each_row_says_what_was_found(client, watch, directories):
    log_in(client, make_account("omar"))
    watch.round()
    watch.later(9)
    found = rows(client)
    assert list(found.items())[:2] == [
        ("Schema and code · production", "down"),
        ("Database · production", "up"),
    ]
    page = client.page("/ops/monitoring")
    assert "The database is at 0001, release " in words(page.select_one("#probes"))
    links = [each["href"] for each in page.select("#probes tbody tr")[0].select("a")]
    assert links[1] == "/ops/runbooks/migrate-production"
    assert len(page.select("#probes a[href^='/ops/runbooks/']")) == 1
    assert "9 s ago" in words(page.select_one("#probes tbody tr"))
    assert "not known" in words(page.select_one("#probes tbody tr"))
    assert "Mail server: MAIL_URL names no mail server." in words(page.main)
    assert page.select_one("#probes")["hx-trigger"] == "every 10s"
    assert not page.select(f"form[action='{ADDRESS}']")
    watch.later(21)
    watch.round()
    row = words(client.page("/ops/monitoring").select_one("#probes tbody tr"))
    assert "0 % of known time 99.99 % unknown" in row
    watch.later(3600)
    assert set(rows(client).values()) == {"unknown"}


def test_one_probe_in_detail(client, watch, directories):
    log_in(client, make_account("omar"))
    only(ProbeKind.MACHINE)
    watch.rounds(3)
    probe = db.session.scalars(select(Probe).where(Probe.key == "machine")).one()
    page = client.page(f"/ops/monitoring/probes/{probe.id}")
    assert len(page.select(".probe-days g")) == 90
    assert [words(each) for each in page.select("section tbody .badge")] == ["passed"] * 3
    assert client.get("/ops/monitoring/probes/99").status_code == 404


def test_an_admin_sets_the_public_address_and_it_is_measured(client, watch, directories):
    log_in(client, make_account("ana"))
    with site() as there:
        answer = client.post(ADDRESS, data={"address": f" {there.address.upper()}/ "})
        assert answer.status_code == 303
        assert registered_target("production").public_address == there.address
        watch.round()
        assert rows(client)["Home page · production"] == "up"
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "target.address-changed")
    ).one()
    assert entry.actor_id == make_account("ana").id
    client.post(ADDRESS, data={"address": ""})
    watch.round()
    assert "Home page · production" not in rows(client)


NO_ADDRESSES = [
    *("ftp://studios.example", "studios.example", "https://", "https://a b", "javascript:x"),
    *("https://user:pass@studios.example", "https://user@studios.example"),
    *("https://studios.example/path", "https://studios.example?q=1", "https://x#y"),
    *(
        "https://studios.example:0",
        "https://studios.example:99999",
        "http://[::1",
        "http://ü.de",
    ),
    *(
        "https://studios.example\r\nHost: x",
        f"https://{'a' * 300}.example",
        "http://-a.example",
    ),
]


def test_what_is_no_public_address_comes_back_with_the_form(client, watch, directories):
    log_in(client, make_account("ana"))
    for address in NO_ADDRESSES:
        answer = client.post(ADDRESS, data={"address": address})
        assert answer.status_code == 422, address
        field = check_page(answer.text).select_one(f"form[action='{ADDRESS}'] input[name=address]")
        assert field["aria-invalid"] == "true"
    assert registered_target("production").public_address is None


def test_ops_may_read_and_not_change(client, watch, directories):
    log_in(client, make_account("omar"))
    watch.round()
    assert client.post(ADDRESS, data={"address": "https://a.example"}).status_code == 403
    assert client.post("/ops/monitoring/probes/1", data={}).status_code == 403
    assert not client.page("/ops/monitoring/probes/1").select("form.start-change")


CHANGE = {
    "is_on": "y", "public_name": " Search  and profiles ", "interval": "60", "timeout": "10",
    "down_after": "2", "up_after": "1",
}  # fmt: skip


def test_an_admin_changes_a_probe(client, watch, directories):
    log_in(client, make_account("ana"))
    watch.round()
    way = "/ops/monitoring/probes/1"
    assert client.post(way, data=CHANGE).status_code == 303
    probe = db.session.get_one(Probe, 1)
    assert (probe.public_name, probe.interval_seconds, probe.down_after) == (
        "Search and profiles",
        60,
        2,
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "probe.changed")).one()
    assert "Search and profiles" in entry.canonical
    for wrong in (
        {"interval": "4"}, {"interval": "x"}, {"timeout": "61", "interval": "300"},
        {"up_after": "0"}, {"timeout": "61"}, {"down_after": "21"}, {"interval": ""},
    ):  # fmt: skip
        answer = client.post(way, data=CHANGE | wrong)
        assert answer.status_code == 422, wrong
        page = check_page(answer.text)
        assert len(page.select(".start-change [aria-invalid=true]")) == 1
    twin = client.post(
        "/ops/monitoring/probes/2", data=CHANGE | {"public_name": "search AND profiles"}
    )
    assert twin.status_code == 422
    off = {name: value for name, value in CHANGE.items() if name != "is_on"}
    client.post(way, data=off)
    assert not db.session.get_one(Probe, 1).is_on
    assert "It is switched off." in words(client.page("/ops/monitoring").main)
