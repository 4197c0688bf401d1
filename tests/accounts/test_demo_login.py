"""One click logs in to a demo on its own machine. Each condition alone keeps everybody out."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.accounts.models import Account, Contact, LoginSession, Organisation, Role
from portal.audit.actor import at_the_console
from portal.audit.models import AuditEntry
from portal.control.demo import STAFF, logins_file
from portal.control.demo_login import Asked
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.adoption import adopt
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge
from portal.databases.targets.models import ControlRoom, RegisteredTarget
from portal.databases.targets.registry import control_room, register
from tests.support.cast import make_account
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.pages import check_page

LOGINS = ("ops", "admin", "client")
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


@pytest.fixture(autouse=True)
def demo(app: Flask) -> None:
    """As `flask portal setup --demo` leaves it, with fewer studios."""
    control_room(is_demo=True)
    make_database("development", HEAD, studios=1)
    make_database("production", LEGACY, studios=1)
    for email, name, role in STAFF.values():
        at = now()
        db.session.add(
            Account(
                email=email,
                name=name,
                role=role,
                password_hash="none",
                created_at=at,
                password_changed_at=at,
            )
        )
    db.session.commit()


def account(role: str) -> Account:
    db.session.rollback()
    return db.session.scalars(select(Account).where(Account.email == STAFF[role][0])).one()


def offered(client: FlaskClient, **environ: str) -> list[str]:
    page = check_page(client.get("/ops/login", environ_overrides=HERE | environ).text)
    return [str(each["value"]) for each in page.select(".demo-logins input[name=role]")]


def press(client: FlaskClient, role: str = "ops", **environ: str):
    return client.post("/ops/login/demo", data={"role": role}, environ_overrides=HERE | environ)


def sessions() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(LoginSession)).all())


@pytest.mark.parametrize(
    ("role", "door"), [("ops", "/ops"), ("admin", "/ops"), ("client", "/client")]
)
def test_one_click_logs_in_and_is_recorded_as_such(client: FlaskClient, role: str, door: str):
    assert offered(client) == [*LOGINS]
    assert press(client, role).location == door
    assert client.get(door).status_code == 200
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action.like("login.%")))
    said = json.loads(entry.canonical)
    assert (said["action"], said["details"]) == ("login.succeeded", {"how": "demo"})
    assert said["target"] == f"accounts/{account(role).id}"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.9", "::1"])
def test_every_address_of_this_machine_is_one(client: FlaskClient, host: str, peer: str):
    assert offered(client, REMOTE_ADDR=peer, HTTP_HOST=host) == [*LOGINS]


def test_it_leads_to_the_page_that_was_asked_for(client: FlaskClient):
    page = client.page("/ops/login?next=/ops/databases")
    wanted = page.select_one(".demo-logins input[name=next]")
    assert wanted["value"] == "/ops/databases"
    data = {"role": "ops", "next": wanted["value"]}
    assert client.post("/ops/login/demo", data=data).location == "/ops/databases"
    data["next"] = "//other.example"
    assert client.post("/ops/login/demo", data=data).location == "/ops"


FROM_ELSEWHERE = {
    "another machine": {"REMOTE_ADDR": "192.0.2.7"},
    "the machine’s own other address": {"REMOTE_ADDR": "10.0.0.1"},
    "no peer, as behind a socket of a proxy": {"REMOTE_ADDR": ""},
    "a name as the peer": {"REMOTE_ADDR": "localhost"},
    "a name that leads here (rebinding)": {"HTTP_HOST": "evil.example:8000"},
    "no host": {"HTTP_HOST": ""},
    "a host that begins like this one": {"HTTP_HOST": "localhost.evil.example"},
    "a host with a user": {"HTTP_HOST": "localhost@evil.example"},
    "an address in full": {"RAW_URI": "http://evil.example/ops/login/demo"},
    "HTTP/1.0, as proxies speak it": {"SERVER_PROTOCOL": "HTTP/1.0"},
    **{
        f"a header of a proxy: {name}": {name: "127.0.0.1"}
        for name in (
            *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO"),
            *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP"),
        )
    },
    "an empty header of a proxy": {"HTTP_X_FORWARDED_FOR": ""},
}


@pytest.mark.parametrize("environ", FROM_ELSEWHERE.values(), ids=FROM_ELSEWHERE)
def test_nobody_elsewhere_is_let_in(client: FlaskClient, environ: dict[str, str]):
    page = client.get("/ops/login", environ_overrides=HERE | environ)
    assert "demo-logins" not in page.text
    assert press(client, **environ).status_code in {400, 403}
    assert sessions() == 0


def test_the_word_of_a_trusted_proxy_is_no_peer(app: Flask, client: FlaskClient):
    """ProxyFix puts what the header says in the place of the peer and of the host."""
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_host=1)  # type: ignore[method-assign]
    said = {"HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_HOST": "localhost"}
    page = client.get("/ops/login", environ_overrides=HERE | said | {"REMOTE_ADDR": "192.0.2.7"})
    assert "demo-logins" not in page.text
    assert press(client, REMOTE_ADDR="192.0.2.7", **said).status_code == 403
    assert sessions() == 0


@pytest.mark.parametrize("environ", FROM_ELSEWHERE.values(), ids=FROM_ELSEWHERE)
def test_the_rule_itself_knows_it(environ: dict[str, str]):
    """Whatever else is in the way of such a request."""
    plain = HERE | {"SERVER_PROTOCOL": "HTTP/1.1", "RAW_URI": "/ops/login"}
    assert Asked.of(plain).is_from_here
    assert not Asked.of(plain | environ).is_from_here
    believed = plain | {"werkzeug.proxy_fix.orig": plain | environ}
    assert not Asked.of(believed).is_from_here or environ.keys().isdisjoint(HERE)


def _not_marked() -> None:
    db.session.execute(update(ControlRoom).values(is_demo=False))


def _no_room() -> None:
    db.session.delete(control_room())


def _real(name: str) -> Callable[[], None]:
    def change() -> None:
        of = update(RegisteredTarget).where(RegisteredTarget.name == name)
        db.session.execute(of.values(is_demo=False))

    return change


def _another_application() -> None:
    row = db.session.get_one(RegisteredTarget, "production")
    kept = {each.key: getattr(row, each.key) for each in RegisteredTarget.__table__.c}
    more = {"name": "shop/production", "database_uuid": "other", "is_demo": False}
    db.session.add(RegisteredTarget(**kept | more))


def _unregistered() -> None:
    db.session.delete(db.session.get_one(RegisteredTarget, "production"))


def _registered_elsewhere() -> None:
    of = update(RegisteredTarget).where(RegisteredTarget.name == "production")
    db.session.execute(of.values(address="/somewhere/else.sqlite3"))


def _unreadable() -> None:
    odd = text("UPDATE registered_targets SET registered_at = 'no time'")
    db.session.execute(odd, bind_arguments={"mapper": RegisteredTarget})


@pytest.mark.parametrize(
    "change",
    [
        _unreadable,
        *(_not_marked, _no_room, _another_application, _unregistered, _registered_elsewhere),
        *(_real("production"), _real("development")),
    ],
)
def test_only_a_demo_with_nothing_but_demo_databases_has_it(
    client: FlaskClient, change: Callable[[], None]
):
    change()
    db.session.commit()
    page = client.get("/ops/login", environ_overrides=HERE)
    assert "demo-logins" not in page.text
    assert press(client).status_code in {403, 503}
    assert sessions() == 0


@pytest.mark.parametrize("name", ["BASE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXIES"])
def test_settings_that_publish_the_site_switch_it_off(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
):
    from portal.core.configuration.settings import load_settings  # noqa: PLC0415

    values = {"BASE_URL": "https://demo.example", "ALLOWED_HOSTS": "demo.example"}
    given = load_settings({name: values.get(name, "1")})
    monkeypatch.setattr("portal.control.demo_login.settings", lambda: given)
    assert offered(client) == []
    assert press(client).status_code == 403


def _disabled(found: Account) -> None:
    found.disabled_at = now()


def _with_a_password_of_its_own(found: Account) -> None:
    found.password_changed_at = now() + timedelta(minutes=1)


def _handed_over(found: Account) -> None:
    found.password_handed_over_at = now()


def _in_another_role(found: Account) -> None:
    found.role = Role.ADMIN


def _gone(found: Account) -> None:
    found.email = "somebody@else.example"


@pytest.mark.parametrize(
    "change",
    [_disabled, _with_a_password_of_its_own, _handed_over, _in_another_role, _gone],
)
def test_an_account_that_is_not_as_the_demo_made_it_has_no_button(
    client: FlaskClient, change: Callable[[Account], None]
):
    change(account("ops"))
    db.session.commit()
    assert offered(client) == ["admin", "client"]
    refused = press(client)
    assert refused.status_code == 403
    assert "This account is not as the demo made it." in refused.text
    assert sessions() == 0


def test_a_client_whose_contact_is_archived_has_no_button(client: FlaskClient):
    harbour = Organisation(slug="harbour", name="Harbour Voices")
    contact = Contact(name="Cleo", salutation="Cleo", email="c@a.example", organisation=harbour)
    contact.account, contact.archived_at = account("client"), now()
    db.session.add(contact)
    db.session.commit()
    assert offered(client) == ["ops", "admin"]
    assert press(client, "client").status_code == 403


@pytest.mark.parametrize("role", ["owner", "", "omar@talkback.example", "ADMIN"])
def test_no_other_account_can_be_named(client: FlaskClient, role: str):
    make_account("ana")
    assert press(client, role).status_code in {403, 422}
    assert sessions() == 0


def test_it_needs_the_form_of_the_page(client: FlaskClient):
    """Neither another site's form nor a program that sends none gets in."""
    asked = {"data": {"role": "ops"}, "environ_overrides": HERE}
    assert client.post("/ops/login/demo", with_token=False, **asked).status_code == 400
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/ops/login/demo", headers=header, **asked).status_code == 400
    assert client.get("/ops/login/demo").status_code in {404, 405}
    assert sessions() == 0


