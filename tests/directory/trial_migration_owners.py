"""The tables of accounts and owners: the revision makes what the models say, its downgrade leaves
what people wrote, and its upgrade goes on with that."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.clock import now
from portal.core.storage.database import DirectoryModel, moderation_tables, site_tables
from portal.databases.engines.copies import copier_for
from portal.databases.engines.derived import is_derived
from portal.directory.claims.models import Claim, ClaimState, Origin, StudioRestriction
from portal.directory.history.models import Batch, Change, ChangedBy, Subject
from portal.directory.models import (
    Review,
    Service,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from portal.directory.owners.models import PictureFile, SiteMessage, StudioDetails, StudioHours
from portal.directory.reports.models import PictureCheck, Report, ReportAbout
from portal.directory.reviews.models import OwnReview, ReviewRecord
from portal.directory.users.models import SiteAccount
from tests.directory.rows import contents, schema
from tests.support.alembic import LEGACY, downgrade, revision_module, upgrade

OWNERS, MODERATION, BEFORE = "c4a8e1b7f390", "f7b2d90c6a41", "e7c2b95f0d14"
TABLES = site_tables()
WRITTEN = {
    *("site_accounts", "site_messages", "studio_details", "studio_hours", "picture_files"),
    *moderation_tables(),
}
NEW_PERSON = "petra@example.org"


def made(engine: Engine, names: frozenset[str] = TABLES) -> dict[str, object]:
    return {name: each for name, each in schema(engine).items() if name in names}


def test_it_makes_what_the_models_say(empty):
    upgrade(empty)
    by_revision = made(empty)
    tables = [DirectoryModel.metadata.tables[name] for name in sorted(TABLES)]
    with empty.begin() as connection:
        DirectoryModel.metadata.drop_all(connection, tables)
        DirectoryModel.metadata.create_all(connection, tables)
    assert set(by_revision) == TABLES
    assert by_revision == made(empty)


def write(engine: Engine) -> None:
    """As an owner does, and somebody new, who signed up here and published a studio."""
    with Session(engine) as session:
        ben = session.get_one(StudioProfile, 1)
        ben.name, ben.about, ben.rate_tier_2 = "Renamed Room", "Söundproof\n\n'quoted'", 120
        ben.connection12 = ben.show_phone = True
        ben.services.append(StudioService(service=_unused(ben)))
        ben.images.append(StudioImage(image_url="/images/0f0f.webp", alt_text="", sort_order=9))
        petra = User(email=NEW_PERSON, username="petra", display_name="Petra", password_hash="-")
        petra.studio = StudioProfile(
            name="Petra's", last_name="Novák", phone="", city="Brno", latitude=49.2, longitude=16.6,
            status=StudioStatus.ACTIVE, is_profile_visible=True, equipment_list="U 87\nSM7B",
            types=[StudioStudioType(studio_type=StudioType.PODCAST)],
        )  # fmt: skip
        session.add(petra)
        session.flush()
        session.add(
            Review(studio_id=petra.studio.id, reviewer_id=ben.user_id, owner_id=petra.id,
                   rating=5, content="Fine.")
        )  # fmt: skip
        for user, zone in ((ben.user_id, "Europe/London"), (petra.id, "Europe/Prague")):
            session.add_all(
                [
                    SiteAccount(user_id=user, password_set_at=now()),
                    StudioDetails(user_id=user, zone=zone, hours_note="Ring twice"),
                    StudioHours(user_id=user, weekday=0, opens=540, closes=1080),
                    StudioHours(user_id=user, weekday=6, opens=0, closes=1440),
                ]
            )
        session.add(
            SiteMessage(id="m", user_id=petra.id, studio_number=petra.studio.id, sender_name="Vi",
                        sender_email="vi@example.org", body="Hello")
        )  # fmt: skip
        session.add(PictureFile(name="0f0f.webp", width=960, height=640, bytes=1))
        session.add_all(moderated(ben, petra))
        finish_drafts(session)
        session.commit()


def moderated(ben: StudioProfile, petra: User) -> list[object]:
    """A row of each of the later tables, as people and staff leave them."""
    placeholder = User(
        email="imported-1@placeholder.invalid", username="imported-1", display_name="Barn",
        password_hash="!imported",
    )  # fmt: skip
    placeholder.studio = StudioProfile(name="Barn", city="Hull", short_about="A barn.")
    at, number = now(), ben.id
    whose = {"user_id": petra.id, "studio_number": number}
    return [
        placeholder,
        OwnReview(**whose, submitted_at=at, new_rating=2, new_content="“Lö”"),
        ReviewRecord(id="r", **whose, studio_name="Gone", rating=3, content="Was here", status="-",
                     written_at=at),
        Origin(user_id=ben.user_id, studio_number=number, key="k", email="k@example.org",
               fingerprint="f"),
        Claim(id="c", **whose, open_studio=number, state=ClaimState.WAITING, expires_at=at,
              former={"draft": None}),
        StudioRestriction(user_id=petra.id, hidden_at=at, because="Why", former={"status": "x"}),
        Report(id="p", about=ReportAbout.STUDIO, **whose, problem="wrong", body="It is a bakery"),
        PictureCheck(id="k", user_id=petra.id, image_number=1),
        Batch(id="b", action="hide", details={"count": 1}, numbers=[number], refused={"7": "No"},
              by_number=1, by_name="Ana"),
        Change(id="h", batch_id="b", subject=Subject.STUDIO, number=str(number), **whose,
               action="studio.hidden", by=ChangedBy.STAFF, by_number=1, by_name="Ana",
               before={"status": "active"}, after={"status": "inactive"}),
    ]  # fmt: skip


def finish_drafts(session: Session) -> None:
    """Studios that the consolidation made of profiles alone: one published, one with a picture, one
    with a name and a city."""
    drafts = select(StudioProfile).where(StudioProfile.status == StudioStatus.DRAFT)
    published, pictured, renamed = session.scalars(drafts.order_by(StudioProfile.id).limit(3))
    published.status, published.is_profile_visible = StudioStatus.ACTIVE, True
    pictured.images.append(StudioImage(image_url="/images/0a0a.webp", alt_text="The booth"))
    renamed.name, renamed.city = "A name at last", "Hull"


def _unused(studio: StudioProfile) -> Service:
    return next(each for each in Service if each not in {one.service for one in studio.services})


def digests(engine: Engine) -> dict[str, str]:
    """Of each table of content; the archives are made anew by each consolidation."""
    found = copier_for(engine.url).content().digests
    return {
        name: digest
        for name, digest in found.items()
        if not is_derived(name) and not name.startswith(("legacy_", "alembic_"))
    }


def test_what_owners_wrote_survives_the_way_to_the_legacy_schema_and_forward_again(demo):
    """Legacy rows, consolidated, edited, back to the release before, and consolidated again."""
    upgrade(demo)
    write(demo)
    before, rows = digests(demo), contents(demo)
    assert {name for name in TABLES if rows[name]} == WRITTEN

    downgrade(demo, LEGACY)

    there = contents(demo)
    assert {name for name in there if name in TABLES} == WRITTEN, "those with rows"
    assert {name: there[name] for name in WRITTEN} == {name: rows[name] for name in WRITTEN}
    with demo.begin() as connection:
        for name in WRITTEN:
            assert connection.execute(text(f"SELECT 1 FROM {name}")).first()
        listed = "SELECT name FROM studios WHERE name IN ('Renamed Room', 'Petra''s')"
        assert len(connection.execute(text(listed)).all()) == 2, "and the release before shows it"

    upgrade(demo)

    assert digests(demo) == before
    assert made(demo).keys() == TABLES


def test_nothing_is_left_where_nobody_wrote(demo):
    upgrade(demo, BEFORE)
    tables = schema(demo)
    upgrade(demo)
    downgrade(demo, BEFORE)
    assert schema(demo) == tables


IN_THE_WAY = {
    "CREATE TABLE site_accounts (id INTEGER)": "site_accounts",
    "CREATE TABLE site_changes (id INTEGER)": "site_changes",
    "CREATE TABLE picture_files (name INTEGER, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, created_at TIMESTAMP NOT NULL)": "picture_files",
}


@pytest.mark.parametrize("statement", IN_THE_WAY)
def test_a_table_with_other_columns_is_named_and_nothing_is_changed(legacy, statement):
    upgrade(legacy, BEFORE)
    with legacy.begin() as connection:
        connection.execute(text(statement))
    rows, tables = contents(legacy), schema(legacy)

    with pytest.raises(RuntimeError) as caught:
        upgrade(legacy)

    name, rest = IN_THE_WAY[statement], "Rename it, or drop it if nobody needs it."
    assert caught.value.reasons == [f"There is a table named {name} with other columns. {rest}"]
    assert (contents(legacy), schema(legacy)) == (rows, tables)
    with legacy.connect() as connection:
        made_by = revision_module(MODERATION if name in moderation_tables() else OWNERS)
        assert made_by.refusals(connection) == caught.value.reasons


def second_studio(connection: Connection) -> None:
    connection.execute(insert(StudioProfile).values(user_id=1, name="Another"))


def anothers_studio(connection: Connection) -> None:
    to = select(func.min(StudioProfile.user_id)).scalar_subquery()
    last = select(func.max(StudioProfile.id)).scalar_subquery()
    connection.execute(update(StudioProfile).where(StudioProfile.id == last).values(user_id=to))


def second_details(connection: Connection) -> None:
    connection.execute(
        insert(StudioDetails), [{"user_id": 1, "takes_messages": True} for _ in range(2)]
    )


@pytest.mark.parametrize("door", [second_studio, anothers_studio, second_details])
def test_the_database_refuses_a_second_studio(demo, door: Callable[[Connection], None]):
    upgrade(demo)
    with pytest.raises(IntegrityError), demo.begin() as connection:
        door(connection)


def test_of_two_first_saves_at_once_one_is_refused(demo):
    upgrade(demo)
    with Session(demo) as session:
        user = User(email=NEW_PERSON, username="petra", display_name="P", password_hash="-")
        session.add(user)
        session.commit()
        number = user.id
    together, refused = Barrier(2, timeout=20), []

    def save() -> None:
        together.wait()
        try:
            with Session(demo) as session:
                session.add(StudioProfile(user_id=number, name="Mine"))
                session.commit()
        except IntegrityError as error:
            refused.append(error)

    both = [Thread(target=save) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(refused) == 1
    with Session(demo) as session:
        query = select(func.count()).select_from(StudioProfile)
        assert session.scalar(query.where(StudioProfile.user_id == number)) == 1
