"""/ops/backups: where each backup is, what happens by itself, and taking one now."""

from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.backups.integrity import is_whole
from portal.databases.backups.models import Purpose
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.models import Lease, LeaseKind, Operation
from tests.databases import stage
from tests.databases.test_retention import copied
from tests.databases.test_sqlite_copy import damage
from tests.support.cast import log_in, make_account


@pytest.fixture
def settings(tmp_path, away):
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "BACKUP_URL": f"file:{away}",
            "BACKUP_SCHEDULE": "0 3 * * *",
        }
    )


def text(tag) -> str:
    return " ".join(tag.get_text(" ", strip=True).split())


def section(page, name):
    return page.find(id=name).find_parent("section")


def test_it_says_where_each_backup_is_and_what_goes_next(client, app, away):
    stage.place(studios=6)
    log_in(client, make_account("omar"))
    empty = client.page("/ops/backups")
    assert "No backup of production yet" in text(section(empty, "production"))
    own = client.page("/ops/backups?database=ops")
    assert "No backup of the control room yet" in text(section(own, "ops"))
    assert not empty.select("svg[role=img]")

    sent = stage.operate("databases.backup").result["backup"]
    stage.operate("backups.copy", target=None)
    late = stage.operate("databases.backup").result["backup"]
    away.rename(away.with_name("gone"))
    stage.operate("backups.copy", target=None)
    newest = backup_named(late)
    for day in range(1, 30):
        when = now() - timedelta(days=day * 31)
        db.session.add(copied(newest, f"production-{day}", when))
    file_of(backup_named("production-28")).unlink()
    db.session.commit()

    page = client.page("/ops/backups")
    found = section(page, "production").select("tbody tr")
    rows = {row.th.code.get_text(): text(row) for row in found}
    assert "verified" in rows[sent]
    assert "here off-machine" in rows[sent]
    assert "There is no folder" in rows[late]
    assert "Tried once" in rows[late]
    assert "goes next" in rows["production-29"]
    assert "damaged here Its file is missing" in rows["production-28"]
    assert "goes next" not in rows["production-28"]
    facts = text(section(page, "rules"))
    assert "0 3 * * * (UTC), next" in facts
    assert "7 days, 4 weeks, 12 months" in facts
    assert "Goes next" in facts
    assert f"Backup {late} has no copy off this machine" in client.page("/ops").get_text()
    chart = page.select_one("svg[role=img]")
    assert "Size of the last 30 backups" in chart["aria-label"]
    assert len(chart.select("rect")) == 30


def test_the_control_room_is_backed_up_at_a_click(client, app):
    log_in(client, make_account("omar"))
    answer = client.post("/ops/backups", data={"target": "ops", "reason": "before the weekend"})

    assert answer.status_code == 302
    operation = db.session.query(Operation).one()
    assert (operation.kind, operation.arguments["reason"]) == ("backups.ops", "before the weekend")
    assert answer.location.endswith("/ops/backups?database=ops")
    assert "Back up the control room" in client.page(answer.location).get_text()


def test_a_flipped_bit_is_found_and_the_copy_takes_its_place(client, app, away):
    stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    stage.operate("backups.copy", target=None)
    backup = backup_named(name)
    assert backup.purpose == Purpose.ASKED
    damage(file_of(backup), "flipped")

    operation = stage.operate("backups.tidy", target=None)

    assert "1 found damaged" in operation.outcome
    log_in(client, make_account("omar"))
    shown = text(section(client.page("/ops/backups"), "production"))
    assert "damaged here Its file has other content than what was verified." in shown
    assert stage.operate("backups.fetch", target=None, backup=name).is_done
    assert is_whole(backup_named(name))
    assert "damaged" not in text(section(client.page("/ops/backups"), "production"))


def live(uuid: str, serves: list[str], *, ended: bool = False) -> None:
    """A process of production that is live, or was."""
    at, release = now(), f"release-{uuid}"
    db.session.add(
        Lease(uuid=uuid, kind=LeaseKind.WEB, environment="production", release=release,
              serves=serves, host="h", pid=1, started_at=at, renewed_at=at, renewals=1,
              expires_at=at, ended_at=at if ended else None)
    )  # fmt: skip
    db.session.commit()


def test_each_backup_says_whether_the_live_release_can_serve_it(client, app):
    """Before a phrase is asked for; what no process says is unknown, and no filter shows it."""
    stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    other = copied(backup_named(name), "production-other", now() - timedelta(days=2))
    other.database_uuid = "another"
    db.session.add(other)
    db.session.commit()
    log_in(client, make_account("omar"))

    def said(show: str = "") -> dict[str, str]:
        page = client.page(f"/ops/backups?show={show}")
        rows = page.select("table:has(caption) tbody tr")
        return {row.th.code.get_text(): text(row.td) for row in rows}

    assert said()[name] == "unknown Can’t be said: no process is live."
    assert "another database" in said()["production-other"]
    live("old", [stage.LEGACY, "0000"], ended=True)
    live("new", [stage.HEAD])
    assert said()[name] == (
        "incompatible Needs release release-old; release-new, which is live, does not."
    )
    assert said("compatible") == {}
    live("both", [stage.LEGACY, stage.HEAD])
    assert "Needs release release-both; release-new, which is live" in said()[name]
    db.session.delete(db.session.get_one(Lease, "new"))
    db.session.commit()
    assert said() == said("compatible") | {"production-other": said()["production-other"]}
    assert said()[name] == "compatible Release release-both, which is live, serves it."
    assert "compatible Release release-both" in text(client.page(f"/ops/backups/{name}/restore"))


def test_the_first_warning_is_that_there_is_none_then_that_none_is_elsewhere(client, app):
    stage.place(studios=6)
    log_in(client, make_account("omar"))

    def warned() -> list[str]:
        return [each["id"] for each in client.page("/ops/backups").main.select(".notice[id]")]

    [first] = client.page("/ops/backups").main.select(".notice[id]")
    assert "no verified backup of production and the control room" in text(first)
    stage.operate("databases.backup")
    assert warned() == ["no-backup", "only-here"]
    stage.operate("backups.ops", target=None)
    assert warned() == ["only-here"]
    first = client.page("/ops/backups").main.find(["p", "nav", "form", "table"], id=True)
    assert first["id"] == "only-here"  # before tabs, forms and lists
    stage.operate("backups.copy", target=None)
    assert warned() == []


def test_a_backup_of_another_database_is_none_of_the_registered_one(client, app):
    """Its like was left by the production before, at the same name."""
    stage.place(studios=6)
    log_in(client, make_account("ana"))
    stage.operate("databases.backup")
    assert "production" not in text(client.page("/ops/backups").find(id="no-backup"))
    db.session.get_one(RegisteredTarget, "production").database_uuid = "another"
    db.session.commit()
    page = client.page("/ops/backups")
    assert "production and the control room" in text(page.find(id="no-backup"))
    assert "production" not in text(page.find(id="only-here") or page.new_tag("p"))
