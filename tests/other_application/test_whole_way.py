"""A database of another application goes the whole way: adopted, planned, changed, restored."""

from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.changes import tickets
from portal.databases.status.overview import overview_of
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.registry import control_room
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import ANA, OMAR
from tests.other_application.conftest import SUBSCRIBERS, taken_in

NAME = "newsletter/production"
REFUSED = OperationState.REFUSED


def operate(kind, **given):
    return stage.operate(kind, target=NAME, **given)


def done(kind, **given):
    operation = operate(kind, **given)
    assert operation.is_done, operation.outcome
    return operation.result


@pytest.fixture
def directory(app):
    """The directory's own two: whatever happens to the newsletter, they are as they were."""
    targets = [stage.place(name, studios=3) for name in ("development", "production")]
    before = [stage.content(each).digest for each in targets]
    yield
    assert [stage.content(each).digest for each in targets] == before
    assert [stage.revision(each) for each in targets] == [stage.LEGACY] * 2


def test_adopted_rehearsed_changed_verified_restored_and_placed(app, directory, newsletter):
    target = target_named(NAME)
    assert judge(target).state is IdentityState.UNLABELLED
    assert operate("databases.backup").state is REFUSED
    taken_in_by_a_real_control_room()
    before = stage.content(target)

    run = stage.start(target=NAME)
    done("databases.check", run=run)
    backup = done("databases.backup", run=run)["backup"]
    assert backup.startswith("newsletter-production-")
    done("databases.rehearse", run=run)
    assert stage.content(target).digest == before.digest

    ticket = tickets.ticket_of_run(run)
    plan = ticket.plan
    assert [(each["id"], each["phase"]) for each in plan.revisions] == [
        ("n0002", "expand"),
        ("n0003", "contract"),  # it names no phase
    ]
    assert {each["words"] for each in plan.invariants} == {"Nobody is lost", "No delivery is lost"}
    assert plan.counts["after"]["deliveries"] == SUBSCRIBERS
    assert "no-phase" in {each["rule"] for each in plan.findings}
    assert "downgrade" in plan.way_back

    assert operate("databases.migrate", run=run).state is REFUSED
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    tickets.approve(ticket, NAME, by=ANA, logged_in_at=now() + timedelta(seconds=1))
    db.session.commit()
    done("databases.migrate", run=run)
    done("databases.verify", run=run)
    assert stage.revision(target) == "n0003"
    assert stage.content(target).counts["deliveries"] == SUBSCRIBERS  # its parent was rebuilt
    assert overview_of(target).pending == []

    done("databases.restore", by=ANA, backup=backup, text="RESTORE PRODUCTION")
    assert stage.revision(target) == "n0001"
    assert stage.content(target).counts == before.counts

    newsletter.production_file.unlink()
    done("databases.place", by=ANA, backup=backup, text="RESTORE PRODUCTION")
    assert judge(target).fits
    assert stage.content(target).counts == before.counts


def taken_in_by_a_real_control_room():
    """The stage's own directories are a demo's, which takes no stranger in."""
    control_room().is_demo = False
    db.session.commit()
    taken_in(NAME)


def test_development_changes_without_ceremony(development):
    operation = stage.operate("databases.migrate", target=development.name)
    assert operation.is_done, operation.outcome

    assert stage.revision(development) == "n0003"
    assert newest_backup(development.name)
    assert stage.content(development).counts["portal_journal"] == 1


@pytest.mark.parametrize("edited", ["versions/0003_no_nickname.py", "env.py"])
def test_what_was_edited_after_the_approval_is_refused(production, newsletter, edited):
    run = stage.start(target=NAME)
    done("databases.backup", run=run)
    done("databases.rehearse", run=run)
    ticket = tickets.ticket_of_run(run)
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    tickets.approve(ticket, NAME, by=ANA, logged_in_at=now() + timedelta(seconds=1))
    db.session.commit()
    file = newsletter.migrations / edited
    file.write_text(file.read_text() + "# after the fact\n")

    operation = operate("databases.migrate", run=run)
    assert operation.state is REFUSED
    assert "a revision's file was edited" in operation.outcome
    assert stage.revision(production) == "n0001"
