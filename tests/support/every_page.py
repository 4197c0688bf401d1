"""Every page of the saved list of routes, over a control room with one of everything."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask, template_rendered
from flask.testing import FlaskClient

import portal.databases.tasks.changes  # noqa: F401 — registers the jobs that operations are of
from portal.accounts.models import Account
from portal.core.configuration.settings import Settings
from portal.databases.targets.registry import registered_target
from tests.house.tree import ROOT
from tests.incidents.live.scene import draft, planned_maintenance
from tests.support.cast import log_in
from tests.support.databases import HEAD, LEGACY, make_database
from tests.web.budgets.rows import add_rows, with_folders
from tests.web.budgets.test_budgets import address_of, ana_with_one_of_everything, pages

LIVE = "2026-01-01-abcdef"
CLIENTS = ("/client", "/ops/help", "/ops/help/clients", "/ops/password", "/ops/sessions")
"""Pages that a client reads in the client area's frame."""
REPORT = "2025-12-16-directory-offline"


@dataclass(frozen=True)
class Shown:
    """One answer. `template` is the page's own; None for a file."""

    rule: str
    address: str
    status: int
    template: str | None
    text: str
    headers: dict[str, str]

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")


def with_shipped_files(settings: Settings, tmp_path: Path) -> Settings:
    """With the reports, templates and runbooks of the release beside those of the rows."""
    found = with_folders(settings, tmp_path)
    for folder, shipped in (
        (found.incidents_dir, ROOT / "incidents"),
        (found.runbooks_dir, ROOT / "runbooks"),
    ):
        shutil.copytree(shipped, folder, dirs_exist_ok=True)
    return found


def one_of_everything() -> Account:
    def make() -> None:
        make_database("development", HEAD, studios=3)
        make_database("production", LEGACY, studios=3)

    ana = ana_with_one_of_everything(make)
    production = registered_target("production")
    assert production
    add_rows(0, 3, ana=ana, database_uuid=production.database_uuid)
    draft()
    planned_maintenance()
    return ana


def addresses(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Each rule with the address of something that is there, and the pages that differ by what
    is asked."""
    for rule in pages():
        address = address_of(rule, client)
        if rule == "/ops/incidents/live/<slug>":
            address = f"/ops/incidents/live/{LIVE}"
        yield rule, address
        if rule in {"/ops/incidents/<path:slug>", "/client/incidents/<path:slug>"}:
            yield rule, address_of(rule, client).rpartition("/")[0] + f"/{REPORT}"
    yield "/ops/incidents/new", "/ops/incidents/new?start=1-outage"
    yield "/ops/runbooks/<path:runbook_id>", "/ops/runbooks/migrate-production"
    for guide in ("control-room", "performance", "proofs"):
        yield "/ops/help/<path:guide>", f"/ops/help/{guide}"
    yield "an address without a page", "/ops/nothing-here"


def every_page(app: Flask, client: FlaskClient, reader: Account) -> Iterator[Shown]:
    """The HTML pages, as `reader` gets them."""
    log_in(client, reader)
    yield from _shown(app, client, addresses(client))


def as_client(app: Flask, client: FlaskClient, reader: Account) -> Iterator[Shown]:
    """Those in the client area's frame."""
    log_in(client, reader)
    found = ((rule, f"{rule}?as=client") for rule in CLIENTS)
    yield from _shown(app, client, found)


def as_shown(app: Flask, client: FlaskClient, reader: Account, address: str) -> Shown:
    """One page."""
    log_in(client, reader)
    return next(_shown(app, client, iter([(address, address)])))


def visited(app: Flask, client: FlaskClient) -> Iterator[Shown]:
    """By somebody who is not logged in."""
    yield from _shown(app, client, iter([("/ops/login", "/ops/login")]))


def _shown(app: Flask, client: FlaskClient, found: Iterator[tuple[str, str]]) -> Iterator[Shown]:
    templates: list[str] = []

    def note(sender: Flask, template: object, **_: object) -> None:
        templates.append(str(getattr(template, "name", None)))

    with template_rendered.connected_to(note, app):
        for rule, address in found:
            templates.clear()
            answer = client.get(address)
            if answer.mimetype == "text/html" and "<html" in answer.text:
                name = templates[-1] if templates else None
                headers = dict(answer.headers)
                yield Shown(rule, address, answer.status_code, name, answer.text, headers)
