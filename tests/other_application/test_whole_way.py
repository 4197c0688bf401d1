"""A database of another application goes the whole way: adopted, planned, changed, restored."""

from datetime import timedelta

from portal.core.clock import now
from portal.core.database import db
from portal.databases import approvals
from portal.databases.adoption import adopt
from portal.databases.backup import newest_backup
from portal.databases.identity import Standing, judge
from portal.databases.overview import overview_of
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import ANA, OMAR

NAME = "newsletter/production"


def operate(kind, **given):
    return stage.operate(kind, target=NAME, **given)


def test_from_adoption_to_restore(app, newsletter):
    target = newsletter.production
    assert judge(target).standing is Standing.UNLABELLED
    assert operate("databases.backup").state is OperationState.REFUSED

    adopt(target, phrase="ADOPT NEWSLETTER/PRODUCTION", reason="It is theirs", by=ANA)
    before = stage.content(target)
    assert [each.id for each in overview_of(target).pending] == ["n0002", "n0003"]

    run = stage.start(target=NAME)
    assert operate("databases.backup", run=run).is_done
    operation = operate("databases.rehearse", run=run)
    assert operation.is_done, operation.outcome
    ticket = approvals.ticket_of_run(run)
    assert [each["phase"] for each in ticket.plan.revisions] == ["expand", "contract"]
    assert [each["words"] for each in ticket.plan.invariants] == [
        "Nobody is lost",
        "No delivery is lost",
    ]
    assert stage.content(target).digest == before.digest

    assert operate("databases.migrate", run=run).state is OperationState.REFUSED
    approvals.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    approvals.approve(ticket, NAME, by=ANA, logged_in_at=now() + timedelta(seconds=1))
    db.session.commit()
    operation = operate("databases.migrate", run=run)
    assert operation.is_done, operation.outcome
    assert stage.revision(target) == "n0003"
    assert stage.content(target).counts["deliveries"] == 40
    assert operate("databases.verify", run=run).is_done
    assert not overview_of(target).pending
    assert operate("databases.migrate", run=run).state is not OperationState.DONE

    backup = newest_backup(NAME, run=run)
    assert backup.name.startswith("newsletter-production-")
    restored = operate("databases.restore", by=ANA, backup=backup.name, text="RESTORE PRODUCTION")
    assert restored.is_done, restored.outcome
    assert stage.revision(target) == "n0001"
    assert stage.content(target).counts == before.counts