def test_attempts_are_throttled_like_those_with_a_password(client: FlaskClient):
    account("ops").disabled_at = now()
    db.session.commit()
    refused = [press(client) for _ in range(6)]
    assert [each.status_code for each in refused] == [403] * 5 + [429]
    assert "Too many attempts to log in." in refused[-1].text


@pytest.mark.parametrize("is_logged_in", [False, True])
def test_a_refusal_is_the_login_page_with_its_form(client: FlaskClient, is_logged_in: bool):
    if is_logged_in:
        press(client)
    refused = press(client, REMOTE_ADDR="192.0.2.7")
    page = check_page(refused.text)
    assert "only on the machine that runs the demo" in page.select_one("main [role=alert]").text
    assert page.select_one("main input[name=password]")


def test_what_was_taken_over_from_another_control_room_is_no_demo(client: FlaskClient):
    """It is registered in a demo, and may hold what somebody else's people wrote."""
    row, production = db.session.get_one(RegisteredTarget, "production"), target_named("production")
    room = db.session.scalars(select(ControlRoom)).one()
    db.session.delete(row)
    room.uuid, room.identity_key = str(uuid4()), secrets.token_bytes(32)
    db.session.commit()
    adopt(production, phrase="TAKE OVER PRODUCTION", reason="Ours now", by=at_the_console())
    row = db.session.get_one(RegisteredTarget, "production")
    assert not row.is_demo
    assert client.get("/ops/login").status_code == press(client, "admin").status_code == 503
    assert sessions() == 0
    label = judge(production).label
    assert label
    register(production, label, anchor=row.anchor, address=row.address)
    assert not row.is_demo, "also once it was restored"


