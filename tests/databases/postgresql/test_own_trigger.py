"""The guard's own trigger: what happened to it is said first, at every door, with the way back."""

import pytest

from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets import database_roles
from portal.databases.targets.registry import control_room
from tests.support.cast import log_in, make_account
from tests.support.commands import run

OTHER = (
    "CREATE OR REPLACE FUNCTION portal_guard() RETURNS trigger LANGUAGE plpgsql"
    " SET search_path = pg_catalog AS 'BEGIN RETURN NULL; END'"
)
RENAMED = "ALTER TRIGGER portal_guard ON alembic_version RENAME TO portal_guard_of_old"
ONLY_INSERTS = (
    "CREATE OR REPLACE TRIGGER portal_guard BEFORE INSERT ON alembic_version"
    " FOR EACH STATEMENT EXECUTE FUNCTION portal_guard()"
)
HANDS = {
    "DROP TRIGGER portal_guard ON alembic_version": "is missing",
    RENAMED: "is missing",
    "ALTER TABLE alembic_version DISABLE TRIGGER portal_guard": "is disabled",
    "ALTER TABLE alembic_version DISABLE TRIGGER ALL": "is disabled",
    "ALTER TABLE alembic_version ENABLE REPLICA TRIGGER portal_guard": "is disabled",
    OTHER: "was replaced by another one",
    ONLY_INSERTS: "was replaced by another one",
}
WAY_OUT = "put it back: flask databases roles production"


def faults(target) -> list[str]:
    with engine_for(target.url).reading() as connection:
        return engine_for(target.url).guard_faults(connection)


def test_every_change_by_hand_is_reported_and_put_back(production, execute):
    execute("ALTER TABLE alembic_version ENABLE TRIGGER portal_guard")
    assert faults(production) == [], "as the release before made it"
    for hand, said in HANDS.items():
        assert faults(production) == [], hand
        execute(hand)
        [found] = faults(production)
        assert f"own trigger on alembic_version {said}" in found, hand
        assert database_roles.renew_rights(production) == []
        if hand == RENAMED:
            execute(
                RENAMED.replace("portal_guard ON", "portal_guard_of_old ON").replace(
                    "TO portal_guard_of_old", "TO portal_guard_of_old2"
                )
            )
            execute("DROP TRIGGER portal_guard_of_old2 ON alembic_version")


def test_a_session_as_a_replica_does_not_pass_it_by(production, execute):
    with pytest.raises(Exception, match="passed Talkback’s guard"):
        execute("SET session_replication_role = replica", "DELETE FROM alembic_version")


def test_check_and_pages_say_it_first(client, settings, production, execute):
    control_room().is_demo = True
    execute("DROP TRIGGER portal_guard ON alembic_version", "CREATE TABLE by_hand (id int)")
    env = {
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "only for tests",
        "PRODUCTION_DATABASE_URL": production.url.render_as_string(hide_password=False),
    }
    db.session.commit()

    checked = run("flask", "databases", "check", env=env)

    assert checked.code == 1
    first, second = (
        checked.said.index(each) for each in ("own trigger on alembic_version", "by_hand was added")
    )
    assert first < second, checked.said
    assert WAY_OUT in checked.said

    log_in(client, make_account("omar"))
    home, page = client.page("/ops").get_text(" ", strip=True), client.page("/ops/databases")
    assert "Production: The guard’s own trigger on alembic_version is missing" in home
    section = page.find(id="production").find_parent("section")
    assert "own trigger on alembic_version is missing" in section.select_one(".notice").get_text()
    assert WAY_OUT in section.select_one(".notice").get_text()
    db.session.rollback()

    put_back = run("flask", "databases", "roles", "production", env=env)

    assert (put_back.code, "is on again" in put_back.out) == (0, True), put_back.said
    assert "own trigger on alembic_version" not in run("flask", "databases", "check", env=env).said
