"""What a restore would take away: numbers, keys and times of the newest, never what they say."""

from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.restores.comparison import as_result, compare
from tests.databases import stage

pytestmark = pytest.mark.usefixtures("app")


def test_new_changed_and_missing_rows_are_counted():
    target = stage.place(studios=6)
    backup = backup_named(stage.operate("databases.backup").result["backup"])
    held = dict(backup.counts)
    later = (now() + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.000000")
    stage.execute(target, "DELETE FROM review_responses")
    columns = "password_hash, role, display_name, email_verified"
    stage.execute(
        target,
        f"INSERT INTO users (email, username, {columns}, created_at, updated_at)"
        f" SELECT 'late@example.com', 'late', {columns}, '{later}', '{later}' FROM users LIMIT 1",
    )
    stage.execute(target, f"UPDATE studios SET updated_at = '{later}' WHERE id = 1")
    stage.execute(target, "CREATE TABLE brand_new (id INTEGER)")

    found = {each.table: each for each in compare(target, backup)}

    assert (found["users"].now, found["users"].then) == (held["users"] + 1, held["users"])
    assert (found["users"].created, found["users"].updated) == (1, 0)
    [newest] = found["users"].newest
    assert newest["at"].startswith(later[:10])
    assert (found["studios"].created, found["studios"].updated) == (0, 1)
    assert (found["review_responses"].now, found["review_responses"].created) == (0, 0)
    assert (found["brand_new"].now, found["brand_new"].then) == (0, 0)
    assert not found["user_profiles"].loses
    assert not [name for name in found if name.startswith("portal_")]
    result = as_result(list(found.values()), backup)
    assert {each["table"] for each in result["tables"]} == {"users", "studios", "review_responses"}
    assert "late@example.com" not in str(result)
