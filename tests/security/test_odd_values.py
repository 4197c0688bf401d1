"""Values that no page sends, to every route: each is answered in a sentence, with a way on."""

import re
from io import BytesIO
from itertools import cycle
from pathlib import Path
from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from portal.accounts.models import Contact, Organisation
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.emails.drafting.drafts import prepare_drafts
from portal.emails.drafting.template_library import template_named
from portal.incidents.reports import report_named
from portal.runbooks.engine.runs import start_run
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.owners import log_in_site, make_site, make_user
from tests.web.budgets.rows import SLUG, with_folders

BOOK = """# Book

## Inputs

```inputs
target: text
why: text
```

## Steps

### One

Do it.
"""
#: What each part of an address stands for here; the rest is 1, or nothing that is there.
KINDS = {"int:": "1", "uuid:": str(UUID(int=4))}
PARTS = {"target": "production", "slug": SLUG, "runbook_id": "book", "step_id": "one"}
NAMES = [
    "account_id",
    "body",
    "confirmed",
    "contact",
    "current",
    "days",
    "drafted_as",
    "email",
    "end_others",
    "ends",
    "evidence",
    "field-0",
    "finding",
    "gets_messages",
    "incident",
    "input-target",
    "input-why",
    "key",
    "known",
    "maintenance",
    "name",
    "new",
    "next",
    "note",
    "opened",
    "page",
    "phrase",
    "picture",
    "q1-text",
    "reading",
    "reason",
    "report",
    "required",
    "right",
    "role",
    "salutation",
    "viewpoint",
    "seen",
    "sha256",
    "share",
    "shows",
    "slug",
    "stage-phrase",
    "starts",
    "subject",
    "summary",
    "target",
    "template",
    "text",
    "tick",
    "time_zone",
    "update",
    "version",
    "with_others",
    "writer",
    "wrong",
]
FEW = {"version": "1", "target": "production", "incident": SLUG, "template": "update"}
NUL, DIGITS, LARGE = "a\0b", "9" * 5000, "12345678901234567890"
FORM_PAGE = "http://localhost/ops/runs/1?from=here"
"""Where the browser says that the form was."""
OTHERS = [b"\xed\xa0\x80\xff", "9999-12-31T23:59", LARGE, "-1"]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return with_folders(settings, tmp_path, BOOK)


@pytest.fixture
def scene(app, settings):
    make_site(app, settings)
    ana = make_account("ana")
    stage.place("production")
    person = Contact(
        name="Cleo",
        salutation="Cleo",
        email="cleo@example.com",
        organisation=Organisation(slug=SLUG, name="Harbour Voices"),
    )
    db.session.add(person)
    db.session.flush()
    report, template = report_named(SLUG), template_named("update")
    prepare_drafts(
        report, template, [person], fields={"Cause": "a fuse"}, update_key="report", by=ana
    )
    start_run("book", inputs={}, by=ana)
    db.session.commit()
    return ana


def path_of(rule: str) -> str:
    def value(part: re.Match[str]) -> str:
        return PARTS.get(part[2], KINDS.get(part[1], "window"))

    return re.sub(r"<(\w+:)?(\w+)>", value, rule)


def requests():
    """What is posted, by its name: as form, with files, as JSON."""
    yield "nothing", {"data": {}}
    yield "json", {"json": [1, {"reason": 2}]}
    yield "files", {"data": {name: (BytesIO(b"x"), "x.png") for name in NAMES}}
    yield "doubled", {"data": MultiDict([(name, each) for name in NAMES for each in ("1", "\0")])}
    for value in (NUL, DIGITS):
        yield value[:9], {"data": dict.fromkeys(NAMES, value) | FEW}
    yield "others", {"data": dict(zip(NAMES, cycle(OTHERS), strict=False)) | FEW}


def test_odd_values_break_no_address(app, scene, client):
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a fault is answered, as in life
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    assert len(rules) > 70
    broken, only_home, someone = [], set(), make_user()
    for rule in rules:
        path = path_of(rule.rule)
        log_in(client, scene)
        log_in_site(client, someone)
        for kind, sent in requests():
            came_from = {"Referer": FORM_PAGE} if kind != "nothing" else {}
            answer = client.post(path, **sent, headers=came_from)
            if answer.mimetype == "application/zip":  # a person's own data
                continue
            if is_dead_end(answer):
                only_home.add((rule.endpoint, kind))
            if answer.status_code >= 500 or "Traceback" in answer.text:
                broken.append((rule.endpoint, kind, answer.status_code))
    assert broken == []
    assert only_home == set()


def is_dead_end(answer) -> bool:
    """A refusal on a page that shows no form, and whose only way on is a home page."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    is_page = 400 <= answer.status_code < 500 and main
    ways = set(re.findall(r'href="([^"]*)"', main)) - {"/", "/ops", "/client"}
    return bool(is_page and "<form" not in main and not ways)
