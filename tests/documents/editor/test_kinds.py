"""The pages know no kind: the same ones hang where email templates are, for admins alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Blueprint

from portal.accounts.models import Role
from portal.accounts.permissions.table import PERMISSIONS, editor
from portal.documents.editor import register_editor
from portal.documents.models import DocumentKind
from portal.documents.publishing.versions import versions_of
from portal.incidents.writing import REPORTS
from tests.documents.conftest import put
from tests.documents.editor.conftest import TEXT, browser_of

LETTERS = replace(
    REPORTS,
    kind=DocumentKind.TEMPLATE,
    noun="template",
    plural="templates",
    roles=(Role.ADMIN,),
    shown_at="letters.show",
    listed_at="letters.show",
)
AT = "/ops/letters"


@pytest.fixture(autouse=True)
def letters(app, monkeypatch) -> None:
    for endpoint, row in editor("letters", LETTERS.roles, "a letter").items():
        monkeypatch.setitem(PERMISSIONS, endpoint, row)
    blueprint = Blueprint("letters", __name__)
    blueprint.add_url_rule(f"{AT}/<path:slug>", "show", lambda slug: slug)
    register_editor(blueprint, LETTERS, at=AT)
    app.register_blueprint(blueprint)


def test_a_template_is_published_into_its_own_folder(app, published: Path):
    data = {"text": TEXT, "slug": "outage", "opened": ""}
    answer = browser_of(app, "ana").post(f"{AT}/publications", data=data)
    assert (answer.status_code, answer.location) == (303, f"{AT}/outage")
    assert (published / "emails" / "outage.md").read_text() == TEXT
    assert versions_of(DocumentKind.REPORT, "outage") == []


def test_its_pages_lead_to_each_other(app, shipped: Path):
    put(shipped, "emails/outage", TEXT)
    page = browser_of(app, "ana").page(f"{AT}/outage/edit")
    assert page.find("form", class_="editor")["action"] == f"{AT}/publications"
    assert page.find("a", href=f"{AT}/outage/versions")
    assert "template" in page.get_text()


@pytest.mark.parametrize("page", ["new", "outage/edit", "outage/versions", "changes.patch"])
def test_ops_writes_none(app, shipped: Path, page: str):
    put(shipped, "emails/outage", TEXT)
    assert browser_of(app, "omar").get(f"{AT}/{page}").status_code == 403


def test_ops_publishes_none(app, published: Path):
    data = {"text": TEXT, "slug": "outage", "opened": ""}
    assert browser_of(app, "omar").post(f"{AT}/publications", data=data).status_code == 403
    assert not published.exists()
