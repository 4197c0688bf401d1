"""An incident, a template, and three people of two clients to tell."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.models import Contact, Organisation
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import Message
from tests.support.cast import log_in, make_account

REPORT = """---
title: The site was away
audience: clients
date: 2026-03-09
status: resolved
started: 2026-03-09T14:00:00Z
resolved: 2026-03-09T15:00:00Z
internal-words: [blue team]
---
# The site was away

It was away for an hour.

/// internal
The boss slept.
///
"""
TEMPLATE = """---
title: Update
subject: "The site on [Incident Date]"
fields: [Cause]
---
Hi [Client Name],

it was [Cause].

[Sender Name]
"""
LINKED = """---
subject: Read it
---
Hi [Client Name], here it is: [Report Link]
"""
BY_DAY = """# By day

**Subject:** About 9 March

---

Hi [Client Name].

---

**Attachments:**
- See `docs/SUMMARY_2026_03_09.md`
- And more
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "incidents"
    (folder / "emails").mkdir(parents=True)
    (folder / "2026-03-09-away.md").write_text(REPORT, encoding="utf-8")
    (folder / "emails" / "update.md").write_text(TEMPLATE, encoding="utf-8")
    (folder / "emails" / "linked.md").write_text(LINKED, encoding="utf-8")
    (folder / "emails" / "by-day.md").write_text(BY_DAY, encoding="utf-8")
    return replace(settings, incidents_dir=folder)


@pytest.fixture
def contacts(app) -> list[Contact]:
    harbour = Organisation(slug="harbour", name="Harbour Voices")
    zenith = Organisation(slug="zenith", name="Zenith Audio")
    people = [
        Contact(
            name="Cleo Marsh", salutation="Cleo", email="cleo@example.com", organisation=harbour
        ),
        Contact(name="Dan Hill", salutation="Dan", email="dan@example.com", organisation=harbour),
        Contact(name="Eve Stone", salutation="Eve", email="eve@example.com", organisation=zenith),
    ]
    db.session.add_all(people)
    db.session.commit()
    return people


@pytest.fixture
def ana(client):
    account = make_account("ana")
    log_in(client, account)
    return account


@pytest.fixture
def make_drafts(client, contacts) -> Callable[..., list[Message]]:
    """Through the page, by whoever is logged in."""

    def make(*, cause: str = "a fuse", template: str = "update", people=contacts) -> list[Message]:
        data = {
            "incident": "2026-03-09-away",
            "template": template,
            "field-0": cause,
            "contact": [str(each.id) for each in people],
        }
        response = client.post("/ops/emails", data=data)
        assert response.status_code == 303, response.text
        return all_messages()

    return make


def all_messages() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def approve(client, message: Message, *, seen: str | None = None):
    seen = seen or content_hash(message)
    return client.post(f"/ops/emails/{message.id}/approval", data={"seen": seen})


def edit(client, message: Message, *, seen: str | None = None, **words: str):
    words = {"subject": message.subject, "body": message.body, **words}
    data = {"seen": seen or content_hash(message), **words}
    return client.post(f"/ops/emails/{message.id}", data=data)
