"""What raises the version, of which pages, and what never does."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import Column, Integer, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.storage.database import DirectoryModel, db
from portal.databases.engines.beside import portal_versions
from portal.databases.public_version import version
from portal.directory.models import (
    Review,
    ReviewStatus,
    Service,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStatus,
    User,
)
from tests.directory.pages.studios import PICTURE, make_review, make_studio
from tests.support.alembic import engine_for
from tests.web.kept.conftest import Visitor, by_hand

ALL, QUIET, OAK = {"home", "quiet", "oak"}, {"home", "quiet"}, {"home", "oak"}


def numbers(site) -> dict[int, int]:
    with Session(db.engine) as session:
        summed = func.sum(portal_versions.c.number)
        found = session.execute(
            select(portal_versions.c.scope, summed).group_by(portal_versions.c.scope)
        )
        return {scope: int(number) for scope, number in found}


def edit(site):
    db.session.get_one(StudioProfile, site.quiet.id).about = "Edited"


def hide(site):
    db.session.get_one(StudioProfile, site.quiet.id).status = StudioStatus.INACTIVE


def review(site):
    make_review(db.session.get_one(StudioProfile, site.quiet.id), "Fine room.")


def approve(site):
    db.session.scalars(select(Review)).first().status = ReviewStatus.REJECTED


def add_image(site):
    db.session.add(StudioImage(studio_id=site.quiet.id, image_url=PICTURE))


def add_service(site):
    db.session.add(StudioService(studio_id=site.quiet.id, service=Service.ZOOM))


def by_statement(site):
    of = StudioProfile.id == site.quiet.id
    db.session.execute(update(StudioProfile).where(of).values(about="In bulk"))


def by_text(site):
    db.session.execute(text("UPDATE studio_profiles SET about = 'As text'"))


def rename_a_person(site):
    db.session.get_one(User, site.quiet.user_id).display_name = "Somebody Else"


def delete(site):
    db.session.delete(db.session.get_one(StudioProfile, site.quiet.id))


def make_one_more(site):
    make_studio("A third")


def move_a_review(site):
    db.session.scalars(select(Review)).first().studio_id = site.oak.id


def move_a_review_never_asked_where_from(site):
    found, there = db.session.scalars(select(Review)).first(), site.oak.id
    db.session.commit()
    found.studio_id = there


@pytest.mark.parametrize(
    ("change", "dropped"),
    [
        (edit, QUIET),
        (hide, QUIET),
        (approve, QUIET),
        (add_image, QUIET),
        (add_service, QUIET),
        (by_statement, ALL),
        (by_text, ALL),
        (rename_a_person, ALL),
        (delete, QUIET),
        (move_a_review, ALL),
        (move_a_review_never_asked_where_from, ALL),
        (review, ALL),  # its author is new, and a person may stand on any page
        (make_one_more, ALL),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_each_kind_of_change_is_seen_at_once(site, change, dropped):
    """A page of another studio stays: its number did not move."""
    site.keep(*site.addresses.values())
    before = {name: site.client.get(path).data for name, path in site.addresses.items()}
    change(site)
    db.session.commit()
    assert ALL - site.kept() == dropped
    with_doubt = {"Cookie": "a=b"}
    for name, path in site.addresses.items() if change is not delete else ():
        now, anew = site.client.get(path), site.client.get(path, headers=with_doubt)
        assert now.data == anew.data
        if name not in dropped:
            assert now.data == before[name]


def test_a_change_that_was_rolled_back_raises_nothing(site):
    site.keep(*site.addresses.values())
    edit(site)
    db.session.flush()
    db.session.rollback()
    assert site.kept() == ALL


def test_nothing_is_raised_by_what_changes_nothing(site):
    site.keep("/")
    before = numbers(site)
    db.session.get_one(StudioProfile, site.quiet.id).about = "First words"
    db.session.scalars(select(StudioProfile)).all()
    db.session.commit()
    assert numbers(site) == before


def test_what_comes_after_a_flush_that_failed_is_not_forgotten(site):
    """In a savepoint, as whoever tries an insert does it."""
    site.keep(*site.addresses.values())
    twin = db.session.get_one(User, site.quiet.user_id).email
    person = User(email=twin, username=uuid4().hex, display_name="Twin", password_hash="x")
    savepoint = db.session.begin_nested()
    db.session.add(person)
    with pytest.raises(IntegrityError):
        db.session.flush()
    savepoint.rollback()
    by_text(site)
    db.session.commit()
    assert b"As text" in site.client.get(site.addresses["oak"]).data


def test_counters_and_drained_events_raise_nothing_and_drop_nothing(site):
    """A table of counters that says so; on SQLite, which tells of any commit, it is announced."""
    site.keep(*site.addresses.values())
    counters = Table(
        "counters_of_a_test",
        DirectoryModel.metadata,
        Column("number", Integer),
        info={"unseen": True},
    )
    engine = engine_for(site.target.url)
    try:
        counters.create(engine)
        site.keep(*site.addresses.values())
        before = numbers(site)
        for number in range(3):
            db.session.execute(insert(counters).values(number=number))
            db.session.commit()
            assert site.kept() == ALL
        after = numbers(site)
        assert after.pop(version.UNSEEN) > 0
        before.pop(version.UNSEEN, None)
        assert after == before
    finally:
        DirectoryModel.metadata.remove(counters)
        engine.dispose()


def test_a_service_may_raise_it_itself(site):
    site.keep(*site.addresses.values())
    with db.engine.begin() as connection:
        version.raise_version(connection, site.oak.id)
    assert ALL - site.kept() == OAK
    site.keep(*site.addresses.values())
    with db.engine.begin() as connection:
        version.raise_version(connection)
    assert site.kept() == set()


def test_two_processes_see_each_others_changes(site):
    """The other one has a store and a connection of its own."""
    from portal.app import create_app  # noqa: PLC0415 — the other process

    other = create_app(site.app.extensions["portal.settings"])
    other.testing = True
    other.test_client_class = Visitor
    visitor = other.test_client()
    path = site.addresses["quiet"]
    site.keep(path)
    visitor.get(path)
    edit(site)
    db.session.commit()
    assert b"Edited" in visitor.get(path).data
    assert b"Edited" in site.client.get(path).data
    with other.app_context():
        row = db.session.get_one(StudioProfile, site.quiet.id)
        row.about = "Edited there"
        db.session.commit()
    assert b"Edited there" in site.client.get(path).data
    with other.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_writers_do_not_wait_for_each_other(site):
    """Each holds its number until it commits; the numbers are summed."""
    before = numbers(site)[version.LISTS]
    with db.engine.connect() as one, db.engine.connect() as other, db.engine.connect() as third:
        done = threading.Event()

        def write() -> None:
            with site.app.app_context():
                version.raise_version(other, site.quiet.id)
                version.raise_version(third, site.quiet.id)
            done.set()

        version.raise_version(one, site.quiet.id)
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        assert done.wait(10), "one waits for another's number"
        writer.join()
        for each in (third, one, other):
            each.commit()
    assert numbers(site)[version.LISTS] == before + 3
    with db.engine.begin() as connection:
        version.raise_version(connection, site.quiet.id)
    assert numbers(site)[version.LISTS] == before + 4
    with db.engine.connect() as connection:
        rows = connection.execute(
            select(func.count()).where(portal_versions.c.scope == version.LISTS)
        )
        assert rows.scalar_one() == 3, "as many rows as ever wrote at once"


def test_several_statements_at_once_are_seen(site):
    if site.target.url.get_backend_name() != "postgresql":
        pytest.skip("SQLite's driver takes one at a time")
    site.keep(*site.addresses.values())
    db.session.connection().exec_driver_sql(
        "SELECT 1; UPDATE studio_profiles SET about = 'Behind a read'"
    )
    db.session.commit()
    assert b"Behind a read" in site.client.get(site.addresses["oak"]).data


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_role_without_rights_on_the_numbers_can_still_change_what_it_may(site):
    role = f"r{uuid4().hex[:8]}"
    by_hand(
        site,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE INSERT ON portal_versions FROM {role}",
    )
    try:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
            version.raise_version(connection, site.quiet.id)
        with db.engine.begin() as connection:
            before = version.has_versions(connection)
        assert before
    finally:
        db.session.remove()
        db.engine.dispose()
        by_hand(site, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
