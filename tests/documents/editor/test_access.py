"""Who may write: ops and admins; for everybody else there is no page."""

import pytest

from portal.core.storage.database import db
from portal.documents.images.store import images_root
from portal.documents.models import DocumentDraft, DocumentVersion
from tests.documents.conftest import put
from tests.documents.editor.conftest import TEXT, browser_of, opened

PAGES = [
    "new",
    "new?start=1-outage",
    "outage/edit",
    "outage/versions",
    "outage/versions/1",
    "outage/comparison",
    "outage/changes.patch",
    "changes.patch",
]
ACTIONS = ["preview", "drafts", "pictures", "publications", "outage/draft/end", "outage/withdrawal"]


@pytest.fixture
def report(shipped):
    return put(shipped, "outage", TEXT)


@pytest.mark.parametrize("page", PAGES)
def test_a_client_opens_no_page_for_writing(app, report, page):
    assert browser_of(app, "cleo").get(f"/ops/incidents/{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_login(app, report, page):
    answer = browser_of(app, "stranger").get(f"/ops/incidents/{page}")
    assert answer.status_code in {302, 303}
    assert "/ops/login" in answer.location


@pytest.mark.parametrize("name", ["omar", "ana"])
@pytest.mark.parametrize("page", PAGES[:4])
def test_ops_and_admins_do(app, report, name, page):
    assert browser_of(app, name).get(f"/ops/incidents/{page}").status_code == 200


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("name", "status"), [("cleo", 403), ("stranger", 303)])
def test_no_other_role_changes_anything(app, report, action, name, status):
    data = {"text": "# Mine", "slug": "outage", "opened": opened(), "seen": opened()}
    answer = browser_of(app, name).post(f"/ops/incidents/{action}", data=data)
    assert answer.status_code == status
    assert db.session.query(DocumentVersion).count() == 0
    assert db.session.query(DocumentDraft).count() == 0


@pytest.mark.parametrize(("name", "status"), [("cleo", 403), ("stranger", 303)])
def test_no_other_role_sends_a_picture(app, name, status):
    assert browser_of(app, name).post("/ops/documents/images").status_code == status
    assert not images_root().exists()


@pytest.mark.parametrize("action", [*ACTIONS, "documents"])
def test_another_site_can_send_nothing(browser, report, action):
    address = "/ops/documents/images" if action == "documents" else f"/ops/incidents/{action}"
    data = {"text": "# Mine", "slug": "outage", "opened": opened(), "seen": opened()}
    assert browser.post(address, data=data, with_token=False).status_code == 400
    assert db.session.query(DocumentVersion).count() == 0
    assert db.session.query(DocumentDraft).count() == 0


@pytest.mark.parametrize("action", ACTIONS[4:])
def test_nothing_is_changed_by_looking(browser, report, action):
    assert browser.get(f"/ops/incidents/{action}").status_code in {404, 405}


@pytest.mark.parametrize("page", ["versions", "edit", "comparison"])
def test_a_page_takes_no_form(browser, report, page):
    assert browser.post(f"/ops/incidents/outage/{page}").status_code == 405


@pytest.mark.parametrize(
    "slug",
    [
        "nothing",
        "../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "a/../outage",
        "emails/outage",
        "outage%00",
    ],
)
@pytest.mark.parametrize("page", ["edit", "versions", "comparison", "changes.patch", "versions/1"])
def test_30_there_is_no_other_document(browser, report, shipped, slug, page):
    put(shipped.parent, "secret", "# Secret")
    put(shipped, "emails/outage", "# A template")
    answer = browser.get(f"/ops/incidents/{slug}/{page}")
    assert answer.status_code in {308, 404}
    assert "Secret" not in answer.text
