"""Text outside of rows: what production says in views, triggers and the like never travels."""

import sqlite3
from contextlib import closing

from portal.databases.engines import engine_for
from portal.databases.policies.drift import drift_of
from portal.databases.sync.columns import rules as columns
from portal.databases.sync.results import last_sync
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.databases import prepared_file

SECRET = "Zarina Okonkwo"
BY_HAND = {
    "view said": f"CREATE VIEW said AS SELECT '{SECRET}' AS name",
    "trigger tells": "CREATE TRIGGER tells AFTER INSERT ON reviews BEGIN"
    f" UPDATE users SET display_name = '{SECRET}'; END",
    "trigger loses": "CREATE TRIGGER loses AFTER UPDATE ON users BEGIN DELETE FROM reviews; END",
    "index ix_hers": f"CREATE INDEX ix_hers ON users (id) WHERE display_name = '{SECRET}'",
    "index ix_expression": f"CREATE INDEX ix_expression ON users (id || '{SECRET}')",
    "table users": f"ALTER TABLE users ADD COLUMN avatar_kind TEXT DEFAULT '{SECRET}'",
    "table studios": f"ALTER TABLE studios ADD COLUMN hers AS ('{SECRET}')",
    "table reviews": "ALTER TABLE reviews ADD COLUMN checked TEXT"
    f" CHECK (checked <> '{SECRET}') /* {SECRET} */",
}
LINES = {"users": "avatar_kind", "studios": "hers", "reviews": "checked"}


def classified(columns_file, tmp_path):
    text = columns_file().read_text()
    for table, column in LINES.items():
        text = text.replace(f"[{table}]\n", f'[{table}]\n{column} = "fake: text"\n')
    (tmp_path / "columns.toml").write_text(text)
    return lambda: tmp_path / "columns.toml"


def schema_of(file):
    query = (
        "SELECT type, name, tbl_name, sql FROM sqlite_master"
        " WHERE tbl_name NOT LIKE 'portal%' ORDER BY type, name"
    )
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def test_only_what_its_own_revisions_make_is_in_development(client, both, monkeypatch, tmp_path):
    monkeypatch.setattr(columns, "columns_file", classified(columns.columns_file, tmp_path))
    production, development = map(stage.target_named, ("production", "development"))
    for statement in BY_HAND.values():
        stage.execute(production, statement)

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    assert (
        f"{len(BY_HAND)} objects that its revisions don't make stayed behind" in operation.outcome
    )
    sync = last_sync("development")
    assert sync.left_behind == sorted(BY_HAND)
    log_in(client, make_account("omar"))
    listed = client.page(f"/ops/syncs/{sync.name}").find("h2", string="Left behind")
    assert [each.get_text() for each in listed.find_next("ul")("code")] == sorted(BY_HAND)
    file = stage.file_at(development)
    raw = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    assert SECRET.encode() not in raw
    assert schema_of(file) == schema_of(prepared_file(stage.HEAD, 0)), "as its revisions make it"
    with engine_for(development.url).reading() as connection:
        assert drift_of(development, connection) is None
        assert connection.exec_driver_sql("SELECT count(*) FROM reviews").scalar() > 0