def test_who_needed_no_password_reads_where_it_is(client: FlaskClient) -> None:
    """Its place and never itself; on this machine only, and only for an account of the demo."""
    logins_file().write_text('{"ops": {"email": "omar@talkback.example", "password": "s3cret-1"}}')
    press(client)
    again = "/ops/login/again"
    here = client.get(again, environ_overrides=HERE).text
    assert f"{logins_file().parent.name}/demo-accounts.json" in here
    assert "s3cret-1" not in here
    elsewhere = client.get(again, environ_overrides=HERE | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"})
    assert "demo-accounts.json" not in elsewhere.text
    account("ops").password_changed_at = now() + timedelta(minutes=1)
    db.session.commit()
    assert "demo-accounts.json" not in client.get(again, environ_overrides=HERE).text


def test_the_site_s_login_names_the_owner_s_and_where_its_password_is(client: FlaskClient) -> None:
    logins_file().write_text("{}")
    page = client.get("/login", environ_overrides=HERE)
    assert "ben@studio.example; the password is in the file" in page.text
    assert logins_file().name in page.text
    elsewhere = client.get("/login", environ_overrides=HERE | {"REMOTE_ADDR": "10.0.0.1"})
    assert "ben@studio.example" not in elsewhere.text
    _not_marked()
    assert "ben@studio.example" not in client.get("/login", environ_overrides=HERE).text
