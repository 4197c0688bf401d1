"""Whatever is asked of the log, its answer is that of reading every entry, at a bounded cost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select

from portal.audit.models import AuditEntry, AuditPersonal, Outcome, Personal
from portal.audit.reading import find as finding
from portal.audit.reading.find import Filters, find_entries
from portal.audit.reading.indexes import MOST_VALUES
from portal.audit.reading.queries import actions, chain_state
from portal.core.storage.database import db
from tests.audit.conftest import without_triggers
from tests.support.trials import examples

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = ("backup.taken", "backup.removed", "email.sent", "login.succeeded", "50%_off")
NAMES = ("Ana", "Omar", "ömer", None)
TARGETS = ("production", "development", None)
ENTRIES = 300


def at(seq: int) -> datetime:
    """A clock that goes back an hour in the middle."""
    return BEGAN + timedelta(minutes=seq) - timedelta(hours=seq > ENTRIES / 2)


@pytest.fixture
def long_log(app, raw, monkeypatch):
    monkeypatch.setattr(finding, "LOOKED_AT", 40)
    entries = [
        {
            "seq": seq,
            "canonical": "{}",
            "leaf": "",
            "chain": "",
            "at": at(seq),
            "actor_role": ("ops", "admin")[seq % 2],
            "action": ACTIONS[min(seq * 7 % 11, 4)],
            "outcome": list(Outcome)[seq * 5 % 7 % 4],
            "target": TARGETS[seq * 3 % 8 % 3],
        }
        for seq in range(1, ENTRIES + 1)
    ]
    named = [
        {"seq": seq, "field": Personal.NAME, "salt": b"", "value": name}
        for seq in range(1, ENTRIES + 1)
        if (name := NAMES[seq * 3 % 5 % 4])
    ]
    with without_triggers(raw):
        db.session.execute(insert(AuditEntry), entries)
        db.session.execute(insert(AuditPersonal), named)
        db.session.commit()


def naive(filters: Filters) -> list[int]:
    """Every entry read, and asked one question after the other."""
    names = {
        row.seq: row.value
        for row in db.session.scalars(select(AuditPersonal))
        if row.field is Personal.NAME
    }
    found = [e for e in db.session.scalars(select(AuditEntry)) if fits(filters, e, names)]
    key = (lambda e: (e.at, e.seq)) if filters.since or filters.until else (lambda e: e.seq)
    return [e.seq for e in sorted(found, key=key, reverse=True)]


def fits(filters: Filters, entry: AuditEntry, names: dict[int, str]) -> bool:
    who, asked = names.get(entry.seq, ""), (filters.actor or "").lower()
    return (
        (not asked or asked in who.lower() or asked == entry.actor_role)
        and (filters.action or "").lower() in entry.action
        and (not filters.target or filters.target.lower() in (entry.target or ""))
        and filters.outcome in (None, entry.outcome)
        and (filters.since is None or entry.at >= filters.since)
        and (filters.until is None or entry.at <= filters.until)
    )


def pages(filters: Filters) -> Iterator[list[int]]:
    """Page by page as the view does it, until nothing older is offered."""
    before = None
    for _ in range(ENTRIES):
        found = find_entries(filters, before=before, limit=11)
        seqs = [entry.seq for entry in found.entries]
        yield seqs[:10]
        before = seqs[9] if len(seqs) > 10 else found.looked_to
        if before is None:
            return
    raise AssertionError("it never ends")


moments = st.none() | st.integers(-10, ENTRIES + 10).map(lambda n: BEGAN + timedelta(minutes=n))


@hypothesis_settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.builds(
        Filters,
        actor=st.sampled_from([None, "omar", "A", "ops", "ADMIN", "m", "nobody"]),
        action=st.sampled_from([None, "backup", ".", "%", "_", "email.sent", "LOGIN", "x"]),
        target=st.sampled_from([None, "PROD", "o", "development", "%"]),
        outcome=st.none() | st.sampled_from(list(Outcome)),
        since=moments,
        until=moments,
    )
)
def test_page_by_page_it_is_what_reading_every_entry_finds(long_log, filters):
    assert [seq for page in pages(filters) for seq in page] == naive(filters)


def test_only_what_came_after_is_newer(long_log):
    newer = find_entries(Filters(action="backup"), after=280, limit=50).entries
    assert [e.seq for e in newer] == [s for s in naive(Filters(action="backup")) if s > 280]


@pytest.mark.parametrize("before", [0, -1, 1])
@pytest.mark.parametrize("asked", [Filters(), Filters(action="backup"), Filters(until=at(9))])
def test_nothing_comes_before_the_first_entry(long_log, monkeypatch, before, asked):
    """Also where one filter fits more entries than are looked at."""
    monkeypatch.setattr(finding, "LOOKED_AT", 5)
    assert find_entries(asked, before=before, limit=11).entries == []


def test_words_that_hundreds_of_values_hold_are_looked_for_among_the_newest(long_log, raw):
    """More different targets than there are ways to go by."""
    with without_triggers(raw):
        raw.execute("UPDATE audit SET target = 'studio ' || seq")
    asked = Filters(target="studio")
    assert len(naive(asked)) > MOST_VALUES
    assert [seq for page in pages(asked) for seq in page] == naive(asked)


def test_the_known_actions_and_the_state_are_read_without_a_scan(long_log):
    """Each statement of the log's page goes by an index: SQLite's own plan says so."""
    said: list[tuple[str, object]] = []
    engine = db.engines["ops"]

    def hear(_c, _cursor, statement, parameters, *_more):
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        assert actions() == sorted(ACTIONS)
        chain_state()
        for filters in (
            Filters(),
            Filters(action="backup"),
            Filters(actor="omar"),
            Filters(outcome=Outcome.DONE),
            Filters(target="production", action="email.sent"),
            Filters(until=BEGAN + timedelta(minutes=50)),
            Filters(since=BEGAN + timedelta(minutes=50), actor="ana"),
        ):
            find_entries(filters, limit=10)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
        db.session.rollback()
    assert len(said) > 12
    with engine.connect() as connection:
        for statement, parameters in said:
            if statement.startswith(("SELECT", "WITH")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                scans = [row[3] for row in plan if row[3] in {"SCAN audit", "SCAN audit_personal"}]
                assert not scans or "LIMIT" in statement, statement
