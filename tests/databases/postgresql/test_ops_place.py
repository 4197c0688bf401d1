"""On PostgreSQL too: set-up writes nothing where a target stands, or something foreign."""

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy.engine import URL

from portal.app import create_app
from portal.control.ops_upgrade import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.core.errors import PortalError, Refused
from portal.core.storage.database import db, reading
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for, drop_scratch
from portal.databases.targets.adoption import adopt
from portal.databases.targets.config import ops_database, target_named
from portal.databases.targets.database_roles import renew_rights
from portal.databases.targets.identity import judge
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, names, superuser
from tests.support.alembic import LEGACY


def set_up(url: URL, folder, **more: URL) -> None:
    with create_app(told(url, folder, **more)).app_context():
        try:
            prepare_ops()
        finally:
            db.session.remove()
            for engine in db.engines.values():  # else its connection is left to the collector
                engine.dispose()


def told(url: URL, folder, **more: URL):
    given = {"OPS_DATABASE_URL": url, **more}
    words = {name: each.render_as_string(hide_password=False) for name, each in given.items()}
    return load_settings({"PORTAL_DATA": str(folder), "SECRET_KEY": "k", **words})


def otherwise(url: URL, tmp_path) -> URL:
    """The same server by another name, as `localhost` is of 127.0.0.1."""
    link = tmp_path / "server"
    link.symlink_to(str(url.query["host"]))
    return url.update_query_dict({"host": str(link)})


def test_production_is_not_filled_with_a_control_room(production, tmp_path):
    before = copier_for(production.url).content()

    with pytest.raises(Refused, match="whose label says studio-directory, production"):
        set_up(production.url, tmp_path / "other")

    assert copier_for(production.url).content() == before


def test_without_its_label_or_in_another_schema_it_is_foreign(production, tmp_path):
    name = production.url.database
    owned = f"CREATE SCHEMA shop AUTHORIZATION {WORKER}", "CREATE TABLE shop.orders (id int)"
    superuser(*owned, f"ALTER TABLE shop.orders OWNER TO {WORKER}", database=name)
    superuser("DROP TABLE portal_identity CASCADE", database=name)
    before = copier_for(production.url).content()

    with pytest.raises(Refused, match="leads to a database with other tables"):
        set_up(production.url, tmp_path / "other")

    assert copier_for(production.url).content() == before


def test_an_address_by_another_name_of_its_host_is_the_same(app, database, tmp_path):
    """Where the database stands, and where it does not yet."""
    url = target_named("production").url
    alias = otherwise(url, tmp_path)
    for _ in ("not there yet", "there"):
        before = names()
        for here, other in ((alias, url), (url, alias)):
            with pytest.raises(Refused, match="OPS_DATABASE_URL is the address of production"):
                set_up(here, tmp_path / "other", PRODUCTION_DATABASE_URL=other)
        ops = url.set(database=f"{database}_ops")
        more = {"DEVELOPMENT_DATABASE_URL": url, "PRODUCTION_DATABASE_URL": alias}
        with pytest.raises(Refused, match=r"DEVELOPMENT_\w+ and PRODUCTION_\w+ lead to one"):
            set_up(ops, tmp_path / "other", **more)
        assert names() == before
        engine_for(url).create()


def test_two_addresses_that_belong_together_lead_to_one(app, database, tmp_path):
    url = target_named("production").url
    ops, other = (url.set(database=f"{database}_{each}") for each in ("ops", "other"))
    before = names()

    for variable in ("OPS_ADMIN_URL", "PRODUCTION_ADMIN_URL"):
        with pytest.raises(Refused, match=f"{variable} and .* lead to two databases"):
            set_up(ops, tmp_path / "other", PRODUCTION_DATABASE_URL=url, **{variable: other})

    assert names() == before


