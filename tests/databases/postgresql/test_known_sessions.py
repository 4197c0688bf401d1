"""A permanent session of a monitor is declared known, by its role; nobody else's is."""

from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Refused
from portal.core.storage.database import db
from portal.databases.sessions.known import declare_known
from portal.databases.sessions.models import KnownSession
from portal.databases.sessions.strangers import refuse_strangers
from portal.databases.status.check import check_targets
from portal.databases.targets.adoption import adopt
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, dsn, superuser
from tests.databases.stage import ANA
from tests.support.cast import log_in, make_account
from tests.support.pages import words

PLACE = "/ops/databases/production/known-sessions"


@pytest.fixture
def monitor(production, database, execute):
    role = f"{database}_monitor"
    superuser(f"CREATE ROLE {role} LOGIN")
    execute(f"GRANT CONNECT ON DATABASE {database} TO {role}", f"GRANT SELECT ON studios TO {role}")
    control_room().is_demo = True
    stage.make_known(production)
    yield role
    execute(f"DROP OWNED BY {role}")
    superuser(f"DROP ROLE {role}")


@contextmanager
def session(database: str, role: str, name: str = "prometheus"):
    with psycopg.connect(dsn(database, role), application_name=name, autocommit=True) as opened:
        yield opened


def refusal(target) -> str:
    db.session.rollback()
    try:
        refuse_strangers(target)
    except Refused as refused:
        return str(refused)
    finally:
        db.session.rollback()
    return ""


def test_it_covers_its_role_while_it_only_reads_and_no_other(
    production, database, monitor, execute, client
):
    log_in(client, make_account("ana"))
    with session(database, monitor) as watching:
        assert f"“prometheus” of {monitor}" in refusal(production)
        page = client.page("/ops/databases")
        assert f"Declare sessions of {monitor} known" in words(page)
        form = page.select_one(f"form[action='{PLACE}']")
        assert form.select_one("[name=role]")["value"] == monitor
        answer = client.post(
            PLACE, data={"role": monitor, "reason": "Prometheus asks each minute."}
        )
        assert answer.location.endswith("/ops/databases?database=production#production-sessions")

        assert refusal(production) == ""
        page = words(client.page("/ops/databases"))
        assert "by Ana: Prometheus asks each minute." in page
        db.session.rollback()
        [checked] = [each for each in check_targets() if each.name == "production"]
        assert f"Sessions of {monitor} are declared known by Ana" in " ".join(checked.notes)

        with session(database, "postgres", "psql"):
            assert "“psql” of postgres" in refusal(production)
        with session(database, monitor, "talkback old away:7"):
            assert "“talkback old away:7”" in refusal(production), "an old release is no monitor"
        with watching.transaction():
            watching.execute("SELECT count(*) FROM studios")
            assert refusal(production) == ""
        execute(f"GRANT UPDATE (name) ON studios TO {monitor}")
        assert monitor in refusal(production), "what may write is not known, idle or not"
        with watching.transaction():
            watching.execute("UPDATE studios SET name = name WHERE id = 1")
            assert "which locks studios for writing" in refusal(production)
        execute(f"REVOKE UPDATE (name) ON studios FROM {monitor}")
        assert refusal(production) == ""

        number = db.session.scalars(select(KnownSession.id)).one()
        db.session.rollback()
        client.post(f"{PLACE}/{number}/end")
        assert monitor in refusal(production)
    taken = select(AuditEntry.action).where(AuditEntry.action.like("session.%known%"))
    assert list(db.session.scalars(taken)) == ["session.declared-known", "session.known-ended"]


def test_what_is_refused_comes_back_with_what_was_typed(production, monitor, execute, client):
    log_in(client, make_account("ana"))
    for role, reason, sentence in (
        (WORKER, "It is ours.", "the role of this product’s own processes"),
        (monitor, "", "Say why; it is kept."),
        ("", "A monitor.", "Name the role."),
        ("x" * 64, "A monitor.", "Keep it below 63 characters."),
    ):
        answer = client.post(PLACE, data={"role": role, "reason": reason})
        assert answer.status_code == 422
        assert sentence.replace("’", "'") in answer.text.replace("&#39;", "'").replace("’", "'")
        assert role in answer.text
        assert reason in answer.text
    db.session.rollback()
    assert db.session.scalars(select(KnownSession)).all() == []
    execute(f"GRANT INSERT ON reviews TO {monitor}")
    answer = client.post(PLACE, data={"role": monitor, "reason": "A monitor."})
    assert answer.status_code == 422
    assert f"{monitor} may write to production" in answer.text
    db.session.rollback()
    assert db.session.scalars(select(KnownSession)).all() == []
    execute(f"REVOKE INSERT ON reviews FROM {monitor}")
    log_in(client, make_account("omar"))
    data = {"role": monitor, "reason": "A monitor."}
    assert client.post(PLACE, data=data).status_code == 403


def test_an_adoption_ends_it_and_a_change_holds_it(production, database, monitor):
    declare_known(production, monitor, reason="A monitor.", by=ANA)
    with pytest.raises(Conflict, match="declared known already"):
        declare_known(production, monitor, reason="Twice.", by=ANA)
    db.session.delete(db.session.get_one(RegisteredTarget, "production"))
    db.session.commit()
    adopt(production, phrase="ADOPT PRODUCTION", reason="It was lost.", by=ANA)
    [ended] = db.session.scalars(select(KnownSession))
    assert (ended.ended_by, ended.ended_because) == ("ana", "production was adopted.")
    db.session.commit()
    with session(database, monitor):
        assert monitor in refusal(production)


def test_a_change_goes_on_beside_a_known_session(production, database, monitor):
    declare_known(production, monitor, reason="A monitor.", by=ANA)
    db.session.commit()
    with session(database, monitor):
        ticket = stage.approved(stage.start())
        ended = stage.operate("databases.migrate", run=ticket.run)
    assert ended.is_done, ended.outcome
