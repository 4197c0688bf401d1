"""What the guard makes of derived tables: their rows are no content, their structure is; an expand
that an old release waits for and this one doesn’t; one plan for all that a legacy one lacks."""

import sqlite3
from contextlib import closing

import pytest

from portal.core.errors import Refused
from portal.core.storage.database import db, site_tables
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.changes.models import Plan
from portal.databases.changes.summary import headline
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.engines.derived import NAMES, forget_derived, is_derived
from portal.databases.migrations.history import FOLDER, History
from portal.databases.policies.drift import require_no_drift
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.targets import readiness
from portal.databases.targets.config import Target
from portal.directory import tasks
from portal.directory.revisions import (
    SERVES,
    WITH_FIGURES,
    WITH_MODERATION,
    WITH_SEARCH,
    WITH_SETS,
)
from portal.jobs.leases.holder import LeaseHolder
from tests.databases import stage
from tests.databases.stage import rehearsed
from tests.databases.test_restore import give_back, take
from tests.directory.derived.conftest import fill
from tests.directory.derived.looking import by_hand, differing, whole
from tests.directory.derived.test_upkeep import review
from tests.support.databases import CONSOLIDATED, HEAD, LEGACY, PENDING, file_of, make_database

FIGURES, INDEX = WITH_FIGURES, WITH_SEARCH
SETS = ["derived_search_sets"]
ADMIN = [name for name in sorted(NAMES) if name.startswith("derived_admin")]
SEARCH = [name for name in sorted(NAMES - set(SETS)) if name.startswith("derived_search")]
OTHERS = sorted(NAMES - {*SEARCH, *SETS, *ADMIN})


def listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def test_their_rows_are_no_content_and_their_structure_is(expanded: Target):
    copier = copier_for(expanded.url)
    empty = copier.content()
    fill(expanded)
    full = copier.content()
    assert full.digest == empty.digest
    assert {name: full.counts[name] for name in NAMES} == dict.fromkeys(NAMES, 0)
    with engine_for(expanded.url).reading() as connection:
        assert not [each for each in engine_for(expanded.url).count_rows(connection)
                    if is_derived(each)]  # fmt: skip
        require_no_drift(expanded)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "by_whom", ["ALTER TABLE derived_ratings ADD COLUMN stars INTEGER", "DROP TABLE derived_counts"]
)
def test_a_change_of_their_structure_is_drift(kept: Target, by_whom: str):
    before = copier_for(kept.url).content()
    with closing(sqlite3.connect(file_of(kept))) as connection:
        connection.execute(by_whom)
    with pytest.raises(Refused, match="derived_"):
        require_no_drift(kept)
    assert copier_for(kept.url).content().digest != before.digest


def test_after_a_restore_they_are_rebuilt(kept: Target, client):
    """The proof of a backup says nothing of rows that it left out."""
    right = client.get("/").text
    by_hand(kept, "UPDATE derived_counts SET studios = 4711 WHERE kind = 'listed'")
    name = take("development")
    by_hand(kept, "UPDATE derived_counts SET studios = 30 WHERE kind = 'listed'")
    db.engine.dispose()

    restored = give_back(name, target="development", text="")

    assert restored.is_done, restored.outcome
    assert whole(kept) == set()
    assert client.get("/").text == right
    fill(kept)
    assert (whole(kept), differing(kept)) == ({"ratings", "counts", "search", "admin"}, {})


def test_somebody_elses_tables_of_these_names_are_left_alone(directory: Target, client):
    """In the revision before, or in a database that is taken in."""
    with engine_for(directory.url).changing(SchemaAccess.SCRATCH) as connection:
        connection.exec_driver_sql("CREATE TABLE derived_state (stars INTEGER)")
        connection.exec_driver_sql("INSERT INTO derived_state VALUES (4711)")
    db.session.rollback()
    review().rating = 1
    db.session.commit()
    assert client.get("/").status_code == 200
    with engine_for(directory.url).changing() as connection:
        forget_derived(connection)
    tasks.fill_what_is_derived()
    with engine_for(directory.url).reading() as connection:
        assert connection.exec_driver_sql("SELECT stars FROM derived_state").scalar() == 4711


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_sync_leaves_their_rows_behind(app):
    production = make_database("production", HEAD, studios=12)
    development = make_database("development", HEAD, studios=6)
    for target in (production, development):
        fill(target)

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    assert (whole(production), whole(development)) == (
        {"ratings", "counts", "search", "admin"},
        set(),
    )
    fill(development)
    assert (whole(development), differing(development)) == (
        {"ratings", "counts", "search", "admin"},
        {},
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_release_before_holds_the_expand_up_and_this_one_does_not(app, settings):
    production = make_database("production", CONSOLIDATED, studios=6)
    old = LeaseHolder(settings.ops_url, "web", "production", [LEGACY, CONSOLIDATED])
    old.renew()
    with pytest.raises(Refused, match=f"can't work with revision {HEAD}: web process"):
        refuse_unless_served(production, HEAD)
    db.session.rollback()
    old.end()
    new = LeaseHolder(settings.ops_url, "web", "production", sorted(SERVES))
    new.renew()
    refuse_unless_served(production, HEAD)
    refuse_unless_served(production, CONSOLIDATED)
    db.session.rollback()
    new.end()


def test_the_release_before_closes_on_the_new_revision_and_writes_nothing(kept: Target, client):
    assert client.get("/").status_code == 200
    readiness.declare(frozenset({CONSOLIDATED}))
    try:
        assert client.get("/").status_code == 503
    finally:
        readiness.declare(SERVES)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_one_plan_carries_the_consolidation_and_what_came_after(app):
    stage.place(studios=6)
    plan = rehearsed()
    ids = [each["id"] for each in plan.revisions]
    assert ids == [each.id for each in PENDING]
    said = headline(plan)
    assert said.startswith("studios (6)")
    assert f"rows in all. {listed(sorted(site_tables()))} are added, empty." in said
    assert said.endswith(
        f"{listed(sorted(NAMES))} are added, and the worker fills them afterwards."
    )
    assert "every row as before" in plan.way_back
    for name in NAMES:
        assert f"{name} (rebuilt)" in plan.way_back


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_expand_alone_is_a_plan_of_its_own(app):
    target = make_database("production", FIGURES, studios=6)
    plan = rehearsed()
    since = History(FOLDER).pending(FIGURES)
    assert [each["id"] for each in plan.revisions] == [each.id for each in since]
    added = [f"{name} (0)" for name in sorted(site_tables())]
    assert headline(plan).startswith(f"{listed(added)} are added;")
    rebuilt = {name: f"{name} (rebuilt)" for name in SEARCH + SETS + ADMIN}
    taken = ", ".join(rebuilt.get(name, name) for name in sorted([*rebuilt, *site_tables()]))
    assert plan.way_back.endswith(f" Tables it removes: {taken}.")
    assert stage.revision(target) == FIGURES


def test_a_plan_the_other_way_names_what_it_drops():
    tables = dict.fromkeys(NAMES, 0)
    plan = Plan(counts={"before": {"users": 3, **tables}, "after": {"users": 3}})
    said = f"{listed(sorted(NAMES))} are dropped: all in them follows from others."
    assert headline(plan).endswith(said)
    made = {WITH_MODERATION: ADMIN, WITH_SETS: SETS, INDEX: SEARCH, FIGURES: OTHERS}
    for number, names in made.items():
        words = History(FOLDER).revision(number).words[-1]
        assert not [name for name in names if f"`{name}`" not in words]
