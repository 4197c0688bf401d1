"""Each action is its owner's alone: others reach their own studio, or a login."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus
from tests.directory.owners.editing import Editor
from tests.support.cast import log_in, make_account
from tests.support.owners import log_in_site, make_user

PAGES = ("/me/studio", "/me/studio/preview", "/me/studio/identity", "/me/studio/hours")
ACTIONS = {
    "/me/studio/identity": {"name": "Taken over"},
    "/me/studio/contact": {"phone": "020 0000"},
    "/me/studio/publish": {},
    "/me/studio/hide": {},
    "/me/studio/show": {},
}


@pytest.fixture
def hers(editor: Editor) -> StudioProfile:
    editor.complete()
    editor.press("publish")
    return db.session.scalars(select(StudioProfile)).one()


def state(studio: StudioProfile) -> tuple[object, ...]:
    db.session.expire_all()
    return studio.name, studio.phone, studio.status, studio.updated_at


@pytest.mark.parametrize("who", ["stranger", "cleo", "omar", "ana"])
def test_without_a_login_of_the_site_there_is_the_login(
    site: Flask, hers: StudioProfile, who: str
) -> None:
    before, client = state(hers), site.test_client()
    if who != "stranger":
        log_in(client, make_account(who))
    answers = [client.get(page) for page in PAGES]
    answers += [client.post(path, data=data) for path, data in ACTIONS.items()]
    assert {each.status_code for each in answers} == {303}
    assert all(each.headers["Location"].startswith("/login") for each in answers)
    script = client.post("/me/studio/identity", data={}, headers={"HX-Request": "true"})
    assert script.status_code == 401
    assert state(hers) == before


def test_another_owner_reaches_the_own_studio_alone(site: Flask, hers: StudioProfile) -> None:
    before, client = state(hers), site.test_client()
    log_in_site(client, make_user("ben@example.com", name="Ben"))
    assert client.get("/me/studio/preview").status_code == 404
    for path, data in ACTIONS.items():
        answer = client.post(path, data=data | {"user_id": "1", "studio": str(hers.id), "id": "1"})
        assert answer.status_code in {303, 409}, path
    assert state(hers) == before
    studios = db.session.scalars(select(StudioProfile).order_by(StudioProfile.id)).all()
    assert [each.name for each in studios] == [before[0], "Taken over"]
    assert studios[1].status is StudioStatus.DRAFT


def test_extra_fields_change_nothing(editor: Editor, hers: StudioProfile) -> None:
    more = {"is_verified": "y", "is_featured": "y", "status": "pending", "user_id": "2", "id": "9"}
    assert editor.save("identity", about="x", **more).status_code == 303
    db.session.expire_all()
    assert (hers.is_verified, hers.is_featured, hers.status) == (False, False, StudioStatus.ACTIVE)


def test_a_wrong_method_or_section_changes_nothing(editor: Editor, hers: StudioProfile) -> None:
    before, client = state(hers), editor.client
    assert client.post("/me/studio").status_code == 405
    assert client.post("/me/studio/preview").status_code == 404
    for path in ACTIONS:
        assert client.put(path).status_code == 405
        assert client.delete(path).status_code == 405
    for action in ("publish", "hide", "show", "nothing", "pictures", "Identity"):
        assert client.get(f"/me/studio/{action}").status_code == 404
    assert client.post("/me/studio/nothing", data={"name": "x"}).status_code == 404
    assert state(hers) == before


def test_another_site_changes_nothing(editor: Editor, hers: StudioProfile) -> None:
    before, client = state(hers), editor.client
    for path, data in ACTIONS.items():
        assert client.post(path, data=data, with_token=False).status_code == 400
        foreign = {"Origin": "https://evil.example"}
        assert client.post(path, data=data, headers=foreign).status_code == 400
    assert state(hers) == before


def test_pages_are_stored_nowhere(editor: Editor, client: FlaskClient) -> None:
    for page in PAGES[:1]:
        assert editor.client.get(page).headers["Cache-Control"] == "no-store"