def test_neither_history_is_taken_for_the_other(app, production, database, tmp_path):
    """Both begin with “0001”. A control room stands at production's address, and the other way."""
    config = ops_database().history.config()
    with engine_for(production.url).changing(SchemaAccess.SCRATCH) as connection:
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match="whose label says studio-directory, production"):
            command.upgrade(config, "head")
    assert stage.revision(production) == LEGACY

    ops = production.url.set(database=f"{database}_ops")
    set_up(ops, tmp_path / "other")
    superuser("UPDATE alembic_version SET version_num = '0001'", database=ops.database)
    before = copier_for(ops).content()
    app.extensions["portal.settings"] = told(
        app.extensions["portal.settings"].ops_url, tmp_path / "data", PRODUCTION_DATABASE_URL=ops
    )
    target = target_named("production")

    assert "is a control room's own, and production should be there" in judge(target).sentence
    with pytest.raises(Refused, match="is a control room's own"):
        adopt(target, phrase="ADOPT PRODUCTION", reason="r", by=stage.ANA)
    config = target.history.config()
    with reading(), engine_for(ops).changing(SchemaAccess.SCRATCH) as connection:
        config.attributes["connection"] = connection
        with pytest.raises(Refused, match="is a control room's own"):
            command.upgrade(config, "head")
    assert copier_for(ops).content() == before


def test_a_version_alone_is_no_control_room_that_was_cut_short(app, database, tmp_path):
    url = target_named("production").url.set(database=f"{database}_alone")
    engine_for(url).create()
    made = "CREATE TABLE alembic_version (version_num varchar(32))"
    superuser(made, "INSERT INTO alembic_version VALUES ('0001')", database=url.database)
    superuser(f"ALTER TABLE alembic_version OWNER TO {WORKER}", database=url.database)

    with pytest.raises(Refused, match="at revision 0001, with no control room in it"):
        set_up(url, tmp_path / "other")

    superuser("DELETE FROM alembic_version", database=url.database)
    set_up(url, tmp_path / "other")


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_a_view_is_something_foreign_too(app, database, tmp_path, kind):
    url = target_named("production").url.set(database=f"{database}_views")
    engine_for(url).create()
    superuser(f"CREATE {kind} orders AS SELECT 1 AS id", database=url.database)

    with pytest.raises(Refused, match="OPS_DATABASE_URL leads to .* other tables: orders"):
        set_up(url, tmp_path / "other")


def test_rights_are_given_on_no_other_database(app, production, database, tmp_path):
    """OPS_ADMIN_URL and PRODUCTION_ADMIN_URL lead elsewhere: nobody gets a right there."""
    superuser("DROP ROLE IF EXISTS places_site", "CREATE ROLE places_site LOGIN")
    site = production.url.set(username="places_site")
    foreign = production.url.set(database=f"{database}_foreign")
    engine_for(foreign).create()
    superuser("CREATE TABLE orders (id int)", database=foreign.database)
    for name, pair in (
        ("OPS", {"OPS_DATABASE_URL": site, "OPS_ADMIN_URL": production.url}),
        ("PRODUCTION", {"PRODUCTION_DATABASE_URL": site, "PRODUCTION_ADMIN_URL": foreign}),
    ):
        own = app.extensions["portal.settings"].ops_url
        with pytest.MonkeyPatch.context() as changed:
            given = {"OPS_DATABASE_URL": own, **pair}
            changed.setitem(
                app.extensions,
                "portal.settings",
                told(given.pop("OPS_DATABASE_URL"), tmp_path / "data", **given),
            )
            target = ops_database() if name == "OPS" else target_named("production")
            with pytest.raises(PortalError):
                renew_rights(target)
    found = superuser(
        "SELECT count(*) FROM pg_class WHERE relacl::text LIKE '%places_site%'",
        database=foreign.database,
    )
    assert found == [(0,)]
    superuser("DROP ROLE places_site")


def test_no_database_is_dropped_that_was_not_made_as_scratch(production, database, tmp_path):
    other = f"{database}_reports"
    engine_for(production.url.set(database=other)).create()
    scratch = f"{database}_scratch_0123456789abcdef"
    engine_for(production.url.set(database=scratch)).create()
    (tmp_path / "databases").write_text(f"{production.url.database}\n{other}\n{scratch}\n")

    assert drop_scratch(tmp_path, [production.url])

    assert {production.url.database, other} <= names()
    assert scratch not in names()
