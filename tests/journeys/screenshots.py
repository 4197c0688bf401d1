"""Pictures of every page, at 390 and 1280 pixels, light and dark: `make screenshots`.

They are taken along the way of a newcomer's first change, so that runs, refusals and results are
those of a real one. `python -m tests.journeys.screenshots home run` takes those alone whose names
begin so.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.house.tree import ROOT
from tests.journeys import test_first_change as journey
from tests.journeys.browser import chromium
from tests.journeys.pages import ACTION_MS, ControlRoom
from tests.journeys.stack import Stack

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1280: 900, 390: 844}
OUTAGE_MS = 120_000
UPDATE = "The directory does not open since a few minutes ago. We are looking into it."
DECODED = "Promise.all([...document.images].map(image => image.decode().catch(() => {})))"
SCHEMES = ("light", "dark")
PUBLIC = {
    "home": "/",
    "studios": "/studios",
    "studios-filtered": "/studios?q=voice&near=London&radius=50&sort=distance",
    "studios-none": "/studios?q=zither+quartet",
    "not-found": "/studios/nobody-here",
}
STAFF = {
    "control-home": "/ops",
    "incidents": "/ops/incidents",
    "incident": "/ops/incidents/2025-12-16-directory-offline",
    "incident-sharing": "/ops/incidents/2025-12-16-directory-offline/sharing",
    "incidents-unshared": "/ops/incidents/unshared",
    "incident-new": "/ops/incidents/new",
    "incident-write": "/ops/incidents/new?start=1-outage",
    "incident-edit": "/ops/incidents/2025-12-16-directory-offline/edit",
    "incident-versions": "/ops/incidents/2025-12-16-directory-offline/versions",
    "migrations": "/ops/migrations",
    "databases": "/ops/databases",
    "windows": "/ops/windows",
    "monitoring": "/ops/monitoring",
    "monitoring-probe": "/ops/monitoring/probes/3",
    "backups": "/ops/backups",
    "runbooks": "/ops/runbooks",
    "runbook": "/ops/runbooks/migrate-production",
    "runs": "/ops/runs",
    "operations": "/ops/operations",
    "outages": "/ops/outages",
    "notice-addresses": "/ops/monitoring/notices",
    "errors": "/ops/monitoring/errors",
    "emails": "/ops/emails",
    "emails-new": "/ops/emails/new",
    "email-templates": "/ops/emails/templates",
    "email-template": "/ops/emails/templates/what-happened",
    "email-template-edit": "/ops/emails/templates/what-happened/edit",
    "mailbox": "/ops/mailbox",
    "audit": "/ops/audit",
    "audit-entry": "/ops/audit/1",
    "accounts": "/ops/accounts",
    "organisation": "/ops/accounts/organisations/harbour",
    "contact": "/ops/accounts/contacts/1",
    "time-zone": "/ops/time-zone",
    "client-door": "/client",
    "client-report": "/client/incidents/2025-12-16-directory-offline",
    "sessions": "/ops/sessions",
    "password": "/ops/password",
}


class Camera:
    """Takes the page that somebody is on, in every size and scheme, without leaving it."""

    def __init__(self, browser: Browser, only: tuple[str, ...]) -> None:
        self.browser, self.only = browser, only
        self.taken = 0

    def take(self, name: str, address: str, state: dict[str, object] | None = None) -> None:
        if not name.startswith(self.only):
            return
        for width, height in SIZES.items():
            for scheme in SCHEMES:
                with self._page(width, height, scheme, state) as page:
                    page.goto(address)
                    page.wait_for_load_state("networkidle")
                    self._save(page, f"{name}-{width}-{scheme}")

    def _save(self, page: Page, name: str) -> None:
        """As far down as a person looks at once or twice; whole pages would be long pictures."""
        tall = min(page.evaluate("document.documentElement.scrollHeight"), 2400)
        page.set_viewport_size({"width": page.viewport_size["width"], "height": max(tall, 600)})
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.evaluate(DECODED)
        taken = Image.open(BytesIO(page.screenshot()))
        taken.save(FOLDER / f"{name}.webp", "WEBP", quality=82, method=6)
        self.taken += 1

    @contextmanager
    def _page(
        self, width: int, height: int, scheme: str, state: dict[str, object] | None
    ) -> Iterator[Page]:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            storage_state=state,  # type: ignore[arg-type]
        )
        yield context.new_page()
        context.close()


def take_all(stack: Stack, browser: Browser, only: tuple[str, ...]) -> int:
    camera = Camera(browser, only)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    room = ControlRoom(context.new_page(), stack)
    for name, path in PUBLIC.items():
        camera.take(name, stack.development + path)
    room.page.goto(f"{stack.development}/studios")
    first = room.page.locator("main article a, main .card a").first.get_attribute("href")
    camera.take("studio", f"{stack.development}{first}")
    camera.take("maintenance", stack.production)
    camera.take("login", f"{stack.development}/ops/login")
    take_the_change(room, camera)
    take_the_sync(room, camera)
    for name, path in STAFF.items():
        camera.take(name, stack.development + path, context.storage_state())
    context.close()
    return camera.taken


def take_the_change(room: ControlRoom, camera: Camera) -> None:
    def take(name: str) -> None:
        camera.take(name, room.page.url, room.page.context.storage_state())

    room.log_in("admin")
    expect(room.page.locator("h1")).to_have_text(re.compile("is down"), timeout=OUTAGE_MS)
    take("control-home-waiting")
    send_an_update(room)
    take("incident-updates")
    room.page.goto(f"{room.stack.development}/ops")
    journey.start_the_change(room)
    take("run-started")
    room.press(re.compile("^Check the database"))
    room.expect_due("Back up and verify the backup")
    room.press(re.compile("^Back up and verify"))
    room.expect_due("Rehearse on the restored copy")
    room.press("Rehearse the change")
    due = room.page.locator("[aria-current=step]")
    expect(due).to_contain_text("every image is on its studio", timeout=ACTION_MS)
    take("run-rehearsed")
    room.tick_all()
    room.press("Done")
    take("run-confirm")
    journey.type_into_stage(room, "MIGRATE PRODUCTION")
    take("run-second-confirmation")
    journey.confirm_again(room)
    take("run-migrate")
    journey.migrate_and_verify(room)
    journey.see_the_end(room)
    take("run-done")


def send_an_update(room: ControlRoom) -> None:
    page = room.page
    page.get_by_role("link", name="Send an update to clients").click()
    page.get_by_label("Update", exact=True).fill(UPDATE)
    page.get_by_label("Clients", exact=True).check()
    room.press(re.compile("^(Publish and send|Send) to "))


def take_the_sync(room: ControlRoom, camera: Camera) -> None:
    page = room.page
    room.open("/ops/databases?database=development", "Databases")
    room.press(re.compile("^Replace development"))
    page.get_by_role("link", name="See the report").click(timeout=ACTION_MS)
    room.expect_heading("Sync from production")
    camera.take("sync", page.url, page.context.storage_state())
    page.get_by_role("link", name=re.compile("^Restore what was there")).click()
    page.wait_for_load_state()
    camera.take("restore", page.url, page.context.storage_state())


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder) / "instance") as stack,
        chromium() as browser,
    ):
        taken = take_all(stack, browser, tuple(sys.argv[1:]) or ("",))
    print(f"{taken} pictures in {FOLDER.relative_to(ROOT)}")  # noqa: T201


if __name__ == "__main__":
    main()
