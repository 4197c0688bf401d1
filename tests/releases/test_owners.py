"""The old release writes rows, they are consolidated, edited by their owner's pages, taken back to
the old schema, and consolidated again: nothing is lost."""

import json
import shutil
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioHours
from tests.directory.owners.editing import Editor
from tests.directory.trial_migration_owners import digests
from tests.releases.process import legacy_release
from tests.support.alembic import LEGACY, downgrade, engine_for, upgrade
from tests.support.databases import checkpoint, prepared_file, url_of
from tests.support.owners import log_in_site


def let_go(file: Path) -> None:
    """This process closes its connections, and the file holds all that was written."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    checkpoint(file)


def rows_of_studios(engine: Engine) -> list[dict[str, object]]:
    """By owner. A draft that was made of a profile without a studio, and that nobody has touched
    since, gets another number each time: no page of the public has it."""
    with engine.connect() as connection:
        query = select(StudioProfile.__table__).order_by(StudioProfile.user_id)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row | ({"id": None} if row["status"] is StudioStatus.DRAFT else {}) for row in rows]


def test_what_an_owner_saves_survives_the_old_release(
    app: Flask, settings: Settings, client: FlaskClient
) -> None:
    app.extensions["portal.directory.check"] = None
    live, file = settings.data / "production.sqlite3", settings.data / "development.sqlite3"
    shutil.copy(prepared_file(LEGACY, 60), live)
    with legacy_release(settings.data) as old:
        assert old.post("/studios/ben-hargreaves-voiceover/name/Barn") == 204
    apart = settings.data / "apart.sqlite3"
    shutil.copy(live, apart)
    engine = engine_for(url_of(apart))
    upgrade(engine)
    checkpoint(apart)
    shutil.copy(apart, file)
    studio = db.session.scalars(select(StudioProfile).where(StudioProfile.name == "Barn")).one()
    log_in_site(client, db.session.get_one(User, studio.user_id))

    editor = Editor(client)
    assert editor.save("identity", name="Barn and Byre", about="Söundproof.").status_code < 400
    assert editor.save("equipment", equipment_list="U 87\nSM7B").status_code < 400
    assert editor.save("hours", monday="9-5", zone="London").status_code < 400
    again = client.post("/me/studio/identity", data={"name": "A second one", "version": ""})
    assert again.status_code < 500
    assert db.session.scalar(select(func.count()).where(StudioHours.weekday == 0)) == 1
    owned = select(func.count()).where(StudioProfile.user_id == studio.user_id)
    assert db.session.scalar(owned) == 1, "a person has one studio"
    let_go(file)
    shutil.copy(file, apart)
    before, studios = digests(engine), rows_of_studios(engine)

    downgrade(engine, LEGACY)
    checkpoint(apart)
    shutil.copy(apart, live)
    with legacy_release(settings.data) as old:
        shown = json.loads(old.get("/studios/ben-hargreaves-voiceover")[1])
        assert (shown["name"], shown["about"]) == ("Barn and Byre", "Söundproof.")
    upgrade(engine)
    after = digests(engine)
    assert {name for name in before if before[name] != after[name]} <= {"studio_profiles"}
    assert rows_of_studios(engine) == studios
