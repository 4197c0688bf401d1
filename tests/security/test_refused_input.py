"""Whatever a form refuses comes back as that form: what was typed is in its fields, and the focus
is on the wrong one. The forms are those that the pages show, and no route is left out."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.models import Account, Contact, Organisation
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import control_room, registered_target
from portal.emails.drafting.drafts import prepare_drafts
from portal.emails.drafting.template_library import template_named
from portal.emails.models import Message, MessageState
from portal.incidents.reports import report_named
from portal.runbooks.engine.runs import start_run
from tests.databases import stage
from tests.house.tree import ROOT
from tests.incidents.live.scene import draft, planned_maintenance
from tests.security.excused_forms import NOTHING_TYPED, ON_PAGES_OF_THEIR_OWN
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.nothing import require_none
from tests.support.pages import check_names, check_page, words
from tests.web.budgets.rows import SLUG, add_rows, with_folders

BOOK = """# Book

## Inputs

```inputs
target: choice one|two
why: text
day: date
```

## Steps

### One

```step
id: one
confirm: GO ON
evidence: text "What it said"
```
"""
PAGES = (
    "/ops/accounts",
    "/ops/accounts/2",
    "/ops/accounts/contacts/1",
    "/ops/accounts/organisations/harbour",
    "/ops/backups",
    "/ops/databases",
    "/ops/databases?database=development",
    "/ops/migrations",
    "/ops/monitoring",
    "/ops/monitoring/probes/1",
    "/ops/windows",
    f"/ops/emails/new?incident={SLUG}&template=update",
    "/ops/emails/1",
    "/ops/emails/2",
    "/ops/emails/templates/new?start=",
    "/ops/incidents/new?start=",
    "/ops/incidents/live/new",
    "/ops/incidents/live/2026-01-01-abcdef",
    "/ops/incidents/live/2026-01-02-planned",
    f"/ops/incidents/{SLUG}?tab=questions",
    f"/ops/incidents/{SLUG}?tab=readers",
    "/ops/monitoring/notices",
    "/ops/password",
    "/ops/runbooks/book",
    "/ops/runs/1",
    "/ops/time-zone",
    "/ops/login/again",
)
ODD = {"too long": "a" * 9000, "nothing": ""}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    found = with_folders(settings, tmp_path, BOOK)
    shutil.copy(ROOT / "runbooks" / "migrate-production.md", found.runbooks_dir)
    return found


@pytest.fixture
def ana(app: Flask) -> Account:
    """In a control room where each form is on its page."""
    ana = make_account("ana")
    control_room(is_demo=True)
    make_account("omar")
    make_account("cleo")
    harbour = Organisation(slug="harbour", name="Harbour Voices")
    people = [
        Contact(name=name, salutation=name, email=f"{name}@a.example", organisation=harbour)
        for name in ("Nia", "Ben")
    ]
    db.session.add_all(people)
    db.session.flush()
    make_database("development", HEAD, studios=1)
    make_database("production", LEGACY, studios=3)
    stage.execute(target_named("development"), "CREATE TABLE by_hand (id INTEGER)")
    told = {"fields": {"Cause": "a fuse"}, "update_key": "report", "by": ana}
    prepare_drafts(report_named(SLUG), template_named("update"), people, **told)
    db.session.get_one(Message, 2).state = MessageState.SENT
    start_run("book", inputs={}, by=ana)
    production = registered_target("production")
    assert production
    add_rows(0, 1, ana=ana, database_uuid=production.database_uuid)
    draft()
    planned_maintenance()
    db.session.add(Contact(name="Zoe", salutation="Zoe", email="z@a.example", organisation=harbour))
    return ana


def forms_on(page: BeautifulSoup) -> Iterator[tuple[str, list[Tag]]]:
    """The address and the fields of each form, also by its other buttons."""
    for form in page.select("form[method=post]"):
        outside = page.select(f"[form={form['id']}]") if form.get("id") else []
        tags = [*form.select("input, select, textarea, button"), *outside]
        fields = [each for each in tags if each.get("name") and each.name != "button"]
        ways = {form.get("action"), *(each.get("formaction") for each in tags)} - {None}
        for address in ways:
            yield str(address), fields


def is_typed(field: Tag) -> bool:
    return field.get("type") not in {"hidden", "checkbox", "radio", "file"} and not (
        field.has_attr("hidden")
    )


def is_text(field: Tag) -> bool:
    return is_typed(field) and field.name != "select" and field.get("type") != "password"


def value_of(field: Tag) -> str:
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen.get("value", chosen.text)) if chosen else ""
    if field.name == "textarea":
        return field.text.removeprefix("\r").removeprefix("\n")
    return str(field.get("value", ""))


def endpoint_of(app: Flask, address: str) -> str:
    return str(app.url_map.bind("localhost").match(urlsplit(address).path, method="POST")[0])


def lost(answer: TestResponse, address: str, sent: dict[str, str]) -> list[str]:
    """What is wrong with a refusal: fields without what was typed, no form, no focus. A state that
    has moved on is said above, with what was typed if its form is gone."""
    page = BeautifulSoup(answer.text, "html.parser")
    check_names(page)
    fields = next((fields for way, fields in forms_on(page) if way == address), [])
    shown = {str(each["name"]): value_of(each) for each in fields if is_text(each)}
    if not fields:
        shown = {"reason": "".join(each.text for each in page.select(".typed-fields dd"))}
    focused = page.select("main [autofocus]")
    is_told = page.select("[aria-invalid=true]") or page.select("main [role=alert]")
    is_input = answer.status_code == 422
    return [
        *(f"lost {name}" for name, text in shown.items() if sent.get(name, "") not in text),
        *([] if is_input or answer.status_code == 409 else [f"status {answer.status_code}"]),
        *([] if is_told else ["no sentence"]),
        *([] if len(focused) == 1 or not is_input else ["no focus"]),
        *([] if fields or not is_input else ["no form"]),
    ]


def test_what_was_typed_comes_back_with_the_form(app: Flask, ana: Account, client: FlaskClient):
    log_in(client, ana)
    asked, found = set(), {}
    for where in PAGES:
        for address, fields in forms_on(client.page(where)):
            typed = [each for each in fields if is_typed(each)]
            endpoint = endpoint_of(app, address)
            if not typed or endpoint in asked:
                continue
            asked.add(endpoint)
            kept = {str(each["name"]): value_of(each) for each in fields if not is_typed(each)}
            for kind, odd in ODD.items():
                sent = kept | {str(each["name"]): odd for each in typed}
                answer = client.post(address, data=sent)
                if answer.status_code >= 400 and (wrong := lost(answer, address, sent)):
                    found[endpoint, kind] = wrong
    require_none(
        found,
        "Not as it was sent: show the form by form_at() on its page, and each field by ui.field",
    )
    every = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    excused = {*ON_PAGES_OF_THEIR_OWN, *(each for some in NOTHING_TYPED.values() for each in some)}
    require_none(
        every - asked - excused,
        "On no page of PAGES: add the page that has its form, or excuse the route in"
        " tests/security/excused_forms.py",
    )
    require_none(
        excused - (every - asked),
        "Sent by a page of PAGES, or gone: take these out of tests/security/excused_forms.py",
    )

    accept, known = "/ops/databases/development/drift/acceptance", {"reason": "It is known."}
    assert [client.post(each, data=known).status_code for each in (accept, "/ops/syncs")] == [
        303
    ] * 2
    for address, lead in ((accept, "It is known."), ("/ops/syncs", "A sync is under way already.")):
        again = client.post(address, data=known)
        page = check_page(again.text)
        assert (again.status_code, words(page.h1)) == (409, "Databases")
        assert lead in words(page.select_one("main [role=alert]"))
