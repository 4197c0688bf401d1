"""What staff's pages ask of the directory: few statements, by indexes, whatever there is."""

from typing import cast

import pytest
from flask import Flask

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.reports.models import PictureCheck
from tests.directory.pages.studios import address_of, make_studio
from tests.directory.queue.conftest import QUEUE, waiting_edit, waiting_picture, waiting_review
from tests.directory.reports.conftest import report
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.site_directory import place_directory
from tests.web.budgets.counting import counted
from tests.web.budgets.plans import explained

PEOPLE, ROOM, PUBLIC = "/ops/directory/people", 15, 8


def test_no_page_scans_or_asks_much(app: Flask, monkeypatch: pytest.MonkeyPatch):
    place_directory()
    admin = cast(PortalClient, app.test_client())
    studio = make_studio("Quiet Corner", pictures=("/images/" + "cd" * 16 + ".webp",))
    other = make_studio("Elm Row").user_id
    waiting_edit(studio, "It was fine, all in all.", "It was very fine, all in all.")
    review, check = waiting_review(studio).id, waiting_picture(studio).id
    number = report(admin, studio).id
    log_in(admin, make_account("ana"))
    pages = [f"{QUEUE}?item={name}" for name in (f"review-{review}", f"picture-{check}")]
    pages += [f"{QUEUE}?item=report-{number}", QUEUE, f"{PEOPLE}?q=ben", PEOPLE]
    pages += [f"{PEOPLE}/{other}", f"{PEOPLE}/{other}/merge?other={studio.user_id}"]
    pages += [f"{PEOPLE}?state={each}&q=a" for each in ("disabled", "without", "imported")]
    pages += ["/ops/directory/statistics", f"{QUEUE}?after={now().isoformat()}~picture~{check}"]
    db.session.get_one(PictureCheck, check).decided_at = now()
    pages += [f"{QUEUE}?kind=decided", f"{QUEUE}?kind=review&done=picture-{check}"]
    public = f"{address_of(studio)}/report?review={review}"
    db.session.commit()

    asked, scans = {}, {}
    for page in [*pages, public]:
        with explained() as plans, counted(monkeypatch) as found:
            admin.page(page)
        asked[page], scans[page] = len(found.statements), plans.scans
    assert {page: whole for page, each in scans.items() if (whole := of_directory(each))} == {}
    assert {page: n for page, n in asked.items() if n > ROOM} == {}
    assert asked[public] <= PUBLIC


def of_directory(scans: dict[str, set[str]]) -> set[str]:
    """Its tables that were read whole."""
    own = ("site_", "users", "studio", "review", "derived_counts")
    return {text for table, texts in scans.items() if table.startswith(own) for text in texts}
