"""The list of columns: it covers every revision, and what it lacks stops the sync by its name."""

import pytest

from portal.core.errors import Refused
from portal.databases.backups.catalogue.find import backups
from portal.databases.engines import engine_for
from portal.databases.migrations.history import FOLDER, History
from portal.databases.sync.batches import shape_of
from portal.databases.sync.columns import rules as columns
from portal.databases.sync.columns.copied import travelling_tables
from portal.databases.sync.columns.kept_values import IdRule, WordRule, ZoneRule
from portal.databases.sync.columns.rules import (
    Treatment,
    is_left_behind,
    load_rules,
    present_columns,
    rule_of,
    unlisted,
)
from tests.databases import stage
from tests.support.databases import prepared_file, url_of

KEPT_APART = {"email", "username", "url"}
"""Kinds of which two values never get the same fake."""
TRAVEL_OR_STAY = {Treatment.KEEP, Treatment.LEAVE}


def at(revision: str):
    engine = engine_for(url_of(prepared_file(revision, 0)))
    with engine.reading() as connection:
        present = present_columns(engine, connection)
        return present, {name: shape_of(connection, name) for name in present}


def test_every_column_of_every_revision_is_listed_and_no_other():
    rules, everything = load_rules(), {}
    for script in History(FOLDER).scripts().walk_revisions():
        present, shapes = at(script.revision)
        missing = unlisted(present, rules)
        assert missing == [], "say in migrations/directory/columns.toml what the sync makes of them"
        for table, names in present.items():
            everything.setdefault(table, []).extend(names)
            for unique in shapes[table].unique:
                rule = rule_of(rules, table, unique)
                assert rule.kind in KEPT_APART or rule.treatment in TRAVEL_OR_STAY, (
                    f"{table}.{unique}"
                )
    for table, lines in rules.items():
        if is_left_behind(rules, table):
            assert table in everything
        else:
            assert set(lines) <= set(everything.get(table, ()))


def test_every_line_can_be_followed_at_every_revision():
    """Such as an id, which is kept in a key alone."""
    rules, ids = load_rules(), 0
    for script in History(FOLDER).scripts().walk_revisions():
        engine = engine_for(url_of(prepared_file(script.revision, 0)))
        with engine.reading() as connection:
            present = present_columns(engine, connection)
            found = travelling_tables(connection, list(present), present, rules)
        travels = [each for each in present if not is_left_behind(rules, each)]
        assert [each.words for each in found] == travels
        ids += sum(isinstance(rule.keeps, IdRule) for each in found for rule in each.rules.values())
    assert ids > 30


def test_a_text_is_never_just_kept():
    """Somebody's name could stand in it: it is faked, blank, or one of so many words."""
    rules = load_rules()
    for script in History(FOLDER).scripts().walk_revisions():
        _, shapes = at(script.revision)
        for table, shape in shapes.items():
            for name, facts in shape.columns.items():
                rule = rule_of(rules, table, name)
                if facts["type"].python_type is str:
                    is_listed = isinstance(rule.keeps, WordRule | ZoneRule)
                    assert not rule.is_kept or is_listed, f"{table}.{name}"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE users ADD COLUMN nickname TEXT", "users.nickname"),
        ("CREATE TABLE newsletter (email TEXT)", "newsletter"),
    ],
)
def test_an_unclassified_column_stops_the_sync_by_its_name(both, audited, statement, named):
    development = stage.target_named("development")
    before = stage.content(development)
    stage.execute(stage.target_named("production"), statement)

    operation = stage.operate("databases.sync", target="development")

    assert operation.state == "refused"
    assert f"no rule for {named}; nothing was synced" in operation.outcome
    assert "columns.toml" in operation.outcome
    assert stage.content(development) == before
    assert ("sync.started", "refused", "development") in audited()
    assert backups("development") == [], "not even a backup was begun"


@pytest.mark.parametrize("line", ["fake: horoscope", "kept", "blank: yes", "1"])
def test_a_line_that_says_nothing_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "columns.toml").write_text(f'[users]\nemail = "{line}"\n')
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")

    with pytest.raises(Refused, match=r"of users\.email, which is neither keep, blank nor fake"):
        load_rules()


@pytest.mark.parametrize("line", ["keep", "keep:", "keep: 9..1", f"keep: {'x' * 41}", "keep: a,"])
def test_a_line_that_keeps_whatever_comes_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "columns.toml").write_text(f'[users]\nrole = "{line}"\n')
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")

    with pytest.raises(
        Refused, match=r"keeps users\.role and does not say which values are allowed"
    ):
        load_rules()


def test_a_file_that_can_not_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "columns.toml").write_text("[users\n")
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")

    with pytest.raises(Refused, match=r"columns\.toml can't be read"):
        load_rules()
