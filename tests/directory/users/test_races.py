"""Two requests at once have one success and one plain sentence, on both engines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core.clock import now
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import DirectoryModel, db
from portal.directory.models import User
from portal.directory.users.account.deletion import GRACE, delete_due_accounts
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SiteAccount, SiteEvent, SiteSession
from tests.directory.users.conftest import at_once
from tests.directory.users.mails import link_to, mails
from tests.directory.users.test_signup import OWN, sign_up
from tests.support.owners import PASSWORD, log_in_site, make_site, make_user
from tests.support.pages import words
from tests.support.postgres import running_server

Act = Callable[[], int]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    base = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(base)
        return
    with running_server().database() as url:
        address = url.render_as_string(hide_password=False)
        yield load_settings(base | {"DEVELOPMENT_DATABASE_URL": address})


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Flask]:
    if settings.development_url.get_backend_name() == "sqlite":
        make_site(app, settings)
    else:
        DirectoryModel.metadata.create_all(db.engine)
        app.extensions["portal.directory.check"] = None
    yield app
    db.session.remove()
    db.engine.dispose()


def posting(site: Flask, address: str, *, user: User | None = None, **fields: str) -> Act:
    """A client of its own, made before the race."""
    client = site.test_client()
    if user:
        log_in_site(client, user)
    token = {"X-CSRFToken": client.csrf_token(address)}
    return lambda: client.post(address, data=fields, headers=token, with_token=False).status_code


def number_of(model: type, *where: object) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_two_confirmations_of_one_link_open_one_account(site: Flask):
    sign_up(site.test_client())
    link = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    assert sorted(at_once(*(posting(site, link, **OWN) for _ in range(4)))) == [303, 409, 409, 409]
    assert (number_of(User), number_of(SiteAccount), number_of(SiteSession)) == (1, 1, 1)


def test_two_sign_ups_for_one_address_open_one_account(site: Flask):
    links = []
    for name in ("First", "Second", "Third"):
        sign_up(site.test_client(), name=name)
        links.append(link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP))
    assert sorted(at_once(*(posting(site, link, **OWN) for link in links))) == [303, 409, 409]
    assert number_of(User) == 1


def test_people_of_one_name_get_usernames_of_their_own(site: Flask):
    links = []
    for number in range(3):
        sign_up(site.test_client(), email=f"n{number}@example.com")
        links.append(link_to(f"n{number}@example.com", LetterKind.CONFIRM_SIGNUP))
    assert at_once(*(posting(site, link, **OWN) for link in links)) == [303, 303, 303]
    db.session.rollback()
    assert len(set(db.session.scalars(select(User.username)))) == 3


def test_a_sign_up_and_a_change_to_that_address_have_one_success(site: Flask):
    olive, new = make_user(), "nora@example.com"
    own = site.test_client()
    log_in_site(own, olive)
    own.post("/me/address", data={"email": new})
    own.post(link_to(olive.email, LetterKind.CONFIRM_OLD_ADDRESS))
    sign_up(site.test_client())
    ways = [
        link_to(new, LetterKind.CONFIRM_NEW_ADDRESS),
        link_to(new, LetterKind.CONFIRM_SIGNUP),
    ]
    answers = at_once(*(posting(site, way, **OWN) for way in ways))
    assert answers in ([200, 409], [409, 303])
    assert number_of(User, User.email == new) == 1


def test_both_sides_of_a_change_confirmed_at_once(site: Flask):
    olive, new = make_user(), "nora@example.com"
    own = site.test_client()
    log_in_site(own, olive)
    own.post("/me/address", data={"email": new})
    ways = [
        link_to(olive.email, LetterKind.CONFIRM_OLD_ADDRESS),
        link_to(new, LetterKind.CONFIRM_NEW_ADDRESS),
    ]
    assert at_once(*(posting(site, way) for way in ways)) == [200, 200]
    assert number_of(User, User.email == new) == 1
    assert sorted(mails())[:2] == [
        ("address-changed", new),
        ("address-changed", "olive@example.com"),
    ]


def test_a_link_sets_one_password(site: Flask):
    make_user()
    client = site.test_client()
    client.post("/login/forgotten", data={"email": "olive@example.com"})
    link = link_to("olive@example.com", LetterKind.RESET_PASSWORD)
    news = ("seven loud loudspeakers", "eight soft loudspeakers")
    answers = at_once(*(posting(site, link, new=new) for new in news))
    assert sorted(answers) == [303, 409]
    logins = [
        site.test_client().post("/login", data={"email": "olive@example.com", "password": new})
        for new in news
    ]
    assert [answer.status_code == 303 for answer in logins] == [each == 303 for each in answers]
    assert number_of(SiteEvent) == 1


def test_one_deletion_is_asked_for_and_carried_out(site: Flask):
    olive = make_user()
    acts = [posting(site, "/me/deletion", user=olive) for _ in range(2)]
    assert sorted(at_once(*acts)) == [303, 409]
    assert mails() == [("deletion-asked", "olive@example.com")]

    def delete() -> int:
        with site.app_context():
            return delete_due_accounts(now() + GRACE)

    assert sorted(at_once(delete, delete)) == [0, 1]
    assert number_of(User) == 0
    assert number_of(SiteEvent, SiteEvent.kind == "deleted") == 1


def test_the_way_of_a_person_on_this_engine(site: Flask):
    """Pages, a download and the deletion: what other tests see on SQLite alone."""
    client = site.test_client()
    sign_up(client)
    client.post(link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP))
    for address in ("/me", "/me/sessions", "/me/address", "/me/export", "/me/deletion"):
        client.page(address)
    assert client.post("/me/export").mimetype == "application/zip"
    assert client.post("/me/mail").status_code == 303
    assert client.post("/me/deletion").status_code == 303
    assert client.post("/me/deletion/cancel").status_code == 303
    change = {"current": PASSWORD, "new": "seven loud loudspeakers"}
    assert client.post("/me/password", data=change).status_code == 303
    assert words(client.page("/me").h1) == "Hello, Nora Quill"
